package model

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

// arena is a server for calls at the same time.
type arena struct {
	t      *testing.T
	server *instance
	client *client
	found
}

func newArena(t *testing.T) *arena {
	t.Helper()
	s, err := start(time.Now, 500)
	if err != nil {
		t.Fatal(err)
	}
	a := &arena{t: t, server: s, client: s.client()}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	})
	if a.found, err = s.organization("Arena"); err != nil {
		t.Fatal(err)
	}
	return a
}

// call makes a call of the owner unless it names a caller.
func (a *arena) call(c *call) answer {
	if c.caller == (credential{}) {
		c.caller = a.owner
	}
	if c.gen == "" {
		c.gen = v2
	}
	c.address = usualAddress
	return a.client.call(c)
}

// must makes a call that has to succeed.
func (a *arena) must(c *call) answerBody {
	a.t.Helper()
	got := a.call(c)
	b, err := got.parse()
	if got.status != operations[c.op].status || err != nil {
		a.t.Fatalf("%s: %d %s, %v", c.op, got.status, got.body, err)
	}
	return b
}

func with(roles ...string) body { return body{roles: roles, hasList: true} }

// newKey creates a key with those organization roles.
func (a *arena) newKey(roles ...string) credential {
	a.t.Helper()
	b := with(roles...)
	desc := "racer"
	b.desc = &desc
	made := a.must(&call{op: "createOrgApiKey", org: a.org, body: b})
	return credential{id: made.ID, public: made.PublicKey, private: made.PrivateKey}
}

// newProject creates a project.
func (a *arena) newProject(name string) string {
	a.t.Helper()
	return a.must(&call{op: "createGroup", body: body{name: &name, orgID: &a.org}}).ID
}

// together runs the calls at the same time and returns the answers in their order.
func (a *arena) together(calls ...*call) []answer {
	answers := make([]answer, len(calls))
	ready := make(chan struct{})
	var wg sync.WaitGroup
	for i, c := range calls {
		wg.Go(func() {
			<-ready
			answers[i] = a.call(c)
		})
	}
	close(ready)
	wg.Wait()
	return answers
}

// finish checks the whole audit chain, closes the data, opens it again, and
// wants the same state: what was answered 2xx is there to stay.
func (a *arena) finish() {
	a.t.Helper()
	before, err := a.server.stored()
	if err != nil {
		a.t.Fatal(err)
	}
	if err := a.server.restart(); err != nil {
		a.t.Fatal(err)
	}
	after, err := a.server.stored()
	if err != nil {
		a.t.Fatal(err)
	}
	if d := diff("before", before, "after the restart", after); d != "" {
		a.t.Error(d)
	}
	if err := a.server.verified(); err != nil {
		a.t.Error(err)
	}
}

// events reads the organization's events of a type.
func (a *arena) events(typ latchkey.EventType) (list []latchkey.Event) {
	a.t.Helper()
	err := a.server.data.Store.View(context.Background(), func(r latchkey.Reader) error {
		found, err := r.Events(latchkey.OrgID(a.org), 0, all)
		list = slices.DeleteFunc(found, func(e latchkey.Event) bool { return e.Type != typ })
		return err
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return list
}

// TestConcurrentReplacements replaces the roles of one key by many different
// sets at once. The last event says what the key holds, and every answer of
// success has its event: no change is lost, and none is mixed from two.
func TestConcurrentReplacements(t *testing.T) {
	a := newArena(t)
	target := a.newKey("ORG_MEMBER")
	a.must(&call{op: "addGroupApiKey", project: a.project, key: target.id, body: with("GROUP_READ_ONLY")})
	other := a.newProject("other")
	a.must(&call{op: "addGroupApiKey", project: other, key: target.id, body: with("GROUP_OWNER")})
	var calls []*call
	sent := make(map[string]bool)
	for i := range 96 {
		roles := []string{atlasProjectRoles[i%24], atlasProjectRoles[(i%24+1+i/24)%28]} // 96 different pairs
		sent[setOf(roles...).String()] = true
		calls = append(calls, &call{op: "updateGroupApiKeyRoles", gen: []generation{v2, public, atlas1}[i%3], project: a.project, key: target.id, body: with(roles...)})
	}
	for i, got := range a.together(calls...) {
		b, err := got.parse()
		if got.status != 200 || err != nil {
			t.Fatalf("PATCH %d: %d %s %v", i, got.status, got.body, err)
		}
		held, err := b.keyRoles()
		if err != nil {
			t.Fatalf("PATCH %d: %s %v", i, got.body, err)
		}
		answered := make(names)
		for _, r := range held {
			if r.GroupID == a.project {
				answered[r.RoleName] = true
			}
		}
		if !answered.equal(setOf(calls[i].body.roles...)) {
			t.Errorf("PATCH %d sent %v and was answered %s", i, calls[i].body.roles, answered)
		}
	}
	changes := a.events(latchkey.EventKeyRolesChanged)
	stored, err := a.server.stored()
	if err != nil {
		t.Fatal(err)
	}
	final := stored[fmt.Sprintf("org %s key %s in %s", a.org, target.id, a.project)]
	switch last := setOf(changes[len(changes)-1].Change.ProjectRoles...).String(); {
	case !sent[final]:
		t.Errorf("the key holds %q, which nobody sent", final)
	case last != final:
		t.Errorf("the key holds %q; the last event says %q", final, last)
	}
	if len(sent) != len(calls) || len(changes) != len(calls) {
		t.Errorf("%d different sets in %d calls were answered 200, and %d events recorded", len(sent), len(calls), len(changes))
	}
	if held := stored[fmt.Sprintf("org %s key %s in %s", a.org, target.id, other)]; held != "GROUP_OWNER" {
		t.Errorf("in the other project the key holds %q", held)
	}
	a.finish()
}

// TestLastOwnerRace lets two owners demote or delete each other and
// themselves at the same time: one of them must stay.
func TestLastOwnerRace(t *testing.T) {
	a := newArena(t)
	first := a.owner
	for round := range 40 {
		second := a.newKey("ORG_OWNER")
		demote := func(by, who credential) *call {
			if round%2 == 0 {
				return &call{op: "deleteOrgApiKey", caller: by, org: a.org, key: who.id}
			}
			return &call{op: "updateOrgApiKey", caller: by, org: a.org, key: who.id, body: with("ORG_MEMBER")}
		}
		calls := []*call{demote(first, second), demote(second, first)}
		if round%4 > 1 {
			calls = []*call{demote(first, first), demote(second, second)}
		}
		answers := a.together(calls...)
		won := 0
		for i, got := range answers {
			switch {
			case got.status == operations[calls[i].op].status:
				won++
			case got.challenge != "", got.code == "CANNOT_DEMOTE_LAST_ORG_OWNER", got.code == "USER_UNAUTHORIZED":
			default:
				t.Errorf("round %d: %s is answered %d %s", round, calls[i].op, got.status, got.body)
			}
		}
		stored, err := a.server.stored() // fails when there is no owner
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if won != 1 {
			t.Fatalf("round %d: %d of two succeeded", round, won)
		}
		if stored[fmt.Sprintf("org %s key %s roles", a.org, first.id)] != "ORG_OWNER" {
			first, a.owner = second, second
		}
	}
	a.finish()
}

// TestDeleteProjectRace deletes a project while keys are put into it.
func TestDeleteProjectRace(t *testing.T) {
	a := newArena(t)
	var keys []credential
	for range 12 {
		keys = append(keys, a.newKey("ORG_MEMBER"))
	}
	for round := range 15 {
		project := a.newProject("short-lived")
		calls := []*call{{op: "deleteGroup", project: project}}
		for i, k := range keys {
			c := &call{op: "addGroupApiKey", project: project, key: k.id, body: with("GROUP_READ_ONLY")}
			if i%2 == 0 {
				c.op, c.gen = "updateGroupApiKeyRoles", public
			}
			calls = slices.Insert(calls, round%len(calls), c)
		}
		for i, got := range a.together(calls...) {
			if got.status != operations[calls[i].op].status && got.code != "GROUP_NOT_FOUND" {
				t.Errorf("round %d: %s is answered %d %s", round, calls[i].op, got.status, got.body)
			}
		}
		stored, err := a.server.stored()
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			if held := stored[fmt.Sprintf("org %s key %s in %s", a.org, k.id, project)]; held != "" {
				t.Errorf("round %d: a key holds %s in the deleted project", round, held)
			}
		}
	}
	a.finish()
}

// TestDeleteKeyRace deletes a key while its roles are replaced.
func TestDeleteKeyRace(t *testing.T) {
	a := newArena(t)
	for round := range 25 {
		k := a.newKey("ORG_MEMBER")
		calls := []*call{{op: "deleteOrgApiKey", org: a.org, key: k.id}}
		for i := range 6 {
			c := &call{op: "updateGroupApiKeyRoles", gen: public, project: a.project, key: k.id, body: with(atlasProjectRoles[i])}
			calls = slices.Insert(calls, round%len(calls), c)
		}
		for i, got := range a.together(calls...) {
			if got.status != operations[calls[i].op].status && got.code != "API_KEY_NOT_FOUND" {
				t.Errorf("round %d: %s is answered %d %s", round, calls[i].op, got.status, got.body)
			}
		}
		if got := a.call(&call{op: "getOrgApiKey", org: a.org, key: k.id}); got.code != "API_KEY_NOT_FOUND" {
			t.Errorf("round %d: the deleted key is answered %d %s", round, got.status, got.body)
		}
	}
	a.finish()
}

// TestSameNameRace creates projects of one name at once: one exists after it.
func TestSameNameRace(t *testing.T) {
	a := newArena(t)
	for round := range 20 {
		name := fmt.Sprintf("wanted %d", round)
		var calls []*call
		for range 4 {
			calls = append(calls, &call{op: "createGroup", body: body{name: &name, orgID: &a.org}})
		}
		made := 0
		for _, got := range a.together(calls...) {
			switch {
			case got.status == 201:
				made++
			case got.code != "GROUP_ALREADY_EXISTS":
				t.Errorf("round %d: answered %d %s", round, got.status, got.body)
			}
		}
		if made != 1 {
			t.Errorf("round %d: %d projects of one name were created", round, made)
		}
	}
	a.finish()
}
