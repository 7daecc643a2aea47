package apitest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestLimitsAreInclusive: what is just within a limit is served.
func TestLimitsAreInclusive(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		patch := g.at("PATCH /groups/{project}/apiKeys/{target}")
		w.ok("owner", patch, padded(64<<10), 200)
		for _, desc := range []string{
			"x", strings.Repeat("x", 250), strings.Repeat("é", 250), strings.Repeat("😀", 250), strings.Repeat(`\ud83d\ude00`, 250),
			strings.Repeat(`\"`, 250), `\u0001\u001b[2J\u007f\u202e\u2028`,
		} {
			w.ok("owner", patch, `{"desc":"`+desc+`"}`, 200).compact()
		}
		if g.bit != v2 {
			w.ok("owner", patch, `{"roles":["GROUP_READ_ONLY"],"links":`+strings.Repeat("[", 15)+strings.Repeat("]", 15)+`}`, 200)
			w.ok("owner", patch, `{"roles":["GROUP_READ_ONLY"],"id":"{target}","publicKey":"x","privateKey":"y","links":[{"rel":"self"}]}`, 200)
			w.ok("owner", g.at("POST /orgs/{org}/apiKeys"), `{"desc":"copied","roles":["ORG_MEMBER"],"id":"{target}","publicKey":"{target.public}"}`, 200)
		}
		w.ok("owner", patch, `{"roles":[`+strings.Repeat(`"GROUP_READ_ONLY",`, 63)+`"GROUP_READ_ONLY"]}`, 200)
		w.ok("owner", patch+"?"+strings.Repeat("unknown=1&", 62)+"pretty=TRUE&envelope=False", makeReader, 200)
		for _, ct := range []string{"", "application/json", "Application/JSON; charset=UTF-8", `application/json;charset="utf-8"`} {
			w.ok("owner", patch, makeReader, 200, "Content-Type", ct)
		}
		if g.bit == v2 {
			for _, date := range []string{"2023-01-01", "2025-03-12", "2024-08-05"} {
				w.ok("owner", patch, makeReader, 200, "Content-Type", "application/vnd.atlas."+date+"+json")
			}
		}
	})
}

// TestBodyNotNeeded: a body on GET and DELETE is ignored, whatever it is.
func TestBodyNotNeeded(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		for _, body := range []string{"{", strings.Repeat("x", 64<<10), `{"roles":["ORG_OWNER"]}`} {
			w.ok("owner", g.at("GET /orgs/{org}/apiKeys/{target}"), body, 200, "Content-Type", "text/plain")
		}
		w.hire("leaver-"+g.name, "GROUP_READ_ONLY")
		w.ok("owner", g.at("DELETE /groups/{project}/apiKeys/{leaver-"+g.name+"}"), "{", 204, "Content-Type", "x/y")
	})
}

// TestChunkedBody: the limit holds for bodies that do not say how long they are.
func TestChunkedBody(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		for _, c := range []struct{ size, status int }{{64 << 10, 200}, {64<<10 + 1, 413}, {1 << 20, 413}} {
			r := w.request(g.at("PATCH /groups/{project}/apiKeys/{target}"), "x")
			r.set("Transfer-Encoding", "chunked")
			r.body = fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", c.size, padded(c.size))
			a := w.as(w.key("owner"), r)
			if a.status != c.status || a.closed != (c.status == 413) {
				t.Errorf("%d bytes: %s (closed %v)", c.size, a, a.closed)
			}
		}
	})
}

// TestLargeHeaders: 16 KiB are read, and on a connection that is used again
// what net/http had read before it counted, at most 4 KiB more.
func TestLargeHeaders(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		w.ok("owner", "GET /api/atlas/v2/orgs/{org}", "", 200, "X-Filler", strings.Repeat("x", 14<<10))
		for _, c := range []struct {
			size int
			used bool
		}{{17 << 10, false}, {21 << 10, true}} {
			if !c.used {
				w.hangUp()
			}
			a := w.call("", "GET /api/atlas/v2/orgs/{org}", "", "X-Filler", strings.Repeat("x", c.size))
			if a.status != http.StatusRequestHeaderFieldsTooLarge || !a.closed {
				t.Errorf("want 431 and the end, got %s", a)
			}
			w.ok("owner", "GET /api/atlas/v2/orgs/{org}", "", 200)
		}
	})
}

// TestSlowSenders: who does not send its body within ten seconds is told so
// and cut off, however steadily it trickles; who does not send its headers is
// cut off. The test takes that long.
func TestSlowSenders(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		before := w.dump()
		slow := func(r *request) *request { r.set("Content-Length", "100"); return r }
		owner := func() *request { return slow(w.signed("owner", patchTarget, makeOwner, w.challenge(), 1)) }
		senders := []struct {
			name    string
			r       *request
			trickle bool
			want    func(a answer)
		}{
			{"owner", owner(), false, func(a answer) { a.want(408, "REQUEST_TIMEOUT") }},
			{"trickling owner", owner(), true, func(a answer) { a.want(408, "REQUEST_TIMEOUT") }},
			{"reader", slow(w.signed("target", patchTarget, makeOwner, w.challenge(), 1)), true, func(a answer) { a.want(401, "USER_UNAUTHORIZED") }},
			{"stranger", slow(w.request(patchTarget, makeOwner)), false, func(a answer) { a.wantChallenge(false) }},
		}
		answers := make([]chan answer, len(senders))
		for i, s := range senders {
			answers[i] = make(chan answer, 1)
			l := w.dial()
			defer l.conn.Close()
			go func() {
				a, err := l.exchange(s.r, w.addr)
				if err == nil {
					_, err = l.in.ReadByte()
				}
				if err != io.EOF || !a.closed {
					t.Errorf("%s: the connection was not closed (%v)", s.name, err)
				}
				a.w, a.request = w, s.r
				answers[i] <- a
			}()
			if s.trickle {
				go func() {
					for range 80 {
						time.Sleep(200 * time.Millisecond)
						if _, err := l.conn.Write([]byte(" ")); err != nil {
							return
						}
					}
				}()
			}
		}
		silent := w.dial()
		defer silent.conn.Close()
		if _, err := silent.conn.Write([]byte("GET /api/atlas/v2 HTTP/1.1\r\nHost:")); err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, silent.in); n > 0 || err != nil {
			t.Errorf("half the headers were answered with %d bytes, %v", n, err)
		}
		for i, s := range senders {
			s.want(<-answers[i])
		}
		if w.dump() != before {
			t.Error("half a request changed the data")
		}
		w.ok("owner", patchTarget, makeOwner, 200)
	})
}

// TestHostileNames: what a caller says about its own address and about the
// server's name comes back nowhere.
func TestHostileNames(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		const evil = "evil.example"
		for _, call := range []string{
			"GET /orgs/{org}/apiKeys", "GET /orgs/{org}", "GET /groups/{project}", "GET ", "GET /orgs/{unknown}", "GET /nope", "PUT /orgs",
			"GET /orgs/{org}/apiKeys?pageNum=x",
		} {
			for _, by := range []string{"owner", ""} {
				for _, header := range [][]string{
					{"Host", evil}, {"Host", evil + ":80"}, {"X-Forwarded-For", "203.0.113.66"}, {"X-Forwarded-Host", evil}, {"X-Forwarded-Proto", evil},
					{"Forwarded", "for=203.0.113.66;host=" + evil}, {"X-Real-Ip", "203.0.113.66"}, {"X-Original-Url", "/" + evil}, {"X-Http-Method-Override", "DELETE"},
					{"Origin", "http://" + evil}, {"Referer", "http://" + evil}, {"User-Agent", evil}, {"Cookie", "x=" + evil},
				} {
					plain := w.call(by, g.at(call), "")
					a := w.call(by, g.at(call), "", header...)
					if strings.Contains(a.fingerprint(), "evil") || strings.Contains(a.fingerprint(), "203.0.113.66") {
						t.Errorf("%s with %v echoes it: %s", call, header, a)
					}
					if a.fingerprint() != plain.fingerprint() {
						t.Errorf("%s with %v differs:\n%s\n%s", call, header, plain, a)
					}
				}
			}
		}
		w.hire("fenced-" + g.name)
		w.ok("owner", g.at("POST /orgs/{org}/apiKeys/{fenced-"+g.name+"}/accessList"), `[{"ipAddress":"203.0.113.66"}]`, 200)
		w.call("fenced-"+g.name, g.at("GET /orgs"), "", "X-Forwarded-For", "203.0.113.66").want(403, "IP_ADDRESS_NOT_ON_ACCESS_LIST", "127.0.0.1")
	})
}

// TestStrangeHosts: a Host that is none is refused or served, without harm.
func TestStrangeHosts(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		for _, host := range []string{"a b", "x@y", "[::1", "\"", "<script>", "..", "host:port:port", "/etc"} {
			a := w.call("", "GET /api/atlas/v2", "", "Host", host)
			if a.status != 400 && a.status != 401 || strings.Contains(string(a.body), host) && len(host) > 2 {
				t.Errorf("Host %q: %s", host, a)
			}
		}
	})
}
