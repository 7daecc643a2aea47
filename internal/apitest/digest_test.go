package apitest

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/latchkey/latchkey/internal/auth/digest"
)

// signed returns the request with the right proof on a nonce and a count.
func (w *world) signed(by, call, body, nonce string, count uint32) *request {
	w.t.Helper()
	r := w.request(call, body)
	k := w.key(by)
	r.set("Authorization", answerTo(k, r, nonce, count).sign(k, r.method).String())
	return r
}

const (
	patchTarget = "PATCH /api/atlas/v2/groups/{project}/apiKeys/{target}"
	makeOwner   = `{"roles":["GROUP_OWNER"]}`
	makeReader  = `{"roles":["GROUP_READ_ONLY"]}`
)

// TestReplay: a captured change works once; a captured read works while its
// nonce lives; one nonce serves many counts in any order.
func TestReplay(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		nonce := w.challenge()
		change := w.signed("owner", patchTarget, makeOwner, nonce, 1)
		if a := w.send(change); a.status != 200 {
			t.Fatalf("the first use of a fresh nonce: %s", a)
		}
		w.unchanged(func() { w.send(change).wantChallenge(true) })
		// The digest does not cover the body: the same proof with another one.
		swapped := *change
		swapped.body = makeReader
		w.unchanged(func() { w.send(&swapped).wantChallenge(true) })
		for _, count := range []uint32{3, 2, 0xffffffff, 0xabcdef} {
			r := w.signed("owner", patchTarget, map[bool]string{true: makeOwner, false: makeReader}[count%2 == 0], nonce, count)
			if a := w.send(r); a.status != 200 {
				t.Errorf("count %x: %s", count, a)
			}
			w.unchanged(func() { w.send(r).wantChallenge(true) })
		}
		// A count used for a change is used for every change, by whatever key.
		w.unchanged(func() {
			w.send(w.signed("owner", "DELETE /api/atlas/v2/groups/{project}", "", nonce, 2)).wantChallenge(true)
		})
		read := w.signed("owner", "GET /api/atlas/v2/orgs/{org}", "", w.challenge(), 1)
		for range 3 {
			if a := w.send(read); a.status != 200 {
				t.Errorf("a read, again: %s", a)
			}
		}
		w.clock.advance(59 * time.Second)
		if a := w.send(read); a.status != 200 {
			t.Errorf("a read after 59 s: %s", a)
		}
		w.clock.advance(2 * time.Second)
		w.send(read).wantChallenge(true)
		w.unchanged(func() { w.send(change).wantChallenge(true) })
	})
}

// TestRefusedChangeGivesItsNonceBack: what changed nothing used nothing up.
func TestRefusedChangeGivesItsNonceBack(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		for _, c := range []struct{ call, body, error string }{
			{patchTarget, `{`, "MALFORMED_JSON"},
			{patchTarget, `{"roles":[]}`, "MISSING_API_KEY_ROLES"},
			{strings.Replace(patchTarget, "{target}", "{unknown}", 1), makeOwner, "API_KEY_NOT_FOUND"},
			{strings.Replace(patchTarget, "{project}", "{otherProject}", 1), makeOwner, "GROUP_NOT_FOUND"},
			{"DELETE /api/atlas/v2/orgs/{org}/apiKeys/{owner}", "", "CANNOT_DEMOTE_LAST_ORG_OWNER"},
		} {
			nonce := w.challenge()
			for range 2 {
				if a := w.send(w.signed("owner", c.call, c.body, nonce, 7)); a.header.Get("X-Error-Code") != c.error {
					t.Errorf("want %s, got %s", c.error, a)
				}
			}
			good := w.signed("owner", patchTarget, makeOwner, nonce, 7)
			if a := w.send(good); a.status != 200 {
				t.Errorf("after %s: %s", c.error, a)
			}
			w.send(good).wantChallenge(true)
			if a := w.call("owner", patchTarget, makeReader); a.status != 200 {
				t.Fatal(a)
			}
		}
	})
}

// TestOldNonce: stale is said to right responses only.
func TestOldNonce(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		nonce := w.challenge()
		w.clock.advance(digest.NonceLife + time.Second)
		for _, call := range []string{patchTarget, "GET /api/atlas/v2/orgs/{org}"} {
			body := ""
			if strings.HasPrefix(call, "PATCH") {
				body = makeOwner
			}
			w.unchanged(func() { w.send(w.signed("owner", call, body, nonce, 1)).wantChallenge(true) })
			wrong := *w.key("owner")
			wrong.private = "00000000-0000-4000-8000-000000000000"
			w.keys["wrong"] = &wrong
			w.send(w.signed("wrong", call, body, nonce, 1)).wantChallenge(false)
			w.keys["nobody"] = &key{public: "zzzzzzzz", private: "x"}
			w.send(w.signed("nobody", call, body, nonce, 1)).wantChallenge(false)
		}
		// From further in the future than clocks may differ.
		nonce = w.challenge()
		w.clock.advance(-(digest.NonceAhead + time.Second))
		w.send(w.signed("owner", "GET /api/atlas/v2/orgs/{org}", "", nonce, 1)).wantChallenge(true)
		w.clock.advance(2 * time.Second)
		if a := w.send(w.signed("owner", "GET /api/atlas/v2/orgs/{org}", "", nonce, 1)); a.status != 200 {
			t.Errorf("a nonce of four seconds ahead: %s", a)
		}
	})
}

// TestFreshNonceIsNeverStale: the first use of a nonce succeeds, also for
// another key than the one that asked for it.
func TestFreshNonceIsNeverStale(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b backend) {
		w := newWorld(t, b, options{})
		for i := range 50 {
			body := []string{makeOwner, makeReader}[i%2]
			if a := w.send(w.signed("owner", patchTarget, body, w.challenge(), 1)); a.status != 200 {
				t.Fatalf("change %d: %s", i, a)
			}
		}
		shared := w.challenge()
		for _, by := range []string{"owner", "target", "otherOwner"} {
			if a := w.send(w.signed(by, "GET /api/atlas/v2", "", shared, 1)); a.status != 200 {
				t.Errorf("%s: %s", by, a)
			}
		}
	})
}

// TestPrivateKeyIsShownOnce: in the answer that created it, and nowhere else.
func TestPrivateKeyIsShownOnce(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
		for _, c := range []struct{ call, body string }{
			{"POST /orgs/{org}/apiKeys", `{"desc":"secret","roles":["ORG_OWNER"]}`},
			{"POST /groups/{project}/apiKeys", `{"desc":"secret","roles":["GROUP_OWNER"]}`},
		} {
			var made keyBody
			w.ok("owner", g.at(c.call), c.body, 200).into(&made)
			if !form.MatchString(made.PrivateKey) || !regexp.MustCompile(`^[a-z]{8}$`).MatchString(made.PublicKey) {
				t.Errorf("made %+v", made)
			}
			k := &key{id: made.ID, public: made.PublicKey, private: made.PrivateKey}
			w.keys["new"], w.names["new"] = k, k.id
			redacted := `"privateKey":"********-****-****-` + made.PrivateKey[24:] + `"`
			for _, call := range []string{
				"GET /orgs/{org}/apiKeys/{new}", "GET /orgs/{org}/apiKeys", "GET /groups/{project}/apiKeys?itemsPerPage=500",
				"PATCH /orgs/{org}/apiKeys/{new}", "PATCH /groups/{project}/apiKeys/{new}", "GET ",
			} {
				body := ""
				if strings.HasPrefix(call, "PATCH /groups") && strings.Contains(c.call, "/groups") {
					body = makeOwner
				} else if strings.HasPrefix(call, "PATCH") {
					body = `{"desc":"secret again"}`
				}
				by := "owner"
				if call == "GET " {
					by = "new"
				}
				a := w.call(by, g.at(call), body)
				if strings.Contains(string(a.body), made.PrivateKey[:23]) {
					t.Errorf("%s shows the private key: %s", call, a)
				}
				inProject := !strings.Contains(call, "/groups") || strings.Contains(c.call, "/groups")
				if call != "GET " && inProject && !strings.Contains(string(a.body), redacted) {
					t.Errorf("%s lacks the redacted private key %s: %s", call, redacted, a)
				}
			}
			w.ok("owner", g.at("DELETE /orgs/{org}/apiKeys/{new}"), "", 204)
			w.call("new", g.at("GET "), "").wantChallenge(false)
		}
	})
}
