package server

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/wire"
)

// madeID is a request id of ours.
var madeID = regexp.MustCompile(`^[0-9a-f]{16}$`)

// TestRequestIDs: every answer has one, the request's own if that is well-formed.
func TestRequestIDs(t *testing.T) {
	r := newRigWith(t, Config{NoFailureGuard: true})
	group := "/api/atlas/v2/groups/" + string(r.setup.Project.ID)
	ids := []struct {
		given []string
		kept  bool
	}{
		{nil, false}, {[]string{"a"}, true}, {[]string{"A-b_c.9"}, true}, {[]string{strings.Repeat("x", 64)}, true},
		{[]string{""}, false}, {[]string{strings.Repeat("x", 65)}, false}, {[]string{"a b"}, false}, {[]string{"a\nb"}, false},
		{[]string{"é"}, false}, {[]string{"<script>"}, false}, {[]string{"a", "b"}, false}, {[]string{"a", "a"}, false},
	}
	for _, c := range []struct {
		name, method, target, body string
		signed                     bool
		status                     int
	}{
		{"success", "GET", group, "", true, 200},
		{"no content", "DELETE", group + "/apiKeys/0123456789abcdef01234567", "", true, 400},
		{"challenge", "GET", group, "", false, 401},
		{"unknown path", "GET", "/api/atlas/v2/nowhere", "", false, 404},
		{"not the API", "GET", "/nowhere", "", false, 404},
		{"unknown method", "PUT", group, "", false, 405},
		{"open", "GET", "/api/private/unauth/version", "", false, 200},
		{"token", "POST", "/api/oauth/token", "", false, 400},
		{"wrong method of it", "GET", "/api/oauth/token", "", false, 405},
		{"check", "GET", "/api/latchkey/v1/check", "", false, 401},
		{"health", "GET", "/healthz", "", false, 200},
		{"wrong method of it", "POST", "/livez", "", false, 405},
		{"readiness", "GET", "/readyz", "", false, 200},
		{"document", "GET", "/openapi/public-v1.0.json", "", false, 200},
	} {
		seen := make(map[string]bool)
		for _, id := range ids {
			caller := r.caller(r.owner)
			out := &caller.out
			if id.given != nil {
				caller.header["X-Request-Id"] = id.given
			}
			if c.signed {
				caller.send(c.method, c.target, c.body)
			} else {
				out.reset()
				r.handler.ServeHTTP(out, request(c.method, c.target, c.body, caller.header))
			}
			got := out.header["X-Request-Id"]
			switch {
			case out.status != c.status:
				t.Errorf("%s: %d %s", c.name, out.status, out.body.Bytes())
			case id.kept && !slices.Equal(got, id.given):
				t.Errorf("%s: %q was answered with %q", c.name, id.given, got)
			case !id.kept && (len(got) != 1 || !madeID.MatchString(got[0]) || seen[got[0]]):
				t.Errorf("%s: %q was answered with %q", c.name, id.given, got)
			}
			for _, id := range got {
				seen[id] = true
			}
		}
	}
}

// accessLine is one line of the access log.
type accessLine struct {
	Msg, RequestID, Operation, Generation, ErrorCode, Principal, Address string
	Status, Bytes                                                        int
	Microseconds                                                         *int64
}

// read returns the lines of the access log and forgets what was logged.
func readLog(t *testing.T, log *bytes.Buffer) (lines []accessLine, raw string) {
	t.Helper()
	raw = log.String()
	for line := range strings.Lines(raw) {
		var l accessLine
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if l.Msg == "request" {
			lines = append(lines, l)
		}
	}
	log.Reset()
	return lines, raw
}

// TestAccessLog: one line for each answer, at any level of the log, that says
// who did what and how it went, and nothing that the caller made up.
func TestAccessLog(t *testing.T) {
	var log bytes.Buffer
	r := newRigWith(t, Config{
		AccessLog: true, NoFailureGuard: true,
		Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	owner := string(r.setup.Owner.Key.ID)
	wrong := r.owner
	wrong.private = "00000000-0000-0000-0000-000000000000"
	const junk = "junk%0a%22here"
	group := "/api/atlas/v2/groups/" + string(r.setup.Project.ID)
	for _, c := range []struct {
		name, method, target, body string
		as                         *credential
		want                       accessLine
	}{
		{"success", "GET", group + "?x=" + junk, "", &r.owner, accessLine{Operation: "getGroup", Generation: "atlas-v2", Status: 200, Principal: owner}},
		{"refusal", "GET", "/api/public/v1.0/groups/" + junk, "", &r.owner, accessLine{Operation: "getGroup", Generation: "public-v1.0", Status: 404, ErrorCode: "INVALID_GROUP_ID", Principal: owner}},
		{"refused change", "PATCH", group, `{"name":"` + junk + `"`, &r.owner, accessLine{Operation: "updateGroup", Generation: "atlas-v2", Status: 400, ErrorCode: "MALFORMED_JSON", Principal: owner}},
		{"challenge", "GET", group, "", nil, accessLine{Operation: "getGroup", Generation: "atlas-v2", Status: 401, ErrorCode: "UNEXPECTED_ERROR"}},
		{"wrong key", "GET", group, "", &wrong, accessLine{Operation: "getGroup", Generation: "atlas-v2", Status: 401, ErrorCode: "UNEXPECTED_ERROR"}},
		{"unknown path", "GET", "/" + junk, "", nil, accessLine{Operation: "unknown", Generation: "atlas-v2", Status: 404, ErrorCode: "RESOURCE_NOT_FOUND"}},
		{"unknown method", "JUNK", group, "", nil, accessLine{Operation: "unknown", Generation: "atlas-v2", Status: 405, ErrorCode: "METHOD_NOT_ALLOWED"}},
		{"token", "POST", "/api/oauth/token", junk, nil, accessLine{Operation: "issueToken", Generation: "none", Status: 400, ErrorCode: "invalid_request"}},
		{"health", "GET", "/healthz?" + junk, "", nil, accessLine{Operation: "health", Generation: "none", Status: 200}},
	} {
		caller := r.caller(r.owner)
		if c.as != nil {
			caller.key = *c.as
			caller.renew()
			log.Reset()
			caller.send(c.method, c.target, c.body)
		} else {
			log.Reset()
			r.handler.ServeHTTP(&caller.out, request(c.method, c.target, c.body, caller.header))
		}
		lines, raw := readLog(t, &log)
		if len(lines) != 1 {
			t.Errorf("%s: %q", c.name, raw)
			continue
		}
		got := lines[0]
		if got.Microseconds == nil || *got.Microseconds < 0 || got.RequestID != caller.out.header.Get("X-Request-Id") {
			t.Errorf("%s: %s", c.name, raw)
		}
		c.want.Msg, c.want.Address, c.want.Bytes = "request", "127.0.0.1", caller.out.body.Len()
		got.Microseconds, got.RequestID = nil, ""
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
		for _, secret := range []string{"junk", r.owner.private, caller.nonce} {
			if secret != "" && strings.Contains(strings.ToLower(raw), secret) {
				t.Errorf("%s: the log says %q: %s", c.name, secret, raw)
			}
		}
	}
}

// TestAccessLogOfTokens: a service account that shows its secret is named, too.
func TestAccessLogOfTokens(t *testing.T) {
	var log bytes.Buffer
	r := newRigWith(t, Config{AccessLog: true, Metrics: true, Log: slog.New(slog.NewJSONHandler(&log, nil))})
	secret := latchkey.NewClientSecret()
	account := r.accountWith(r.server.auth.HashSecret(secret))
	log.Reset()
	var out sink
	for _, path := range []string{tokenPath, revokePath} {
		header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
		out = sink{header: make(http.Header)}
		body := "grant_type=client_credentials&token=x&client_id=" + string(account.ID) + "&client_secret=" + secret.Reveal()
		r.handler.ServeHTTP(&out, request(http.MethodPost, path, body, header))
		lines, raw := readLog(t, &log)
		if out.status != http.StatusOK || len(lines) != 1 || lines[0].Principal != string(account.ID) || strings.Contains(raw, secret.Reveal()) {
			t.Errorf("%s: %d %s\n%s", path, out.status, out.body.Bytes(), raw)
		}
	}
	if n := r.scrape()["latchkey_tokens_issued_total"]; n != 1 {
		t.Errorf("%v tokens were issued", n)
	}
}

// TestAccessLogOfPanics: a fault of ours is one line like any other, under the
// id that its stack is logged with and its caller sees.
func TestAccessLogOfPanics(t *testing.T) {
	var log bytes.Buffer
	r := newRigWith(t, Config{Log: slog.New(slog.NewJSONHandler(&log, nil))})
	broken := wire.BindOpen(wire.Spec{
		Method: http.MethodGet, Patterns: []string{"/"}, Generations: []wire.Generation{wire.AtlasV2}, Versions: []wire.Version{"2023-01-01"}, Status: 200,
	}, r.server.rows[0].Op, func(*wire.Answer) { panic("a detail") })
	h := wire.NewServer(wire.Config{
		Service: r.server.Service, Auth: r.server.auth, Rows: []wire.Row{broken}, PublicURL: "http://x", Log: r.server.config.Log, AccessLog: true,
	})
	out := sink{header: make(http.Header)}
	h.ServeHTTP(&out, request(http.MethodGet, "/api/atlas/v2/", "", http.Header{"X-Request-Id": {"mine"}, "Accept": {"application/vnd.atlas.2023-01-01+json"}}))
	lines, raw := readLog(t, &log)
	if len(lines) != 1 || lines[0].Status != 500 || lines[0].ErrorCode != "UNEXPECTED_ERROR" || lines[0].Operation != broken.Op.Name || strings.Count(raw, `"requestId":"mine"`) != 3 {
		t.Errorf("%d: %s", out.status, raw)
	}
	if out.header.Get("X-Request-Id") != "mine" || strings.Contains(out.body.String(), "a detail") {
		t.Errorf("%v %s", out.header, out.body.Bytes())
	}
}

// BenchmarkObserved is BenchmarkGet and BenchmarkChallenge with metrics, and
// with the access log besides.
func BenchmarkObserved(b *testing.B) {
	for _, c := range []struct {
		name   string
		config Config
	}{
		{"off", Config{MaxKeysPerOrg: 1 << 20}},
		{"metrics", Config{MaxKeysPerOrg: 1 << 20, Metrics: true}},
		{"log", Config{MaxKeysPerOrg: 1 << 20, Metrics: true, AccessLog: true, Log: slog.New(slog.NewJSONHandler(io.Discard, nil))}},
	} {
		r := newRigWith(b, c.config)
		b.Run("get/"+c.name, func(b *testing.B) {
			target := "/api/atlas/v2/orgs/" + string(r.setup.Org.ID) + "/apiKeys/" + string(r.setup.Example.Key.ID)
			r.share(b, 1, r.owner, func(caller *caller, _ int) { caller.do(http.MethodGet, target, "", 200) })
		})
		b.Run("challenge/"+c.name, func(b *testing.B) {
			out := sink{header: make(http.Header)}
			req := request(http.MethodGet, "/api/atlas/v2", "", http.Header{})
			b.ReportAllocs()
			for b.Loop() {
				out.reset()
				r.handler.ServeHTTP(&out, req)
			}
		})
	}
}
