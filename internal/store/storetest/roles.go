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

// testRandomRoles drives keys and projects through random changes and holds
// role text, membership index and both lists against a plain model.
func testRandomRoles(t *testing.T, target Target) {
	s := target.Open(t)
	org := 0
	rapid.Check(t, func(rt *rapid.T) {
		org++ // each run has an organization of its own
		m := &rolesModel{s: s, org: org, keys: map[latchkey.PrincipalID]latchkey.APIKey{}, projects: map[latchkey.ProjectID]bool{}}
		if err := s.Update(background, func(tx latchkey.Tx) error { return tx.InsertOrganization(organization(org)) }); err != nil {
			rt.Fatal(err)
		}
		rt.Repeat(map[string]func(*rapid.T){
			"":              m.check,
			"insertProject": m.insertProject,
			"deleteProject": m.deleteProject,
			"insertKey":     m.insertKey,
			"deleteKey":     m.deleteKey,
			"setRoles":      m.setRoles,
			"replaceAll":    m.replaceAll,
		})
	})
}

type rolesModel struct {
	s        latchkey.Store
	org      int
	made     int
	keys     map[latchkey.PrincipalID]latchkey.APIKey
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
	for id, k := range m.keys {
		if roles := k.ProjectRoles.Get(p); roles != 0 {
			want[id] = roles
			k.ProjectRoles = k.ProjectRoles.With(p, 0)
			m.keys[id] = k
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
	if len(m.keys) >= 4 {
		t.Skip("enough keys")
	}
	k := apiKey(m.org, m.number())
	m.draw(t, &k)
	m.do(t, func(tx latchkey.Tx) error { return tx.InsertKey(k) })
	m.keys[k.ID] = k
}

// draw gives the key roles in each project by chance.
func (m *rolesModel) draw(t *rapid.T, k *latchkey.APIKey) {
	k.OrgRoles = latchkey.RoleSet(rapid.Uint64().Draw(t, "org roles")).AtLevel(latchkey.LevelOrganization)
	k.ProjectRoles = latchkey.ProjectRoles{}
	for _, p := range slices.Sorted(maps.Keys(m.projects)) {
		if rapid.Bool().Draw(t, "in project") {
			k.ProjectRoles = k.ProjectRoles.With(p, drawRoles(t))
		}
	}
}

func (m *rolesModel) deleteKey(t *rapid.T) {
	k := drawOf(t, "key", m.keys)
	m.do(t, func(tx latchkey.Tx) error { return tx.DeletePrincipal(orgID(m.org), k) })
	delete(m.keys, k)
}

func (m *rolesModel) setRoles(t *rapid.T) {
	k, p := m.keys[drawOf(t, "key", m.keys)], drawOf(t, "project", m.projects)
	m.change(t, k, inProjects(k, drawRoles(t), p))
}

func (m *rolesModel) replaceAll(t *rapid.T) {
	k := m.keys[drawOf(t, "key", m.keys)]
	after := k
	m.draw(t, &after)
	m.change(t, k, after)
}

func (m *rolesModel) change(t *rapid.T, before, after latchkey.APIKey) {
	refuse := rapid.IntRange(0, 3).Draw(t, "refuse") == 0
	err := m.s.Update(background, func(tx latchkey.Tx) error {
		if err := tx.UpdatePrincipal(before.Principal, after.Principal); err != nil || !refuse {
			return err
		}
		return errRefused
	})
	switch {
	case refuse && err == errRefused:
	case !refuse && err == nil:
		m.keys[after.ID] = after
	default:
		t.Fatalf("UpdateKey: %v", err)
	}
}

func (m *rolesModel) check(t *rapid.T) {
	err := m.s.View(background, func(r latchkey.Reader) error {
		page, owners := latchkey.Page{Number: 1, Size: 100}, 0
		for id, want := range m.keys {
			if want.DurableOwner() {
				owners++
			}
			k, err := r.Key(orgID(m.org), id)
			if err != nil {
				return err
			}
			if !reflect.DeepEqual(k, want) {
				return fmt.Errorf("key:\n got %+v\nwant %+v", k, want)
			}
			if err := checkIndex(r, k); err != nil {
				return err
			}
			if _, n, err := r.ProjectsOf(orgID(m.org), id, "", page); err != nil || n != k.ProjectRoles.Len() {
				return fmt.Errorf("key is in %d projects, want %d (%v)", n, k.ProjectRoles.Len(), err)
			}
		}
		for p := range m.projects {
			list, n, err := r.ProjectKeys(orgID(m.org), p, page)
			if err != nil {
				return err
			}
			want := 0
			for _, k := range m.keys {
				if k.ProjectRoles.Get(p) != 0 {
					want++
				}
			}
			if n != want || len(list) != want {
				return fmt.Errorf("project has %d and lists %d keys, want %d", n, len(list), want)
			}
		}
		if n, err := r.DurableOwners(orgID(m.org)); err != nil || n != owners {
			return fmt.Errorf("%d durable owners, want %d (%v)", n, owners, err)
		}
		if n, err := r.KeyCount(orgID(m.org)); err != nil || n != len(m.keys) {
			return fmt.Errorf("%d keys, want %d (%v)", n, len(m.keys), err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
