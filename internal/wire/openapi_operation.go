package wire

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/latchkey/latchkey"
)

// operation writes what is said of a row under one path.
func (d *document) operation(path string, o operation) {
	row := o.row
	d.member("operationId", o.id)
	d.member("summary", row.Op.Summary)
	description := "Role needed: " + row.RoleNeeded() + "."
	if o.id != row.Op.Name {
		description += " Another path of " + row.Op.Name + "."
	}
	d.member("description", description)
	d.member("x-latchkey-operation", row.Op.Name)
	d.member("x-latchkey-role-needed", roleLabel(row))
	d.name("security")
	d.array(func() {
		if !row.Open {
			d.raw(`{"digest":[]},{"oauth2":[]}`)
		}
	})
	d.name("parameters")
	d.array(func() {
		for _, p := range PathParams(path) {
			d.parameter("path", p)
		}
		for _, p := range row.QueryParams() {
			d.parameter("query", p)
		}
	})
	if row.Body != nil {
		schema := row.Body.Schema(d.gen)
		d.in("requestBody", func() {
			d.rawMember("required", "true")
			d.in("content", func() {
				for _, version := range row.Versions {
					d.content(versionedType(version), schema)
				}
				d.content(jsonType, schema)
			})
		})
	}
	d.in("responses", func() { d.responses(row) })
}

// roleLabel is the role for programs: its name, "any", or "none" where no
// credentials are needed.
func roleLabel(row *Row) string {
	switch {
	case row.Open:
		return "none"
	case row.Op.Rule.Role == latchkey.NoRole:
		return "any"
	}
	return row.Op.Rule.Role.String()
}

func (d *document) parameter(in string, p Param) {
	d.object(func() {
		d.member("name", p.Name)
		d.member("in", in)
		d.flag("required", in == "path")
		d.member("description", p.Description)
		d.name("schema")
		d.schema(p.Schema)
	})
}

// mediaTypes returns the types that a row's answers are sent as.
func (row *Row) mediaTypes(g Generation) []string {
	switch {
	case row.Answer != nil && row.Answer.MediaType != "":
		return []string{row.Answer.MediaType}
	case !g.Versioned() || row.Absolute:
		return []string{jsonType}
	}
	types := make([]string, len(row.Versions))
	for i, v := range row.Versions {
		types[i] = versionedType(v)
	}
	return types
}

func versionedType(v Version) string { return versionedPrefix + string(v) + versionedSuffix }

func (d *document) content(mediaType string, s *Schema) {
	d.in(mediaType, func() {
		d.name("schema")
		d.reference(s)
	})
}

// responses writes the success and every refusal, in the order of the statuses.
func (d *document) responses(row *Row) {
	d.in(strconv.Itoa(row.Status), func() {
		d.member("description", http.StatusText(row.Status))
		if row.Located {
			d.headers("Location", "The address of what was created.")
		}
		if row.Answer != nil {
			d.in("content", func() {
				for _, mediaType := range row.mediaTypes(d.gen) {
					d.content(mediaType, row.Answer)
				}
			})
		}
	})
	for refusals := row.Refusals(d.gen); len(refusals) > 0; {
		status, n := refusals[0].Status, 1
		for n < len(refusals) && refusals[n].Status == status {
			n++
		}
		d.in(strconv.Itoa(status), func() { d.refusal(status, refusals[:n]) })
		refusals = refusals[n:]
	}
}

func (d *document) refusal(status int, refusals []Description) {
	var lines, codes []string
	for _, r := range refusals {
		if !slices.Contains(codes, r.ErrorCode) {
			codes = append(codes, r.ErrorCode)
			lines = append(lines, r.ErrorCode+": "+r.Template)
		}
	}
	d.member("description", strings.Join(lines, "\n"))
	d.texts("x-latchkey-error-codes", codes)
	switch status {
	case http.StatusUnauthorized:
		d.headers("WWW-Authenticate", "The digest challenge, or, to a request that offered a token, that of tokens, without a body. Not sent to a caller that proved who it is and may not do this.")
	case http.StatusServiceUnavailable:
		d.headers("Retry-After", "Seconds after which to try again.")
	}
	d.in("content", func() { d.content(jsonType, &Schema{Name: "ApiError"}) })
}

func (d *document) headers(name, description string) {
	d.in("headers", func() {
		d.in(name, func() {
			d.member("description", description)
			d.rawMember("schema", `{"type":"string"}`)
		})
	})
}
