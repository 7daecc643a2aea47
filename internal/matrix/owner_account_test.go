package matrix

import (
	"net/http"
	"sync"
	"testing"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/server"
)

// ownerAccounts counts the service accounts that own an organization in two ways.
func (w *world) ownerAccounts(org latchkey.OrgID) (n int) {
	w.Helper()
	w.view(func(r latchkey.Reader) error {
		counted, err := r.OwnerAccounts(org)
		if err != nil {
			w.Fatal(err)
		}
		accounts, _, err := r.Accounts(org, latchkey.Page{Number: 1, Size: 100})
		if err != nil {
			w.Fatal(err)
		}
		for i := range accounts {
			if read(accounts[i].OrgRoles)&ownerRole != 0 {
				n++
			}
		}
		if n != counted {
			w.Errorf("%d accounts own by the count, %d by their roles", counted, n)
		}
		return nil
	})
	return n
}

// TestAccountsAreNoDurableOwners: however many service accounts own an
// organization beside it, its last key that owns it stays, and as long as that
// stays the accounts may go.
func TestAccountsAreNoDurableOwners(t *testing.T) {
	w := newWorld(t, server.Config{})
	org := w.newOrg("home").ID
	last := w.newKey(org, "last", holdings{org: ownerRole})
	a := w.newAccount(org, "a", holdings{org: ownerRole})
	b := w.newAccount(org, "b", holdings{org: ownerRole})
	for _, base := range everyBase {
		for _, by := range []*principal{last, a, b} {
			for _, end := range []bool{false, true} {
				before := w.flushes()
				if got := w.make(base, org, move{by, last, end}); got != lastOwner || w.flushes() != before {
					t.Errorf("%s: the last key as %s, delete %v: %v, written %v", base, by.name, end, got, w.flushes() != before)
				}
			}
		}
		for _, m := range []move{{last, a, false}, {b, a, false}, {a, a, false}, {last, a, true}, {b, a, true}, {a, a, true}} {
			wanted := okPatch
			if m.delete {
				wanted = okDelete
			}
			if got := w.make(base, org, m); got != wanted {
				t.Errorf("%s: %s as %s, delete %v: %v", base, m.to.name, m.by.name, m.delete, got)
			}
			w.restore(a, b)
		}
		// Even the last of them.
		for _, to := range []*principal{a, b} {
			if got := w.make(base, org, move{to, to, true}); got != okDelete {
				t.Errorf("%s: %s deletes itself: %v", base, to.name, got)
			}
		}
		w.restore(a, b)
	}
}

// TestLastOwnerAccount: an organization that no key owns keeps the last service
// account that does, until somebody makes a key that owns it.
func TestLastOwnerAccount(t *testing.T) {
	w := newWorld(t, server.Config{})
	org := w.newOrg("home").ID
	last := w.newAccount(org, "last", holdings{org: ownerRole})
	second := w.newAccount(org, "second", holdings{org: ownerRole})
	global := w.newKey(org, "global", holdings{org: named("GLOBAL_OWNER")})
	for _, base := range everyBase {
		for _, m := range []move{{second, last, false}, {second, last, true}, {last, last, false}, {last, last, true}} {
			wanted := okPatch
			if m.delete {
				wanted = okDelete
			}
			if got := w.make(base, org, m); got != wanted {
				t.Errorf("%s: one of two accounts that own, as %s, delete %v: %v", base, m.by.name, m.delete, got)
			}
			w.restore(last, second)
		}
		if got := w.make(base, org, move{last, second, true}); got != okDelete {
			t.Fatalf("%s: %v", base, got)
		}
		for _, by := range []*principal{last, global} {
			for _, end := range []bool{false, true} {
				before := w.flushes()
				if got := w.make(base, org, move{by, last, end}); got != lastOwner || w.flushes() != before {
					t.Errorf("%s: the last account as %s, delete %v: %v, written %v", base, by.name, end, got, w.flushes() != before)
				}
			}
		}
		// What does not end the ownership is allowed.
		path := base + "/orgs/" + string(org) + "/serviceAccounts/" + last.id()
		for _, body := range []string{`{"roles":["ORG_OWNER","ORG_READ_ONLY"]}`, `{"description":"renamed"}`} {
			if got := w.do(t, last.cred, http.MethodPatch, path, body); got.status != http.StatusOK {
				t.Errorf("%s %s: %d %s", base, body, got.status, got.body)
			}
		}
		w.restore(last)
		// A key that owns lets the account go.
		key := w.newKey(org, "key", holdings{org: ownerRole})
		if got := w.make(base, org, move{key, last, true}); got != okDelete {
			t.Errorf("%s: with a key that owns: %v", base, got)
		}
		w.restore(last, second)
		w.update(func(tx latchkey.Tx) error { return tx.DeletePrincipal(org, key.ID) })
	}
}

// TestOwnerAccountsRace starts two requests together that would each be right
// alone and together leave nobody: an account that owns stays.
func TestOwnerAccountsRace(t *testing.T) {
	w := newWorld(t, server.Config{})
	org := w.newOrg("home").ID
	a := w.newAccount(org, "a", holdings{org: ownerRole})
	b := w.newAccount(org, "b", holdings{org: ownerRole})
	for _, c := range []struct {
		name   string
		moves  [2]move
		orders [2][2]want // what the moves answer when the first, and when the second, comes first
	}{
		{"each demotes itself", [2]move{{a, a, false}, {b, b, false}}, [2][2]want{{okPatch, lastOwner}, {lastOwner, okPatch}}},
		{"each demotes the other", [2]move{{a, b, false}, {b, a, false}}, [2][2]want{{okPatch, unauthorized}, {unauthorized, okPatch}}},
		{"each deletes the other", [2]move{{a, b, true}, {b, a, true}}, [2][2]want{{okDelete, badToken}, {badToken, okDelete}}},
		{"one deletes itself, one demotes itself", [2]move{{a, a, true}, {b, b, false}}, [2][2]want{{okDelete, lastOwner}, {lastOwner, okPatch}}},
	} {
		first := [2]int{}
		for trial := range races / 3 {
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
			if n := w.ownerAccounts(org); n != 1 {
				t.Fatalf("%s: %d accounts own", c.name, n)
			}
		}
		t.Logf("%s: %d trials, %d as if the first came first, %d the second", c.name, races/3, first[0], first[1])
	}
}
