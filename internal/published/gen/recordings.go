package main

import (
	"fmt"
	"mime"
	"regexp"
	"strconv"
	"strings"

	"github.com/latchkey/latchkey/internal/published"
)

// recorded is one answer as it stands in the source. Its body never leaves this command.
type recorded struct {
	published.Recording
	body []byte
}

// readRecordings describes each recorded answer by its shape.
func readRecordings(text []byte, rows []published.OperationFacts) ([]published.Recording, error) {
	answers, err := splitRecordings(string(text), rows)
	if err != nil {
		return nil, err
	}
	out := make([]published.Recording, len(answers))
	for i, a := range answers {
		out[i] = a.Recording
		if len(a.body) == 0 {
			continue
		}
		if out[i].Members, err = published.Describe(a.body); err != nil {
			return nil, fmt.Errorf("answer %d (%s %s): %w", i+1, a.Method, a.Path, err)
		}
		for j := range out[i].Members {
			if m := &out[i].Members[j]; !memberName.MatchString(m.Path) {
				return nil, fmt.Errorf("answer %d: a member's name looks like data", i+1)
			}
		}
	}
	return out, nil
}

var (
	memberName = regexp.MustCompile(`^[A-Za-z.0-9\[\]]{1,120}$`)
	fileName   = regexp.MustCompile(`^(?:(GET|POST|PUT|PATCH|DELETE)_)?(.*)_\d+$`)
	hexID      = regexp.MustCompile(`^[0-9a-f]{24}$`)
	word       = regexp.MustCompile(`^([A-Za-z]+|v\d(\.\d)?)$`)
)

// splitRecordings cuts the source at its "#####" lines and reads request line, status, content type and body.
func splitRecordings(text string, rows []published.OperationFacts) ([]recorded, error) {
	find := matcher(rows)
	var out []recorded
	for i, part := range strings.Split("\n"+text, "\n##### ")[1:] {
		title, rest, _ := strings.Cut(part, "\n")
		head, body, _ := strings.Cut(strings.ReplaceAll(rest, "\r\n", "\n"), "\n\n")
		r := recorded{body: []byte(strings.TrimSpace(body))}
		if err := r.request(title, find); err != nil {
			return nil, fmt.Errorf("answer %d: %w", i+1, err)
		}
		status, headers, _ := strings.Cut(head, "\n")
		fields := strings.Fields(status)
		if len(fields) < 2 {
			return nil, fmt.Errorf("answer %d: no status line", i+1)
		}
		var err error
		if r.Status, err = strconv.Atoi(fields[1]); err != nil {
			return nil, fmt.Errorf("answer %d: status %q", i+1, fields[1])
		}
		for _, line := range strings.Split(headers, "\n") {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(name, "Content-Type") {
				r.ContentType = strings.TrimSpace(value)
			}
		}
		if mediaType, _, err := mime.ParseMediaType(r.ContentType); err == nil {
			r.Version = versionOf(mediaType)
		}
		out = append(out, r)
	}
	return out, nil
}

// request reads method and path out of a title such as "suite/Test/Step/GET_api_atlas_v2_orgs_ID_1".
func (r *recorded) request(title string, find func(method, flat string) (id, path string, ok bool)) error {
	name := title[strings.LastIndex(title, "/")+1:]
	m := fileName.FindStringSubmatch(name)
	if m == nil {
		return fmt.Errorf("title without a request")
	}
	method, flat := m[1], m[2]
	if method == "" {
		// The recorder lost the start of one long title; the step's name says which call it was.
		if !strings.Contains(title, "/Describe_by_username/") {
			return fmt.Errorf("title without a method")
		}
		method, flat = "GET", "api_atlas_v2_users_byName_user"
	}
	r.Method = method
	if id, path, ok := find(method, flat); ok {
		r.OperationID, r.Path = id, path
		return nil
	}
	segments := strings.Split(flat, "_")
	for i, s := range segments {
		switch {
		case hexID.MatchString(s):
			segments[i] = "{id}"
		case !word.MatchString(s):
			segments[i] = "{value}"
		}
	}
	r.Path = "/" + strings.Join(segments, "/")
	return nil
}

// matcher finds the operation of a path whose slashes were written as underscores. Of several it takes the one with
// the most literal text.
func matcher(rows []published.OperationFacts) func(method, flat string) (id, path string, ok bool) {
	type entry struct {
		id, method, path string
		re               *regexp.Regexp
		literal          int
	}
	placeholder := regexp.MustCompile(`\\\{[^}]*\\\}`)
	known := append([]published.OperationFacts{{ID: "getIpInfo", Method: "GET", Path: "/api/private/ipinfo"}}, rows...)
	var entries []entry
	for _, o := range known {
		quoted := regexp.QuoteMeta(strings.ReplaceAll(strings.TrimPrefix(o.Path, "/"), "/", "_"))
		bare := placeholder.ReplaceAllString(quoted, "")
		entries = append(entries, entry{o.ID, o.Method, o.Path, regexp.MustCompile("^" + placeholder.ReplaceAllString(quoted, "[^_]+") + "$"), len(bare)})
	}
	return func(method, flat string) (string, string, bool) {
		best := entry{literal: -1}
		for _, e := range entries {
			if e.method == method && e.literal > best.literal && e.re.MatchString(flat) {
				best = e
			}
		}
		return best.id, best.path, best.id != ""
	}
}
