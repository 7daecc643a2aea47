package storetest

import (
	"errors"
	"testing"

	"github.com/latchkey/latchkey"
)

// testIsolation asks for everything of one organization under the id of another.
func testIsolation(t *testing.T, target Target) {
	s := target.Open(t)
	k := inProjects(apiKey(1, 1), owner, projectID(1))
	gone := project(1, 2)
	insert(t, s, organization(1), organization(2), project(1, 1), gone, k)
	update(t, s, func(tx latchkey.Tx) error {
		if _, err := tx.DeleteProject(gone.OrgID, gone.ID, "", start); err != nil {
			return err
		}
		return tx.AppendEvent(&latchkey.Event{OrgID: orgID(1)})
	})
	foreign, page := orgID(2), latchkey.Page{Number: 1, Size: 100}
	for what, read := range map[string]func(latchkey.Reader) error{
		"Project":        func(r latchkey.Reader) error { _, err := r.Project(foreign, projectID(1)); return err },
		"ProjectByName":  func(r latchkey.Reader) error { _, err := r.ProjectByName(foreign, project(1, 1).Name); return err },
		"DeletedProject": func(r latchkey.Reader) error { _, err := r.DeletedProject(foreign, gone.ID); return err },
		"Key":            func(r latchkey.Reader) error { _, err := r.Key(foreign, k.ID); return err },
	} {
		if err := s.View(background, read); err != latchkey.ErrNotFound {
			t.Errorf("%s of another organization: got %v, want exactly ErrNotFound", what, err)
		}
	}
	for what, count := range map[string]func(latchkey.Reader) (int, error){
		"Projects": func(r latchkey.Reader) (int, error) {
			l, n, err := r.Projects(foreign, "", page)
			return len(l) + n, err
		},
		"ProjectsOf": func(r latchkey.Reader) (int, error) {
			l, n, err := r.ProjectsOf(foreign, k.ID, "", page)
			return len(l) + n, err
		},
		"Keys": func(r latchkey.Reader) (int, error) { l, n, err := r.Keys(foreign, page); return len(l) + n, err },
		"ProjectKeys": func(r latchkey.Reader) (int, error) {
			l, n, err := r.ProjectKeys(foreign, projectID(1), page)
			return len(l) + n, err
		},
		"KeyCount":      func(r latchkey.Reader) (int, error) { return r.KeyCount(foreign) },
		"DurableOwners": func(r latchkey.Reader) (int, error) { return r.DurableOwners(foreign) },
		"Memberships":   func(r latchkey.Reader) (int, error) { l, err := r.Memberships(foreign, k.ID); return l.Len(), err },
		"Uses":          func(r latchkey.Reader) (int, error) { l, err := r.Uses(foreign, k.ID); return len(l), err },
		"Events":        func(r latchkey.Reader) (int, error) { l, err := r.Events(foreign, 0, 10); return len(l), err },
	} {
		view(t, s, func(r latchkey.Reader) error {
			n, err := count(r)
			if n != 0 {
				t.Errorf("%s: %d things of another organization", what, n)
			}
			return err
		})
	}
	claimed := k
	claimed.OrgID = foreign
	changed := claimed
	changed.Desc = "changed"
	for what, change := range map[string]func(latchkey.Tx) error{
		"UpdateProject":   func(tx latchkey.Tx) error { return tx.UpdateProject(project(2, 1)) },
		"DeleteProject":   func(tx latchkey.Tx) error { _, err := tx.DeleteProject(foreign, projectID(1), "", start); return err },
		"UpdatePrincipal": func(tx latchkey.Tx) error { return tx.UpdatePrincipal(claimed.Principal, changed.Principal) },
		"DeletePrincipal": func(tx latchkey.Tx) error { return tx.DeletePrincipal(foreign, k.ID) },
	} {
		if err := s.Update(background, change); err != latchkey.ErrNotFound {
			t.Errorf("%s of another organization: got %v, want exactly ErrNotFound", what, err)
		}
	}
	equal(t, "key", readKey(t, s, orgID(1), k.ID), k)
	view(t, s, func(r latchkey.Reader) error {
		p, err := r.Project(orgID(1), projectID(1))
		equal(t, "project", p, project(1, 1))
		return err
	})
}

func testCrossOrganizationMembership(t *testing.T, target Target) {
	s := target.Open(t)
	k := apiKey(1, 1)
	insert(t, s, organization(1), organization(2), k, project(2, 1))
	crossed := inProjects(k, owner, projectID(1))
	if err := s.Update(background, func(tx latchkey.Tx) error { return tx.UpdatePrincipal(k.Principal, crossed.Principal) }); !errors.Is(err, latchkey.ErrNotFound) {
		t.Errorf("a key was put into another organization's project: %v", err)
	}
	born := inProjects(apiKey(1, 2), owner, projectID(1))
	if err := s.Update(background, func(tx latchkey.Tx) error { return tx.InsertKey(born) }); !errors.Is(err, latchkey.ErrNotFound) {
		t.Errorf("a key was born in another organization's project: %v", err)
	}
	equal(t, "key", readKey(t, s, orgID(1), k.ID), k)
	viewFails(t, s, latchkey.ErrNotFound, func(r latchkey.Reader) error { _, err := r.Credential(string(born.PublicKey), ""); return err })
}
