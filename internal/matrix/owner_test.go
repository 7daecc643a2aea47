package matrix

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/published"
	"github.com/latchkey/latchkey/internal/server"
)

var (
	ownerRole  = named("ORG_OWNER")
	lastOwner  = refusal(403, "CANNOT_DEMOTE_LAST_ORG_OWNER")
	everyBase  = []string{published.BaseV2, published.BaseV1, published.BaseAtlasV1}
	okPatch    = want{status: http.StatusOK}
	okDelete   = want{status: http.StatusNoContent}
	demoteBody = `{"roles":["ORG_READ_ONLY"]}`
)

// durableOwners counts the owners of an organization in two ways.
func (w *world) durableOwners(org latchkey.OrgID) (n int) {
	w.Helper()
	w.view(func(r latchkey.Reader) error {
		counted, err := r.DurableOwners(org)
		if err != nil {
			w.Fatal(err)
		}
		keys, _, err := r.Keys(org, latchkey.Page{Number: 1, Size: 100})
		if err != nil {
			w.Fatal(err)
		}
		for i := range keys {
			if read(keys[i].OrgRoles)&ownerRole != 0 {
				n++
			}
		}
		if n != counted {
			w.Errorf("%d owners by the count, %d by the keys", counted, n)
		}
		return nil
	})
	return n
}

// move is one request of one owner about another, or about itself.
type move struct {
	by, to *principal
	delete bool
}

func (w *world) make(base string, org latchkey.OrgID, m move) want {
	w.Helper()
	path := base + "/orgs/" + string(org) + "/apiKeys/" + m.to.id()
	if m.to.ID.IsAccount() {
		path = base + "/orgs/" + string(org) + "/serviceAccounts/" + m.to.id()
	}
	method, body := http.MethodPatch, demoteBody
	if m.delete {
		method, body = http.MethodDelete, ""
	}
	got := w.do(w, m.by.cred, method, path, body)
	return want{got.status, got.code, got.params}
}

// TestLastOwner demotes and deletes the only owner by every path.
func TestLastOwner(t *testing.T) {
	w := newWorld(t, server.Config{})
	org := w.newOrg("home").ID
	project := w.newProject(org)
	last := w.newKey(org, "last", holdings{org: ownerRole})
	second := w.newKey(org, "second", holdings{org: ownerRole})
	// Whoever holds a global role owns everything, but is no owner of the organization.
	global := w.newKey(org, "global", holdings{org: named("GLOBAL_OWNER")})
	for _, base := range everyBase {
		path := base + "/orgs/" + string(org) + "/apiKeys/" + last.id()
		if got := w.make(base, org, move{by: last, to: second, delete: base == published.BaseV1}); got != okPatch && got != okDelete {
			t.Fatalf("%s: one of two owners cannot be taken away: %v", base, got)
		}
		for _, by := range []*principal{last, global} {
			for _, body := range []string{
				demoteBody, `{"roles":["ORG_MEMBER"],"desc":"changed"}`, `{"roles":["ORG_GROUP_CREATOR","ORG_BILLING_ADMIN","ORG_READ_ONLY"]}`,
			} {
				before := w.flushes()
				got := w.do(t, by.cred, http.MethodPatch, path, body)
				if is := (want{got.status, got.code, got.params}); is != lastOwner || w.flushes() != before {
					t.Errorf("%s %s as %s: %v, written %v", base, body, by.name, is, w.flushes() != before)
				}
			}
			if got := w.make(base, org, move{by, last, true}); got != lastOwner {
				t.Errorf("%s DELETE as %s: %v", base, by.name, got)
			}
		}
		// What does not end the ownership is allowed.
		for body, after := range map[string]roles{`{"roles":["ORG_OWNER","ORG_READ_ONLY"]}`: ownerRole | named("ORG_READ_ONLY"), `{"desc":"renamed"}`: 0} {
			if got := w.do(t, last.cred, http.MethodPatch, path, body); got.status != 200 {
				t.Errorf("%s %s: %d %s, want %v", base, body, got.status, got.body, after.names())
			}
		}
		// Nor does what happens in projects.
		inProject := base + "/groups/" + string(project.ID)
		for _, ask := range [][3]string{
			{http.MethodDelete, inProject + "/apiKeys/" + last.id(), ""},
			{http.MethodDelete, inProject, ""},
		} {
			assign := strings.Replace(inProject, base, published.BaseV1, 1) + "/apiKeys/" + last.id()
			if got := w.do(t, last.cred, http.MethodPatch, assign, `{"roles":["GROUP_READ_ONLY"]}`); got.status != 200 {
				t.Fatalf("%d %s", got.status, got.body)
			}
			if got := w.do(t, last.cred, ask[0], ask[1], ask[2]); got.status >= 300 {
				t.Errorf("%s %s: %d %s", ask[0], ask[1], got.status, got.body)
			}
		}
		project = w.newProject(org)
		if n := w.durableOwners(org); n != 1 {
			t.Fatalf("%s: %d owners", base, n)
		}
		w.restore(last, second)
	}
}

// races is how often each pair of requests is started together.
const races = 150

// TestOwnersRace starts two requests together that would each be right alone
// and together leave nobody. Exactly what some order of the two allows may be
// answered, and one owner stays.
func TestOwnersRace(t *testing.T) {
	w := newWorld(t, server.Config{})
	org := w.newOrg("home").ID
	a := w.newKey(org, "a", holdings{org: ownerRole})
	b := w.newKey(org, "b", holdings{org: ownerRole})
	for _, c := range []struct {
		name   string
		moves  [2]move
		orders [2][2]want // what the moves answer when the first, and when the second, comes first
	}{
		{"each demotes itself", [2]move{{a, a, false}, {b, b, false}}, [2][2]want{{okPatch, lastOwner}, {lastOwner, okPatch}}},
		{"each demotes the other", [2]move{{a, b, false}, {b, a, false}}, [2][2]want{{okPatch, unauthorized}, {unauthorized, okPatch}}},
		{"each deletes itself", [2]move{{a, a, true}, {b, b, true}}, [2][2]want{{okDelete, lastOwner}, {lastOwner, okDelete}}},
		{"each deletes the other", [2]move{{a, b, true}, {b, a, true}}, [2][2]want{{okDelete, challenge}, {challenge, okDelete}}},
		{"one deletes itself, one demotes itself", [2]move{{a, a, true}, {b, b, false}}, [2][2]want{{okDelete, lastOwner}, {lastOwner, okPatch}}},
		{"one is demoted and demotes itself", [2]move{{a, b, false}, {b, b, false}}, [2][2]want{{okPatch, unauthorized}, {okPatch, okPatch}}},
		{"one is deleted and demotes the other", [2]move{{a, b, true}, {b, a, false}}, [2][2]want{{okDelete, challenge}, {unauthorized, okPatch}}},
		{"one is deleted and demotes itself", [2]move{{a, b, true}, {b, b, false}}, [2][2]want{{okDelete, challenge}, {okDelete, okPatch}}},
	} {
		first := [2]int{}
		for trial := range races {
			w.restore(a, b)
			var got [2]want
			start := make(chan struct{})
			var done sync.WaitGroup
			for i, m := range c.moves {
				base := everyBase[(trial+i)%len(everyBase)]
				done.Go(func() {
					<-start
					got[i] = w.make(base, org, m)
				})
			}
			close(start)
			done.Wait()
			switch got {
			case c.orders[0]:
				first[0]++
			case c.orders[1]:
				first[1]++
			default:
				t.Errorf("%s: %v, which no order allows", c.name, got)
			}
			if n := w.durableOwners(org); n != 1 {
				t.Fatalf("%s: %d owners are left", c.name, n)
			}
		}
		t.Logf("%s: %d trials, %d as if the first came first, %d the second", c.name, races, first[0], first[1])
	}
}

// TestOneKeyRace sends many PATCHes of one key together. Each answers the set
// it sent, and the last to be recorded is the one that stays.
func TestOneKeyRace(t *testing.T) {
	w := newWorld(t, server.Config{})
	org := w.newOrg("home").ID
	project := w.newProject(org).ID
	owner := w.newKey(org, "owner", holdings{org: ownerRole})
	elsewhere := string(w.newProject(org).ID)
	key := w.newKey(org, "key", holdings{named("ORG_MEMBER"), map[string]roles{string(project): named("GROUP_READ_ONLY"), elsewhere: named("GROUP_OWNER")}})
	const senders, rounds = 8, 40
	for round := range rounds {
		sent := make([]roles, senders)
		start := make(chan struct{})
		var done sync.WaitGroup
		for i := range senders {
			// Three roles each; no two sets of a round and the next are alike,
			// so that every PATCH changes something.
			for j := range 3 {
				sent[i] |= named(atlasProjectNames[(round*senders+i+9*j)%len(atlasProjectNames)])
			}
			path := fmt.Sprintf("%s/groups/%s/apiKeys/%s", everyBase[i%len(everyBase)], project, key.id())
			done.Go(func() {
				<-start
				got := w.do(t, owner.cred, http.MethodPatch, path, `{"roles":`+list(sent[i].names())+`}`)
				for _, name := range atlasProjectNames {
					told := strings.Contains(string(got.body), fmt.Sprintf(`{"groupId":"%s","roleName":"%s"}`, project, name))
					if got.status != 200 || told != (sent[i]&named(name) != 0) {
						t.Errorf("sent %v, told %d %s", sent[i].names(), got.status, got.body)
						return
					}
				}
			})
		}
		close(start)
		done.Wait()
		w.view(func(r latchkey.Reader) error {
			k, err := r.Principal(org, key.ID)
			if err != nil {
				t.Fatal(err)
			}
			h := holdingsOf(&k)
			winner := -1
			for i, s := range sent {
				if s == h.in[string(project)] {
					winner = i
				}
			}
			if winner < 0 || h.org != key.holdings.org || h.in[elsewhere] != key.holdings.in[elsewhere] || len(h.in) != 2 {
				t.Fatalf("round %d ends with %v, which nobody sent", round, h.in[string(project)].names())
			}
			events, err := r.Events(org, int64(round*senders), 10*senders)
			if err != nil || len(events) != senders {
				t.Fatalf("%d events in round %d, %v", len(events), round, err)
			}
			if last := named(events[senders-1].Change.ProjectRoles...); last != sent[winner] {
				t.Fatalf("the last event says %v, the key holds %v", last.names(), sent[winner].names())
			}
			return nil
		})
	}
	t.Logf("%d PATCHes of one key, %d at a time", rounds*senders, senders)
}
