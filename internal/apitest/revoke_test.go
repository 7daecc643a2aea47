package apitest

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

// Sizes of the test of revocations.
const (
	revokePairs   = 10_000
	revokeShort   = 600
	revokeWorkers = 12
	revokeLoad    = 6 // other clients while it runs
)

// revocation is one way to take something away from a member.
type revocation struct {
	name  string
	whose []bool // accounts, keys: true is an account
	lists []string
	call  func(f *fleet, m *member, base string) (call, body string)
	// by is who calls: nil is the owner of the organization.
	by func(m *member) *key
	// What uses must be refused with.
	refused int
	code    string // on the API of the dated generation
	active  bool   // whether introspection still calls the token active, with less
	doors   []string
}

// The doors by which a member uses what it holds.
const (
	byReading    = "read"
	byChanging   = "change"
	byIntrospect = "introspection"
	byCheck      = "check call"
	byToken      = "token endpoint"
)

var (
	keysOnly, accountsOnly, both = []bool{false}, []bool{true}, []bool{false, true}
	everyDoor                    = []string{byReading, byChanging, byIntrospect, byCheck}
	otherAddress                 = "198.51.100.7"
)

func inProject(f *fleet, m *member, base string) string {
	return base + "/groups/" + string(f.project) + "/" + m.kind() + "/" + m.key.id
}

func inOrg(f *fleet, m *member, base string) string {
	return base + "/orgs/" + string(f.org) + "/" + m.kind() + "/" + m.key.id
}

func revocations() []revocation {
	return []revocation{
		{name: "role removed by PATCH", whose: both, refused: 401, code: "USER_UNAUTHORIZED", active: true, doors: []string{byChanging, byIntrospect, byCheck},
			call: func(f *fleet, m *member, base string) (string, string) {
				return "PATCH " + inProject(f, m, base), `{"roles":["GROUP_READ_ONLY"]}`
			}},
		{name: "role removed by DELETE", whose: both, refused: 401, code: "USER_CANNOT_ACCESS_GROUP", active: true, doors: everyDoor,
			call: func(f *fleet, m *member, base string) (string, string) { return "DELETE " + inProject(f, m, base), "" }},
		{name: "secret deleted", whose: accountsOnly, refused: 401, doors: append(slices.Clone(everyDoor), byToken),
			call: func(f *fleet, m *member, base string) (string, string) {
				return "DELETE " + inOrg(f, m, base) + "/secrets/" + string(m.secretID), ""
			}},
		{name: "secret deleted in the project", whose: accountsOnly, refused: 401, doors: append(slices.Clone(everyDoor), byToken),
			call: func(f *fleet, m *member, base string) (string, string) {
				return "DELETE " + inProject(f, m, base) + "/secrets/" + string(m.secretID), ""
			}},
		{name: "token revoked", whose: accountsOnly, refused: 401, doors: everyDoor,
			by:   func(m *member) *key { return &key{id: m.key.id, secret: m.key.secret} },
			call: func(_ *fleet, m *member, _ string) (string, string) { return revokeCall, tokenForm(m.key.token) }},
		{name: "account deleted", whose: accountsOnly, refused: 401, doors: append(slices.Clone(everyDoor), byToken),
			call: func(f *fleet, m *member, base string) (string, string) { return "DELETE " + inOrg(f, m, base), "" }},
		{name: "key deleted", whose: keysOnly, refused: 401, doors: everyDoor,
			call: func(f *fleet, m *member, base string) (string, string) { return "DELETE " + inOrg(f, m, base), "" }},
		{name: "list entry removed", whose: both, lists: []string{fleetAddress, otherAddress}, refused: 403, code: "IP_ADDRESS_NOT_ON_ACCESS_LIST", doors: everyDoor,
			call: func(f *fleet, m *member, base string) (string, string) {
				return "DELETE " + inOrg(f, m, base) + "/accessList/" + fleetAddress, ""
			}},
		{name: "list entry added that leaves the caller out", whose: both, refused: 403, code: "IP_ADDRESS_NOT_ON_ACCESS_LIST", doors: everyDoor,
			call: func(f *fleet, m *member, base string) (string, string) {
				return "POST " + inOrg(f, m, base) + "/accessList", `[{"ipAddress":"` + otherAddress + `"}]`
			}},
	}
}

// pair is one revocation with the first use after it.
type pair struct {
	revocation
	account bool
	door    string
	base    string
}

// plan returns every kind of pair that there is. Introspection asks about
// tokens only, and not from where they are used.
func plan() (list []pair) {
	for _, r := range revocations() {
		for _, account := range r.whose {
			for _, door := range r.doors {
				if door == byIntrospect && (!account || r.refused == http.StatusForbidden) {
					continue
				}
				for _, g := range generations() {
					list = append(list, pair{r, account, door, g.base})
				}
			}
		}
	}
	return list
}

// use uses by the pair's door what the member holds: whether it was let
// through, and the answer.
func (f *fleet) use(p *pair, m *member, reader *key) (bool, *httptest.ResponseRecorder) {
	project := p.base + "/groups/" + string(f.project)
	switch p.door {
	case byReading:
		w := f.call(&m.key, "GET "+project, "")
		return w.Code < 300, w
	case byChanging:
		w := f.call(&m.key, "PATCH "+project, `{"name":"Project"}`)
		return w.Code < 300, w
	case byCheck:
		w := f.call(&m.key, "GET /api/latchkey/v1/check?groupId="+string(f.project)+"&role=GROUP_OWNER", "")
		return w.Code < 300, w
	case byToken:
		w := f.call(&key{id: m.key.id, secret: m.key.secret}, tokenCall, askToken)
		return w.Code < 300, w
	}
	w := f.call(reader, "POST /api/oauth/introspect", tokenForm(m.key.token))
	return isActive(w) && strings.Contains(w.Body.String(), `"GROUP_OWNER"`), w
}

func isActive(w *httptest.ResponseRecorder) bool {
	return w.Code == http.StatusOK && strings.Contains(w.Body.String(), `"active":true`)
}

// wrong says what is not right about how a use was refused, "" for nothing.
func (p *pair) wrong(w *httptest.ResponseRecorder) string {
	want, code := p.refused, p.code
	switch p.door {
	case byIntrospect:
		if w.Code != http.StatusOK || isActive(w) != p.active {
			return fmt.Sprintf("want active %v", p.active)
		}
		return ""
	case byCheck:
		if p.code == "USER_UNAUTHORIZED" || p.code == "USER_CANNOT_ACCESS_GROUP" {
			want, code = http.StatusForbidden, ""
		} else {
			code = ""
		}
	case byToken:
		want, code = http.StatusUnauthorized, ""
	}
	if p.base != "/api/atlas/v2" && code == "USER_CANNOT_ACCESS_GROUP" {
		code = "NOT_IN_GROUP"
	}
	challenged := w.Header().Get("Www-Authenticate") != ""
	if w.Code != want || code != "" && w.Header().Get("X-Error-Code") != code || challenged != (want == 401 && code == "") {
		return fmt.Sprintf("want %d %s", want, code)
	}
	return ""
}

// TestRevokeThenUse takes something away and uses it right after the answer of
// success, many thousand times, while other clients keep the server busy. No
// use is let through. Each use is let through before, so that the pair means
// something.
func TestRevokeThenUse(t *testing.T) {
	n := revokePairs
	if testing.Short() {
		n = revokeShort
	}
	started := time.Now()
	f := newFleet(t)
	owners := f.enrol(1, false, latchkey.Roles(latchkey.OrgOwner))
	readers := f.enrol(1, false, latchkey.Roles(latchkey.OrgReadOnly))
	kinds := plan()
	members := make([]*member, n) // number i is of the kind i modulo their number
	each := (n + len(kinds) - 1) / len(kinds)
	for k := range kinds {
		for i, m := range f.enrol(each, kinds[k].account, latchkey.Roles(latchkey.OrgMember, latchkey.GroupOwner), kinds[k].lists...) {
			if at := i*len(kinds) + k; at < n {
				members[at] = m
			}
		}
	}
	stop := f.load(t)
	made := time.Since(started)

	var next atomic.Int64
	var mu sync.Mutex
	counts := map[string]map[string]int{}
	accepted := 0
	var workers sync.WaitGroup
	for range revokeWorkers {
		workers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				p, m := &kinds[i%len(kinds)], members[i]
				through, err := f.pair(p, m, &owners[0].key, &readers[0].key)
				mu.Lock()
				if err != nil && t.Failed() {
					mu.Unlock()
					continue // one is enough
				}
				if err != nil {
					t.Errorf("%s, %s, account %v on %s: %v", p.name, p.door, p.account, p.base, err)
				}
				if counts[p.name] == nil {
					counts[p.name] = map[string]int{}
				}
				counts[p.name][p.door]++
				if through {
					accepted++
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	beside := stop()
	total := 0
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		for _, door := range slices.Sorted(maps.Keys(counts[name])) {
			total += counts[name][door]
		}
		t.Logf("%-45s %v", name, counts[name])
	}
	t.Logf("%d pairs, %d uses accepted; %d requests of others meanwhile; %.1f s, of which %.1f s to make the members", total, accepted, beside, time.Since(started).Seconds(), made.Seconds())
	if total != n || accepted != 0 {
		t.Errorf("%d of %d pairs were tried, %d uses were accepted", total, n, accepted)
	}
	if beside == 0 {
		t.Error("nobody else kept the server busy")
	}
}

// pair makes one pair. It tells whether the use after the revocation was let
// through, and what else was not as it must be.
func (f *fleet) pair(p *pair, m *member, owner, reader *key) (through bool, err error) {
	if p.account {
		if err := f.token(m); err != nil {
			return false, err
		}
	}
	if ok, w := f.use(p, m, reader); !ok {
		return false, fmt.Errorf("the use before: %d %s", w.Code, w.Body)
	}
	by := owner
	if p.by != nil {
		by = p.by(m)
	}
	call, body := p.call(f, m, p.base)
	if w := f.call(by, call, body); w.Code >= 300 {
		return false, fmt.Errorf("%s: %d %s", call, w.Code, w.Body)
	}
	through, w := f.use(p, m, reader)
	if through {
		return true, fmt.Errorf("the use after %s was let through: %d %s", call, w.Code, w.Body)
	}
	if what := p.wrong(w); what != "" {
		return false, fmt.Errorf("the use after %s: %d %v %s; %s", call, w.Code, w.Header(), w.Body, what)
	}
	return false, nil
}

// load lets other clients read and change until the function returned is
// called, which tells how many requests they sent.
func (f *fleet) load(t *testing.T) (stop func() int) {
	t.Helper()
	all := latchkey.Roles(latchkey.OrgOwner, latchkey.GroupReadOnly)
	busy := append(f.enrol(revokeLoad/2, false, all), f.enrol(revokeLoad-revokeLoad/2, true, all)...)
	var sent atomic.Int64
	var end atomic.Bool
	var clients sync.WaitGroup
	for i, m := range busy {
		if m.account() {
			if err := f.token(m); err != nil {
				t.Fatal(err)
			}
		}
		clients.Go(func() {
			for round := 0; !end.Load(); round++ {
				call, body := "GET "+inOrg(f, m, "/api/atlas/v2"), ""
				if round%3 == 0 {
					call, body = "PATCH "+inProject(f, m, "/api/public/v1.0"), []string{`{"roles":["GROUP_READ_ONLY"]}`, `{"roles":["GROUP_OWNER"]}`}[(round/3+i)%2]
				}
				if w := f.call(&m.key, call, body); w.Code >= 300 {
					t.Errorf("beside: %s: %d %s", call, w.Code, w.Body)
					return
				}
				sent.Add(1)
				time.Sleep(2 * time.Millisecond) // a client is not alone on the machine
			}
		})
	}
	return func() int {
		end.Store(true)
		clients.Wait()
		return int(sent.Load())
	}
}
