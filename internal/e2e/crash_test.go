package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/audit"
	"github.com/latchkey/latchkey/internal/store/sqlstore"
)

// How a round of the crash test goes.
const (
	crashRounds  = 200 // LATCHKEY_CRASH_ROUNDS says otherwise; 40 with -short
	crashKeys    = 4
	crashClients = 8
	crashLatest  = 60 * time.Millisecond // the kill comes no later after the storm began
	verifyEvery  = 20                    // rounds between complete verifications of the audit chain
)

// crash is a data directory whose server is killed again and again.
type crash struct {
	t       *testing.T
	dir     string
	keys    firstKeys
	targets []string // ids of the keys that are changed
	links   []*link  // one of each client; their nonces outlive the server
	random  *rand.Rand
	ledger  ledger
	events  int64 // how many were looked at

	acked, inFlight, committed, hit int // sums over all rounds
}

// TestKill kills the server with kill -9 in the middle of a storm of PATCHes,
// starts it again on the same data, and compares what it finds with what the
// clients know: nothing that was acknowledged is lost, nothing is torn, every
// change has its events, and the audit chain is whole.
func TestKill(t *testing.T) {
	rounds := crashRounds
	if testing.Short() {
		rounds = 40
	}
	rounds = fromEnvironment(t, "LATCHKEY_CRASH_ROUNDS", rounds)
	seed := fromEnvironment(t, "LATCHKEY_CRASH_SEED", int(time.Now().UnixNano()))
	t.Logf("LATCHKEY_CRASH_SEED=%d chooses the moments and the keys", seed)
	c := &crash{t: t, random: rand.New(rand.NewPCG(uint64(seed), 1))}
	c.dir, c.keys = setUp(t)

	s := serve(t, c.dir)
	c.create(s)
	for round := range rounds {
		c.storm(s)
		s = serve(t, c.dir)
		c.check(s, round == rounds-1 || round%verifyEvery == verifyEvery-1)
		if t.Failed() {
			t.Fatalf("round %d of %d", round+1, rounds)
		}
	}
	t.Logf("%d kills: %d changes acknowledged, none lost; %d under way, of which %d were committed; %d kills found some under way",
		rounds, c.acked, c.inFlight, c.committed, c.hit)
	if 5*c.hit < rounds {
		t.Errorf("only %d of %d kills found a request in flight: fewer than a fifth", c.hit, rounds)
	}
}

func fromEnvironment(t *testing.T, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// create makes the keys that the storm changes, and the clients.
func (c *crash) create(s *instance) {
	owner := newLink(s.URL, c.keys.owner())
	defer owner.Close()
	for i := range crashKeys {
		r, err := owner.do("POST", "/api/atlas/v2/groups/"+c.keys.ProjectID+"/apiKeys",
			fmt.Sprintf(`{"desc":"key %d","roles":["GROUP_READ_ONLY"]}`, i))
		var made struct{ ID string }
		if err == nil {
			err = json.Unmarshal(r.Body, &made)
		}
		if err != nil || made.ID == "" {
			c.t.Fatalf("creating a key: %d %s %v", r.Status, r.Body, err)
		}
		c.targets = append(c.targets, made.ID)
		c.ledger.base = append(c.ledger.base, &change{key: i, desc: fmt.Sprint("key ", i), roles: []string{"GROUP_READ_ONLY"}})
	}
	for range crashClients {
		c.links = append(c.links, newLink(s.URL, c.keys.owner()))
	}
	c.readEvents()
}

// storm lets the clients change keys and kills the server at some moment.
func (c *crash) storm(s *instance) {
	after := time.Duration(c.random.Int64N(int64(crashLatest)))
	var clients sync.WaitGroup
	for _, l := range c.links {
		l.Server = strings.TrimPrefix(s.URL, "http://")
		random := rand.New(rand.NewPCG(c.random.Uint64(), 2))
		clients.Go(func() {
			defer l.Close()
			for c.change(l, random.IntN(crashKeys), random.IntN(2)) {
			}
		})
	}
	time.Sleep(after)
	c.ledger.kill()
	s.kill()
	clients.Wait()
	acked, inFlight := c.ledger.counts()
	c.acked += acked
	c.inFlight += inFlight
	if inFlight > 0 {
		c.hit++
	}
}

// change sends one change and reports whether the server is still there.
func (c *crash) change(l *link, key, generation int) bool {
	base := [2]string{"/api/atlas/v2", "/api/public/v1.0"}[generation]
	target := base + "/groups/" + c.keys.ProjectID + "/apiKeys/" + c.targets[key]
	if l.Old() && l.challenged("PATCH", target) != nil {
		return false
	}
	p := c.ledger.begin(key)
	p.raw = l.request("PATCH", target, l.Sign(l.key.public, l.ha1, "PATCH", target), p.body())
	r, err := l.Exchange(p.raw)
	switch {
	case err != nil:
		return false
	case r.Status != 200:
		c.t.Errorf("PATCH: %d %s", r.Status, r.Body)
		return false
	}
	c.ledger.ack(p)
	return true
}

// check compares the data with the ledger; with whole it verifies the audit
// chain from its beginning, too.
func (c *crash) check(s *instance, whole bool) {
	l := newLink(s.URL, c.keys.owner())
	defer l.Close()
	found := make([]*change, crashKeys)
	for key, id := range c.targets {
		desc, roles := c.get(l, id)
		var err error
		if found[key], err = c.ledger.judge(key, desc, roles); err != nil {
			c.t.Error(err)
			return
		}
	}
	c.checkEvents(c.readEvents())
	c.replay(l)
	c.ledger.settle(found)
	if whole {
		c.verify()
	}
}

// get reads a key: its description and the roles that it holds in the project.
func (c *crash) get(l *link, id string) (desc string, roles []string) {
	r, err := l.do("GET", "/api/atlas/v2/orgs/"+c.keys.OrgID+"/apiKeys/"+id, "")
	var key struct {
		Desc  string
		Roles []struct{ GroupID, RoleName string }
	}
	if err == nil {
		err = json.Unmarshal(r.Body, &key)
	}
	if err != nil || r.Status != 200 {
		c.t.Fatalf("reading key %s: %d %s %v", id, r.Status, r.Body, err)
	}
	for _, role := range key.Roles {
		if role.GroupID == c.keys.ProjectID {
			roles = append(roles, role.RoleName)
		}
	}
	slices.Sort(roles)
	return key.Desc, roles
}

// readEvents reads what the chain gained since the last time, checks its
// links, and returns the changes that it tells of by their description.
func (c *crash) readEvents() map[string]latchkey.Event {
	var events []latchkey.Event
	c.view(func(r latchkey.Reader) (err error) {
		events, err = r.Events(latchkey.OrgID(c.keys.OrgID), max(c.events-1, 0), 1<<20)
		return err
	})
	recorded := make(map[string]latchkey.Event)
	for i := range events {
		e := &events[i]
		if i > 0 && (e.Seq != events[i-1].Seq+1 || !e.Verify(events[i-1].Hash)) {
			c.t.Errorf("event %d is not linked to the one before it", e.Seq)
		}
		if e.Seq <= c.events || e.Type != latchkey.EventKeyDescriptionChanged {
			continue
		}
		// The two events of one change stand side by side.
		roles := events[i-1]
		if _, twice := recorded[*e.Change.Desc]; twice || roles.Type != latchkey.EventKeyRolesChanged || roles.TargetID != e.TargetID {
			c.t.Errorf("event %d, %q, is there twice or has no change of roles beside it", e.Seq, *e.Change.Desc)
		}
		recorded[*e.Change.Desc] = roles
	}
	if len(events) > 0 {
		c.events = events[len(events)-1].Seq
	}
	return recorded
}

// checkEvents compares the events of a round with the ledger.
func (c *crash) checkEvents(recorded map[string]latchkey.Event) {
	for _, p := range c.ledger.changes {
		e, ok := recorded[p.desc]
		if !ok {
			if p.acked != 0 {
				c.t.Errorf("%q was acknowledged and has no event", p.desc)
			}
			continue
		}
		p.committed = true
		if p.acked == 0 {
			c.committed++
		}
		names := slices.Sorted(slices.Values(e.Change.ProjectRoles))
		if string(e.TargetID) != c.targets[p.key] || !slices.Equal(names, p.roles) {
			c.t.Errorf("the event of %q tells of key %s and roles %v, want key %s and %v", p.desc, e.TargetID, names, c.targets[p.key], p.roles)
		}
		delete(recorded, p.desc)
	}
	for desc := range recorded {
		c.t.Errorf("there is an event of %q, which nobody sent in this round", desc)
	}
}

// replay sends a committed change once more, as it was, and rather one that
// was not acknowledged: the note of its nonce must have lived through the kill.
func (c *crash) replay(l *link) {
	var again *change
	for _, p := range c.ledger.changes {
		if p.committed && (again == nil || p.acked == 0) {
			again = p
		}
	}
	if again == nil {
		return
	}
	r, err := l.Exchange(again.raw)
	if err != nil || r.Status != 401 || !strings.Contains(r.Challenge, "stale=true") {
		c.t.Errorf("%q sent a second time: %d %s %v, want 401 and stale=true", again.desc, r.Status, r.Body, err)
	}
}

// verify verifies the chain and that it adds up to the tables.
func (c *crash) verify() {
	store, err := sqlstore.OpenReadOnly(c.dir, sqlstore.Options{})
	if err != nil {
		c.t.Fatal(err)
	}
	report, err := audit.Verify(c.t.Context(), store)
	if err = errors.Join(err, store.Close()); err != nil {
		c.t.Fatal(err)
	}
	for _, f := range report.Findings {
		c.t.Errorf("audit verify: %+v", f)
	}
	if report.Events != c.events {
		c.t.Errorf("audit verify saw %d events, want %d", report.Events, c.events)
	}
}

// view looks at the data beside the server.
func (c *crash) view(f func(latchkey.Reader) error) {
	store, err := sqlstore.OpenReadOnly(c.dir, sqlstore.Options{Readers: 1})
	if err != nil {
		c.t.Fatal(err)
	}
	if err := errors.Join(store.View(c.t.Context(), f), store.Close()); err != nil {
		c.t.Fatal(err)
	}
}
