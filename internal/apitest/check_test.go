package apitest

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey/latchkey/internal/server"
	"github.com/latchkey/latchkey/internal/wire"
)

const checkPath = "/api/latchkey/v1/check?"

// behindProxy are options of a server that trusts proxies on the address from
// which the tests call.
func behindProxy(t *testing.T) options {
	t.Helper()
	proxies, err := wire.ParseProxies("127.0.0.1, 203.0.113.0/24")
	if err != nil {
		t.Fatal(err)
	}
	return options{config: server.Config{Proxies: proxies}}
}

// asked is a check as a proxy sends it: about an original request, "METHOD
// /target", that the key of that name signed; "" signs none.
func (w *world) asked(by, original, query string, header ...string) *request {
	w.t.Helper()
	method, target, _ := strings.Cut(original, " ")
	r := &request{method: "GET", target: checkPath + w.expand(query)}
	for i := 0; i < len(header); i += 2 {
		r.add(header[i], header[i+1])
	}
	if by == "" {
		return r
	}
	if k := w.key(by); k.token != "" {
		r.set("Authorization", "Bearer "+k.token)
	} else {
		signed := &request{method: method, target: target}
		r.set("Authorization", answerTo(k, signed, w.challenge(), 1).sign(k, method).String())
	}
	return r
}

// check asks as Caddy and Traefik do.
func (w *world) check(by, original, query string, header ...string) answer {
	w.t.Helper()
	method, target, _ := strings.Cut(original, " ")
	return w.send(w.asked(by, original, query, append(header, "X-Forwarded-Method", method, "X-Forwarded-Uri", target)...))
}

// wantAccess checks an answer that lets a request through.
func (a answer) wantAccess(by, kind string, roles ...string) {
	a.w.t.Helper()
	k := a.w.key(by)
	if a.status != 204 || len(a.body) != 0 {
		a.fail("want 204 for %s", by)
		return
	}
	want := map[string]string{
		"X-Latchkey-Principal": k.id, "X-Latchkey-Kind": kind, "X-Latchkey-Public-Key": k.public,
		"X-Latchkey-Organization": a.w.expand("{org}"), "Cache-Control": "no-store",
	}
	for name, value := range want {
		if got := a.header[name]; len(got) != 1 || got[0] != value {
			a.fail("%s: %q, want %q", name, got, value)
		}
	}
	got := strings.Split(a.header.Get("X-Latchkey-Roles"), ",")
	for _, role := range roles {
		if !slices.Contains(got, role) {
			a.fail("X-Latchkey-Roles lacks %s", role)
		}
	}
}

// TestCheck is who is told what.
func TestCheck(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, behindProxy(t))
		w.cast()
		for _, c := range []struct {
			by, query string
			status    int
			error     string
			params    []any
		}{
			{"reader", "groupId={project}&role=GROUP_READ_ONLY", 204, "", nil},
			{"reader", "groupId={project}&role=GROUP_OWNER", 403, "ACCESS_DENIED", nil},
			{"reader", "groupId={second}&role=GROUP_READ_ONLY", 403, "ACCESS_DENIED", nil},
			{"reader", "orgId={org}&role=ORG_MEMBER", 204, "", nil},
			{"reader", "orgId={org}&role=ORG_READ_ONLY", 403, "ACCESS_DENIED", nil},
			{"projectOwner", "groupId={project}&role=GROUP_CLUSTER_MANAGER", 204, "", nil},
			{"orgReader", "groupId={second}&role=GROUP_READ_ONLY", 204, "", nil},
			{"owner", "groupId={second}&role=GROUP_DATA_ACCESS_ADMIN", 204, "", nil},
			{"owner", "orgId={org}&role=ORG_GROUP_CREATOR", 204, "", nil},
			{"owner", "groupId={otherProject}&role=GROUP_READ_ONLY", 403, "ACCESS_DENIED", nil},
			{"owner", "groupId={unknown}&role=GROUP_READ_ONLY", 403, "ACCESS_DENIED", nil},
			{"owner", "groupId={gone}&role=GROUP_READ_ONLY", 403, "ACCESS_DENIED", nil},
			{"owner", "orgId={otherOrg}&role=ORG_MEMBER", 403, "ACCESS_DENIED", nil},
			{"owner", "orgId={unknown}&role=ORG_MEMBER", 403, "ACCESS_DENIED", nil},
			{"listed", "orgId={org}&role=ORG_MEMBER", 403, "IP_ADDRESS_NOT_ON_ACCESS_LIST", p("127.0.0.1")},
			{"owner", "role=GROUP_READ_ONLY", 400, "MISSING_ONE_OF_ATTRIBUTES", p("groupId", "orgId")},
			{"owner", "groupId={project}&orgId={org}&role=GROUP_READ_ONLY", 400, "MISSING_ONE_OF_ATTRIBUTES", p("groupId", "orgId")},
			{"owner", "groupId={project}", 400, "INVALID_QUERY_PARAMETER", p("role")},
			{"owner", "groupId={project}&role=", 400, "INVALID_QUERY_PARAMETER", p("role")},
			{"owner", "groupId={project}&role=group_owner", 400, "INVALID_QUERY_PARAMETER", p("role")},
			{"owner", "groupId={project}&role=ORG_OWNER", 400, "INVALID_QUERY_PARAMETER", p("role")},
			{"owner", "orgId={org}&role=GROUP_OWNER", 400, "INVALID_QUERY_PARAMETER", p("role")},
			{"owner", "orgId={org}&role=GLOBAL_OWNER", 400, "INVALID_QUERY_PARAMETER", p("role")},
			{"owner", "orgId={org}&role=ORG_OWNER%0d%0aX-Latchkey-Principal:+x", 400, "INVALID_QUERY_PARAMETER", p("role")},
			{"owner", "groupId={project}&role=GROUP_OWNER&role=GROUP_OWNER", 400, "INVALID_QUERY_PARAMETER", p("role")},
			{"owner", "groupId={project}&groupId={project}&role=GROUP_OWNER", 400, "INVALID_QUERY_PARAMETER", p("groupId")},
			{"owner", "groupId=x&role=GROUP_OWNER", 400, "INVALID_QUERY_PARAMETER", p("groupId")},
			{"owner", "groupId=&role=GROUP_OWNER", 400, "INVALID_QUERY_PARAMETER", p("groupId")},
			{"owner", "orgId=X&role=ORG_OWNER", 400, "INVALID_QUERY_PARAMETER", p("orgId")},
			{"owner", "groupId={project}&role=GROUP_OWNER" + strings.Repeat("&x=1", 62), 204, "", nil},
			{"owner", "groupId={project}&role=GROUP_OWNER" + strings.Repeat("&x=1", 63), 400, "INVALID_QUERY_PARAMETER", p("x")},
			{"owner", strings.Repeat("x=1&", 64) + "groupId={project}&role=GROUP_OWNER", 400, "INVALID_QUERY_PARAMETER", p("groupId")},
			{"owner", "groupId={project}&role=GROUP_OWNER&x=" + strings.Repeat("x", 8<<10), 400, "INVALID_QUERY_PARAMETER", p("query")},
			{"", "groupId=x&role=nonsense", 401, "", nil},
			{"", "groupId={project}&role=GROUP_READ_ONLY", 401, "", nil},
		} {
			for _, original := range []string{"GET /orders?page=2", "POST /orders"} {
				a := w.check(c.by, original, c.query)
				switch c.status {
				case 204:
					asked, _, _ := strings.Cut(c.query[strings.Index(c.query, "role=")+5:], "&")
					a.wantAccess(c.by, "apiKey", asked)
				case 401:
					a.wantChallenge(false)
				default:
					a.want(c.status, c.error, c.params...)
				}
				if named := a.header["X-Latchkey-Principal"]; (a.status == 204) != (len(named) == 1) {
					a.fail("the principal is named %q", named)
				}
			}
		}
	})
}

// TestCheckHidesWhatIsForeign: what is another organization's, does not exist,
// or is out of reach gets one answer, byte for byte.
func TestCheckHidesWhatIsForeign(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, behindProxy(t))
		w.cast()
		seen := map[string]string{}
		for _, query := range []string{
			"groupId={otherProject}&role=GROUP_READ_ONLY", "groupId={unknown}&role=GROUP_READ_ONLY", "groupId={gone}&role=GROUP_READ_ONLY",
			"groupId={second}&role=GROUP_READ_ONLY", "groupId={project}&role=GROUP_OWNER", "orgId={otherOrg}&role=ORG_MEMBER",
			"orgId={unknown}&role=ORG_MEMBER", "orgId={org}&role=ORG_OWNER",
		} {
			seen[w.check("reader", "GET /", query).fingerprint()] = query
		}
		if len(seen) != 1 {
			t.Errorf("%d different answers: %v", len(seen), seen)
		}
	})
}

// TestCheckOriginal: in which ways a trusted proxy may tell the original
// request, and that it must not contradict itself.
func TestCheckOriginal(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, behindProxy(t))
		const query = "groupId={project}&role=GROUP_READ_ONLY"
		for name, c := range map[string]struct {
			original string // that was signed
			method   string // of the check
			tail     string // of its query
			header   []string
			status   int
		}{
			"caddy":             {"PATCH /a%2Fb?x=%41&y", "GET", "", []string{"X-Forwarded-Method", "PATCH", "X-Forwarded-Uri", "/a%2Fb?x=%41&y"}, 204},
			"nginx":             {"DELETE /a//b", "GET", "", []string{"X-Original-Method", "DELETE", "X-Original-URI", "/a//b"}, 204},
			"envoy":             {"PUT /a?role=GROUP_OWNER&groupId=x&pretty=maybe", "PUT", "&uri=/a?role=GROUP_OWNER&groupId=x&pretty=maybe", nil, 204},
			"envoy, another":    {"PUT /a?x=1", "PUT", "&uri=/a?x=2", nil, 401},
			"both names":        {"GET /a", "GET", "", []string{"X-Original-URI", "/a", "X-Forwarded-Uri", "/a", "X-Forwarded-Method", "GET", "X-Original-Method", "GET"}, 204},
			"own method":        {"FROB-1 /a", "GET", "", []string{"X-Original-Method", "FROB-1", "X-Original-URI", "/a"}, 204},
			"whole server":      {"OPTIONS *", "GET", "", []string{"X-Original-Method", "OPTIONS", "X-Original-URI", "*"}, 204},
			"other escaping":    {"GET /a%2fb", "GET", "", []string{"X-Forwarded-Uri", "/a%2Fb"}, 401},
			"other method":      {"GET /a", "GET", "", []string{"X-Forwarded-Method", "HEAD", "X-Forwarded-Uri", "/a"}, 401},
			"method in lower":   {"get /a", "GET", "", []string{"X-Forwarded-Method", "GET", "X-Forwarded-Uri", "/a"}, 401},
			"no method told":    {"POST /a", "GET", "", []string{"X-Forwarded-Uri", "/a"}, 401},
			"two methods":       {"POST /a", "GET", "", []string{"X-Forwarded-Method", "POST", "X-Original-Method", "GET", "X-Forwarded-Uri", "/a"}, 400},
			"method twice":      {"POST /a", "GET", "", []string{"X-Original-Method", "POST", "X-Original-Method", "GET", "X-Forwarded-Uri", "/a"}, 400},
			"two targets":       {"GET /a", "GET", "", []string{"X-Original-URI", "/a", "X-Forwarded-Uri", "/b"}, 400},
			"target twice":      {"GET /a", "GET", "", []string{"X-Original-URI", "/a", "X-Original-URI", "/b"}, 400},
			"header and query":  {"GET /a", "GET", "&uri=/a", []string{"X-Original-URI", "/b"}, 400},
			"empty target":      {"GET /a", "GET", "", []string{"X-Original-URI", ""}, 400},
			"no target":         {"GET /a", "GET", "", []string{"X-Original-URI", "a"}, 400},
			"no method":         {"GET /a", "GET", "", []string{"X-Original-Method", "GE T", "X-Original-URI", "/a"}, 400},
			"empty method":      {"GET /a", "GET", "", []string{"X-Original-Method", "", "X-Original-URI", "/a"}, 400},
			"the check itself":  {"GET " + w.expand(checkPath+query), "GET", "", nil, 204},
			"trace to no check": {"TRACE /a", "TRACE", "&uri=/a", nil, 405},
		} {
			r := w.asked("owner", c.original, query+c.tail, c.header...)
			r.method = c.method
			a := w.send(r)
			if a.status != c.status {
				t.Errorf("%s: want %d, got %s", name, c.status, a)
			}
			if a.status == 401 {
				a.wantChallenge(false)
			}
		}
	})
}

// TestCheckOfAnUntrustedPeer: what it says of an original request is not
// looked at.
func TestCheckOfAnUntrustedPeer(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		const query = "groupId={project}&role=GROUP_READ_ONLY"
		lies := []string{"X-Forwarded-Method", "POST", "X-Forwarded-Uri", "/a", "X-Original-Method", "PUT", "X-Original-URI", "b", "X-Forwarded-For", "192.0.2.1"}
		for _, original := range []string{"POST /a", "GET /a", "PUT b"} {
			w.send(w.asked("owner", original, query, lies...)).wantChallenge(false)
		}
		w.send(w.asked("owner", "GET "+w.expand(checkPath+query), query, lies...)).wantAccess("owner", "apiKey")
		tail := query + "&uri=/a"
		w.send(w.asked("owner", "GET /a", tail)).wantChallenge(false)
		w.send(w.asked("owner", "GET "+w.expand(checkPath+tail), tail)).wantAccess("owner", "apiKey")
	})
}

// TestCheckAddress: the access list is compared with the client of the proxy.
func TestCheckAddress(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, behindProxy(t))
		w.cast()
		const query = "orgId={org}&role=ORG_MEMBER"
		for addresses, want := range map[string]string{
			"192.0.2.1":                   "",
			"192.0.2.1, 203.0.113.9":      "",
			"198.51.100.7, 192.0.2.1":     "",
			"192.0.2.1, 198.51.100.7":     "198.51.100.7",
			"192.0.2.1, ::1, 203.0.113.1": "::1",
		} {
			a := w.check("listed", "GET /", query, "X-Forwarded-For", addresses)
			if want == "" {
				a.wantAccess("listed", "apiKey", "ORG_MEMBER")
			} else {
				a.want(403, "IP_ADDRESS_NOT_ON_ACCESS_LIST", want)
			}
		}
	})
}

// TestCheckReplay: a proof opens the service once for a request that may
// change something, and as long as its nonce lives for one that does not.
func TestCheckReplay(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, behindProxy(t))
		w.cast()
		const query = "groupId={project}&role=GROUP_READ_ONLY"
		told := func(method string) []string { return []string{"X-Forwarded-Method", method, "X-Forwarded-Uri", "/a"} }
		for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
			r := w.asked("reader", method+" /a", query, told(method)...)
			for range 3 {
				w.send(r).wantAccess("reader", "apiKey")
			}
		}
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "PROPFIND"} {
			r := w.asked("reader", method+" /a", query, told(method)...)
			refused := *r
			refused.target = checkPath + w.expand("groupId={project}&role=GROUP_OWNER")
			w.unchanged(func() { w.send(&refused).want(403, "ACCESS_DENIED") }) // notes nothing
			w.send(r).wantAccess("reader", "apiKey")
			w.unchanged(func() {
				w.send(r).wantChallenge(true)
				w.send(r).wantChallenge(true)
			})
		}
		// A nonce that made a change at the service makes none here.
		nonce := w.challenge()
		r := w.asked("", "", query, told("POST")...)
		r.set("Authorization", answerTo(w.key("owner"), &request{target: "/a"}, nonce, 5).sign(w.key("owner"), "POST").String())
		w.send(r).wantAccess("owner", "apiKey")
		w.unchanged(func() { w.send(w.signed("owner", patchTarget, makeOwner, nonce, 5)).wantChallenge(true) })
	})
}

// TestCheckAfterRevocation: the next check after the answer to the revocation
// refuses.
func TestCheckAfterRevocation(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, behindProxy(t))
		w.cast()
		const query = "groupId={project}&role=GROUP_CLUSTER_MANAGER"
		open := func() answer { return w.check("strong", "GET /", query) }
		open().wantAccess("strong", "apiKey")
		w.ok("owner", "PATCH /api/atlas/v2/groups/{project}/apiKeys/{strong}", makeReader, 200)
		open().want(403, "ACCESS_DENIED")
		w.ok("owner", "PATCH /api/atlas/v2/groups/{project}/apiKeys/{strong}", makeOwner, 200)
		open().wantAccess("strong", "apiKey")
		w.ok("owner", "POST /api/atlas/v2/orgs/{org}/apiKeys/{strong}/accessList", `[{"ipAddress":"192.0.2.1"}]`, 200)
		open().want(403, "IP_ADDRESS_NOT_ON_ACCESS_LIST", "127.0.0.1")
		w.ok("owner", "DELETE /api/atlas/v2/orgs/{org}/apiKeys/{strong}", "", 204)
		open().wantChallenge(false)
	})
}

// TestCheckHeadersAreSafe: nothing in the headers is what somebody chose.
func TestCheckHeadersAreSafe(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, behindProxy(t))
		safe := regexp.MustCompile(`^[A-Za-z0-9_,]*$`)
		a := w.check("owner", "GET /", "groupId={project}&role=GROUP_READ_ONLY",
			"X-Latchkey-Principal", "spoofed", "X-Latchkey-Roles", "ORG_OWNER")
		a.wantAccess("owner", "apiKey", "GROUP_READ_ONLY", "GROUP_OWNER")
		for name, lines := range a.header {
			if strings.HasPrefix(name, "X-Latchkey-") && (len(lines) != 1 || !safe.MatchString(lines[0]) || lines[0] == "spoofed") {
				t.Errorf("%s: %q", name, lines)
			}
		}
	})
}
