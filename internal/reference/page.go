package reference

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/latchkey/latchkey/internal/wire"
)

// page writes the page of one operation.
func page(o operation, captures []Capture) []byte {
	w := &writer{}
	info := &o.rows[0].Op
	w.line(mark + "# " + o.name + "\n")
	w.line(info.Summary + ".\n")
	w.line("- Role needed: " + o.rows[0].RoleNeeded() + ".")
	if info.Changes {
		w.line("- Changes data. Events it may record: " + events(o) + ".")
	} else {
		w.line("- Reads only.")
	}
	w.line("")
	w.paths(o)
	w.parameters(o)
	w.perGeneration("Request body", o, func(row *wire.Row, g wire.Generation) string {
		if row.Body == nil {
			return ""
		}
		return requestBody(row.Body, g)
	})
	w.perGeneration("Answer", o, func(row *wire.Row, _ wire.Generation) string {
		if row.Answer == nil {
			return "No body.\n"
		}
		return answerSchema(row.Answer)
	})
	w.errors(o)
	for _, g := range o.generations() {
		w.example(o, g, captures)
	}
	return []byte(strings.TrimRight(w.String(), "\n") + "\n")
}

// writer collects Markdown.
type writer struct{ strings.Builder }

func (w *writer) line(s string) { w.WriteString(s + "\n") }

func (w *writer) linef(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

func events(o operation) string {
	var list []string
	for _, e := range o.rows[0].Op.Events {
		list = append(list, "`"+string(e)+"`")
	}
	return strings.Join(list, ", ")
}

// paths lists every path of the operation.
func (w *writer) paths(o operation) {
	w.line("| generation | method and path | version | success |\n|---|---|---|---|")
	for _, g := range o.generations() {
		for _, row := range o.on(g) {
			for _, path := range row.Paths(g) {
				var versions []string
				for _, v := range row.Versions {
					versions = append(versions, string(v))
				}
				w.linef("| %s | `%s %s` | %s | %d |", g, row.Method, path, strings.Join(versions, ", "), row.Status)
			}
		}
	}
	w.line("")
}

// parameters lists what paths and queries of all rows may carry.
func (w *writer) parameters(o operation) {
	w.line("## Parameters\n\n| name | in | value | meaning |\n|---|---|---|---|")
	seen := map[string]bool{}
	list := func(in string, params []wire.Param) {
		for _, p := range params {
			if at := in + " " + p.Name; !seen[at] {
				seen[at] = true
				w.linef("| `%s` | %s | %s | %s |", p.Name, in, facts(p.Schema), cell(p.Description))
			}
		}
	}
	for _, row := range o.rows {
		for _, pattern := range row.Patterns {
			list("path", wire.PathParams(pattern))
		}
	}
	for _, row := range o.rows {
		list("query", row.QueryParams())
	}
	w.line("")
}

// perGeneration writes a section whose text depends on the generation; those
// with the same text share it.
func (w *writer) perGeneration(title string, o operation, of func(*wire.Row, wire.Generation) string) {
	var texts []string
	sharing := map[string][]wire.Generation{}
	for _, g := range o.generations() {
		text := of(&o.on(g)[0], g)
		if text == "" {
			continue
		}
		if sharing[text] == nil {
			texts = append(texts, text)
		}
		sharing[text] = append(sharing[text], g)
	}
	if texts == nil {
		return
	}
	w.line("## " + title + "\n")
	for _, text := range texts {
		if len(texts) > 1 {
			w.line("### " + title + ": " + names(sharing[text]) + "\n")
		}
		w.line(text)
	}
}

// errors lists every refusal, with the generations that say it so.
func (w *writer) errors(o operation) {
	w.line("## Errors\n\n| status | errorCode | detail | generations |\n|---|---|---|---|")
	type saying struct {
		status              int
		errorCode, template string
	}
	var all []saying
	by := map[saying][]wire.Generation{}
	for _, g := range o.generations() {
		for _, r := range o.on(g)[0].Refusals(g) {
			s := saying{r.Status, r.ErrorCode, r.Template}
			if by[s] == nil {
				all = append(all, s)
			}
			if !slices.Contains(by[s], g) {
				by[s] = append(by[s], g)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b saying) int { return a.status - b.status })
	for _, s := range all {
		on := names(by[s])
		if len(by[s]) == len(o.generations()) {
			on = "all"
		}
		w.linef("| %d | `%s` | %s | %s |", s.status, s.errorCode, cell(s.template), on)
	}
	w.line("")
}

// example writes the captured exchange of a generation.
func (w *writer) example(o operation, g wire.Generation, captures []Capture) {
	c, ok := find(captures, o.name, g)
	if !ok {
		return
	}
	w.line("## Example: " + g.Name() + "\n")
	w.message(c.Request, c.Sent)
	w.message(c.Answer, c.Received)
}

// message writes a request or an answer, JSON as pretty=true lays it out.
func (w *writer) message(head []string, body string) {
	w.line("```http\n" + strings.Join(head, "\n"))
	if body != "" {
		if json.Valid([]byte(body)) {
			body = string(wire.AppendPretty(nil, []byte(body)))
		}
		w.line("\n" + body)
	}
	w.line("```\n")
}
