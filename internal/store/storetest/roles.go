package storetest

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/latchkey/latchkey"
)

// testRandomRoles drives keys, service accounts and projects through random
// changes and holds role text, membership index and all lists against a plain model.
func testRandomRoles(t *testing.T, target Target) {
	s := target.Open(t)
	org := 0
	rapid.Check(t, func(rt *rapid.T) {
		org++ // each run has an organization of its own
		m := &rolesModel{s: s, org: org, held: map[latchkey.PrincipalID]latchkey.Principal{}, projects: map[latchkey.ProjectID]bool{}}
		if err := s.Update(background, func(tx latchkey.Tx) error { return tx.InsertOrganization(organization(org)) }); err != nil {
			rt.Fatal(err)
		}
		rt.Repeat(map[string]func(*rapid.T){
			"":              m.check,
			"insertProject": m.insertProject,
			"deleteProject": m.deleteProject,
			"insertKey":     m.insertKey,
			"insertAccount": m.insertAccount,
			"delete":        m.delete,
			"setRoles":      m.setRoles,
			"replaceAll":    m.replaceAll,
		})
	})
}

type rolesModel struct {
	s        latchkey.Store
	org      int
	made     int
	held     map[latchkey.PrincipalID]latchkey.Principal
	projects map[latchkey.ProjectID]bool
}

// number makes numbers that are unique to this run.
func (m *rolesModel) number() int {
	m.made++
	return m.org*10000 + m.made
}

func (m *rolesModel) do(t *rapid.T, f func(latchkey.Tx) error) {
	if err := m.s.Update(background, f); err != nil {
		t.Fatal(err)
	}
}

func drawRoles(t *rapid.T) latchkey.RoleSet {
	return latchkey.RoleSet(rapid.Uint64().Draw(t, "roles")).AtLevel(latchkey.LevelProject)
}

// drawOf draws a member of a map, in an order that does not change from run to run.
func drawOf[K ~string, V any](t *rapid.T, what string, from map[K]V) K {
	if len(from) == 0 {
		t.Skip("there is no " + what)
	}
	return rapid.SampledFrom(slices.Sorted(maps.Keys(from))).Draw(t, what)
}

func (m *rolesModel) insertProject(t *rapid.T) {
	if len(m.projects) >= 6 {
		t.Skip("enough projects")
	}
	p := project(m.org, m.number())
	m.do(t, func(tx latchkey.Tx) error { return tx.InsertProject(p) })
	m.projects[p.ID] = true
}

func (m *rolesModel) deleteProject(t *rapid.T) {
	p := drawOf(t, "project", m.projects)
	want := map[latchkey.PrincipalID]latchkey.RoleSet{}
	for id, h := range m.held {
		if roles := h.ProjectRoles.Get(p); roles != 0 {
			want[id] = roles
			h.ProjectRoles = h.ProjectRoles.With(p, 0)
			m.held[id] = h
		}
	}
	m.do(t, func(tx latchkey.Tx) error {
		gone, err := tx.DeleteProject(orgID(m.org), p, "", start)
		if err == nil && !reflect.DeepEqual(gone, want) {
			return fmt.Errorf("roles that went: %v, want %v", gone, want)
		}
		return err
	})
	delete(m.projects, p)
}

func (m *rolesModel) insertKey(t *rapid.T) {
	k := apiKey(m.org, m.number())
	m.draw(t, &k.Principal)
	m.do(t, func(tx latchkey.Tx) error { return tx.InsertKey(k) })
	m.held[k.ID] = k.Principal
}

func (m *rolesModel) insertAccount(t *rapid.T) {
	a := account(m.org, m.number())
	m.draw(t, &a.Principal)
	m.do(t, func(tx latchkey.Tx) error { return tx.InsertAccount(a) })
	m.held[a.ID] = a.Principal
}

// draw gives a principal that is to be stored roles in each project by chance.
func (m *rolesModel) draw(t *rapid.T, p *latchkey.Principal) {
	if _, stored := m.held[p.ID]; !stored && len(m.held) >= 6 {
		t.Skip("enough principals")
	}
	p.OrgRoles = latchkey.RoleSet(rapid.Uint64().Draw(t, "org roles")).AtLevel(latchkey.LevelOrganization)
	p.ProjectRoles = latchkey.ProjectRoles{}
	for _, project := range slices.Sorted(maps.Keys(m.projects)) {
		if rapid.Bool().Draw(t, "in project") {
			p.ProjectRoles = p.ProjectRoles.With(project, drawRoles(t))
		}
	}
}

func (m *rolesModel) delete(t *rapid.T) {
	p := drawOf(t, "principal", m.held)
	m.do(t, func(tx latchkey.Tx) error { return tx.DeletePrincipal(orgID(m.org), p) })
	delete(m.held, p)
}

func (m *rolesModel) setRoles(t *rapid.T) {
	before, project := m.held[drawOf(t, "principal", m.held)], drawOf(t, "project", m.projects)
	after := before
	after.ProjectRoles = after.ProjectRoles.With(project, drawRoles(t))
	m.change(t, before, after)
}

func (m *rolesModel) replaceAll(t *rapid.T) {
	before := m.held[drawOf(t, "principal", m.held)]
	after := before
	m.draw(t, &after)
	m.change(t, before, after)
}

func (m *rolesModel) change(t *rapid.T, before, after latchkey.Principal) {
	refuse := rapid.IntRange(0, 3).Draw(t, "refuse") == 0
	err := m.s.Update(background, func(tx latchkey.Tx) error {
		if err := tx.UpdatePrincipal(before, after); err != nil || !refuse {
			return err
		}
		return errRefused
	})
	switch {
	case refuse && err == errRefused:
	case !refuse && err == nil:
		m.held[after.ID] = after
	default:
		t.Fatalf("UpdatePrincipal: %v", err)
	}
}

func (m *rolesModel) check(t *rapid.T) {
	if err := m.s.View(background, m.compare); err != nil {
		t.Fatal(err)
	}
}

// compare reports what the data says otherwise than the model.
func (m *rolesModel) compare(r latchkey.Reader) error {
	org, page := orgID(m.org), latchkey.Page{Number: 1, Size: 100}
	durable, owners, keys, accounts := 0, 0, 0, 0
	for id, want := range m.held {
		switch {
		case want.DurableOwner():
			durable++
		case want.OwnerAccount():
			owners++
		}
		var p latchkey.Principal
		var err error
		if id.IsAccount() {
			accounts++
			var a latchkey.ServiceAccount
			a, err = r.Account(org, id)
			p = a.Principal
		} else {
			keys++
			var k latchkey.APIKey
			k, err = r.Key(org, id)
			p = k.Principal
		}
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(p, want) {
			return fmt.Errorf("principal:\n got %+v\nwant %+v", p, want)
		}
		if err := checkIndex(r, p); err != nil {
			return err
		}
		if _, n, err := r.ProjectsOf(org, id, "", page); err != nil || n != p.ProjectRoles.Len() {
			return fmt.Errorf("principal is in %d projects, want %d (%v)", n, p.ProjectRoles.Len(), err)
		}
	}
	for p := range m.projects {
		if err := m.compareProject(r, p); err != nil {
			return err
		}
	}
	for _, c := range []struct {
		what  string
		count func(latchkey.OrgID) (int, error)
		want  int
	}{
		{"durable owners", r.DurableOwners, durable}, {"owner accounts", r.OwnerAccounts, owners},
		{"keys", r.KeyCount, keys}, {"accounts", r.AccountCount, accounts},
	} {
		if n, err := c.count(org); err != nil || n != c.want {
			return fmt.Errorf("%d %s, want %d (%v)", n, c.what, c.want, err)
		}
	}
	return nil
}

// compareProject compares who is listed in a project.
func (m *rolesModel) compareProject(r latchkey.Reader, p latchkey.ProjectID) error {
	page := latchkey.Page{Number: 1, Size: 100}
	keys, n, err := r.ProjectKeys(orgID(m.org), p, page)
	if err != nil {
		return err
	}
	accounts, accountsTotal, err := r.ProjectAccounts(orgID(m.org), p, page)
	if err != nil {
		return err
	}
	listed := map[latchkey.PrincipalID]latchkey.Principal{}
	for _, k := range keys {
		listed[k.ID] = k.Principal
	}
	for _, a := range accounts {
		listed[a.ID] = a.Principal
	}
	want := map[latchkey.PrincipalID]latchkey.Principal{}
	for id, h := range m.held {
		if h.ProjectRoles.Get(p) != 0 {
			want[id] = h
		}
	}
	if n != len(keys) || accountsTotal != len(accounts) || len(keys)+len(accounts) != len(want) || !reflect.DeepEqual(listed, want) {
		return fmt.Errorf("project has %d keys and %d accounts and lists\n%+v\nwant %+v", n, accountsTotal, listed, want)
	}
	return nil
}
