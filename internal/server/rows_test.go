package server

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/latchkey/latchkey/internal/auth/digest"
	"github.com/latchkey/latchkey/internal/wire"
)

// place is one row where one generation serves it.
type place struct {
	row     *wire.Row
	gen     wire.Generation
	pattern string
}

// places returns everywhere that a row is served.
func places(rows []wire.Row) []place {
	var all []place
	for i := range rows {
		for _, gen := range rows[i].Generations {
			for _, pattern := range rows[i].Paths(gen) {
				all = append(all, place{&rows[i], gen, pattern})
			}
		}
	}
	return all
}

// fill puts values in the place of a pattern's parameters.
func (p place) fill(value func(name string) string) string {
	path := p.pattern
	for _, param := range wire.PathParams(p.pattern) {
		path = strings.Replace(path, "{"+param.Name+"}", value(param.Name), 1)
	}
	return path
}

// TestRowsRefuseAnonymousCallers asks every row on every base without
// credentials: the same challenge everywhere, and nothing changes.
func TestRowsRefuseAnonymousCallers(t *testing.T) {
	r := newRig(t)
	all := places(r.server.rows)
	if len(all) < 90 {
		t.Fatalf("only %d places", len(all))
	}
	commits := r.data.Store.Stats().Commits
	for _, p := range all {
		if p.row.Open {
			continue
		}
		target := p.fill(func(string) string { return string(r.setup.Org.ID) })
		var out sink
		out.header = make(http.Header)
		r.handler.ServeHTTP(&out, request(p.row.Method, target, `{}`, http.Header{}))
		if out.status != http.StatusUnauthorized || out.header.Get("WWW-Authenticate") == "" || out.body.String() != digest.ChallengeBody {
			t.Errorf("%s %s: %d %v %s", p.row.Method, target, out.status, out.header, out.body.Bytes())
		}
	}
	if now := r.data.Store.Stats().Commits; now != commits {
		t.Errorf("%d commits", now-commits)
	}
}

// FuzzRows sends every row what an owner could send it. Whatever that is, the
// answer is one that the row declares, in well-formed JSON, and a refusal
// changes nothing.
func FuzzRows(f *testing.F) {
	f.Add(uint16(0), "x", "pageNum=2&pretty=true", "application/vnd.atlas.2023-01-01+json", "application/json", `{"desc":"a","roles":["GROUP_OWNER"]}`)
	f.Add(uint16(3), "", "envelope=true", "application/vnd.atlas.2025-03-12+json", "", `[{"roles":["GROUP_READ_ONLY"]}]`)
	f.Add(uint16(12), "10.0.0.0%2F8", "", "*/*", "text/plain", `[{"cidrBlock":"10.1.2.3/8"},{"ipAddress":"::1"}]`)
	f.Add(uint16(40), "%2e%2e", "name=%00", "", "application/json", `{"name":"\u0000","tags":[{"key":"a","value":"b"}]}`)
	f.Add(uint16(77), "A", "includeCount=false&includeCount=true", "application/json", "application/json", `{"apiAccessListRequired":true,"customSessionTimeouts":{"idleSessionTimeoutInSeconds":300}}`)
	f.Add(uint16(90), "x", "includeSystemManaged=x", "application/vnd.atlas.2024-08-05+json", "application/json", `{"name":"a","description":"b","roles":["GROUP_OWNER"],"secretExpiresAfterHours":8}`)
	f.Add(uint16(97), "10.0.0.0%2F8", "", "application/vnd.atlas.2024-08-05+json", "application/json", `{"secretExpiresAfterHours":9223372036854775807}`)
	r := newRig(f)
	all := places(r.server.rows)
	owner := r.caller(r.owner)
	account := r.account()
	f.Fuzz(func(t *testing.T, at uint16, param, query, accept, contentType, body string) {
		p := all[int(at)%len(all)]
		real := map[string]string{"clientId": string(account.ID), "secretId": string(account.Secrets[0].ID), "orgId": string(r.setup.Org.ID), "groupId": string(r.setup.Project.ID), "apiUserId": string(r.setup.Example.Key.ID)}
		target := p.fill(func(name string) string {
			if id, ok := real[name]; ok && at&0x8000 == 0 {
				return id
			}
			return param
		})
		if query != "" {
			target += "?" + query
		}
		if u, err := url.ParseRequestURI(target); err != nil || u.Host != "" || len(target) > 3000 || strings.ContainsAny(target, " \"\\#") || !printable(target) {
			t.Skip("no client can send that target with credentials")
		}
		if len(body) > 4096 {
			t.Skip("limits are tested elsewhere")
		}
		owner.header = http.Header{}
		if accept != "" {
			owner.header["Accept"] = []string{accept}
		}
		if contentType != "" {
			owner.header["Content-Type"] = []string{contentType}
		}
		commits := r.data.Store.Stats().Commits
		owner.send(p.row.Method, target, body)
		out := &owner.out
		if out.status >= 500 || out.status < 200 {
			t.Fatalf("%s %s: %d %s", p.row.Method, target, out.status, out.body.Bytes())
		}
		if out.status >= 400 && r.data.Store.Stats().Commits != commits {
			t.Errorf("%s %s: %d, and yet something was committed", p.row.Method, target, out.status)
		}
		plain := out.header.Get("Content-Type") == "text/plain"
		if out.status != http.StatusNoContent && !plain && out.header.Get("Content-Encoding") == "" && !json.Valid(out.body.Bytes()) {
			t.Errorf("%s %s: %d with no JSON: %q", p.row.Method, target, out.status, out.body.Bytes())
		}
		if code := out.header.Get("X-Error-Code"); out.status >= 400 && code == "" && out.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s %s: %d without an error code", p.row.Method, target, out.status)
		}
	})
}

// printable reports whether a digest header can carry the text.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < 0x21 || s[i] > 0x7e {
			return false
		}
	}
	return true
}
