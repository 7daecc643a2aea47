package storetest

import (
	"fmt"
	"testing"

	"github.com/latchkey/latchkey"
)

// testLargeKey uses a key that holds roles in 5,000 projects.
func testLargeKey(t *testing.T, target Target) {
	const projects = 5000
	s := target.Open(t)
	k := apiKey(1, 1)
	k.ProjectRoles = rolesInEach(t, projects, owner)
	update(t, s, func(tx latchkey.Tx) error {
		if err := tx.InsertOrganization(organization(1)); err != nil {
			return err
		}
		for n := range projects {
			if err := tx.InsertProject(project(1, n)); err != nil {
				return err
			}
		}
		if err := tx.InsertKey(k); err != nil {
			return err
		}
		return tx.InsertKey(inProjects(apiKey(1, 2), owner, projectID(0)))
	})
	equal(t, "key", readKey(t, s, orgID(1), k.ID), k)
	for what, after := range map[string]latchkey.APIKey{
		"other roles in one project": inProjects(k, readOnly, projectID(2500)),
		"first and last taken":       inProjects(k, 0, projectID(0), projectID(projects-1)),
		"none left":                  apiKey(1, 1),
	} {
		update(t, s, func(tx latchkey.Tx) error { return tx.UpdatePrincipal(k.Principal, after.Principal) })
		equal(t, what, readKey(t, s, orgID(1), k.ID), after)
		update(t, s, func(tx latchkey.Tx) error { return tx.UpdatePrincipal(after.Principal, k.Principal) })
		equal(t, "back from "+what, readKey(t, s, orgID(1), k.ID), k)
	}
	view(t, s, func(r latchkey.Reader) error {
		list, total, err := r.ProjectsOf(orgID(1), k.ID, "", latchkey.Page{Number: 50, Size: 100})
		equal(t, "projects on the last page", len(list), 100)
		equal(t, "projects", total, projects)
		return err
	})
	update(t, s, func(tx latchkey.Tx) error { return tx.DeletePrincipal(k.OrgID, k.ID) })
	equal(t, "neighbour", readKey(t, s, orgID(1), keyID(2)), inProjects(apiKey(1, 2), owner, projectID(0)))
}

// testLargeProject deletes a project in which many keys hold roles.
func testLargeProject(t *testing.T, target Target) {
	const keys = 1234
	s := target.Open(t)
	insert(t, s, organization(1), project(1, 1), project(1, 2))
	update(t, s, func(tx latchkey.Tx) error {
		for n := range keys {
			k := inProjects(apiKey(1, n), owner, projectID(1))
			if n%2 == 0 {
				k = inProjects(k, readOnly, projectID(2))
			}
			if err := tx.InsertKey(k); err != nil {
				return err
			}
		}
		return nil
	})
	update(t, s, func(tx latchkey.Tx) error {
		gone, err := tx.DeleteProject(orgID(1), projectID(1), "", start)
		equal(t, "keys that lost roles", len(gone), keys)
		return err
	})
	view(t, s, func(r latchkey.Reader) error {
		list, total, err := r.Keys(orgID(1), latchkey.Page{Number: 1, Size: keys})
		equal(t, "keys", total, keys)
		for n, k := range list {
			want := apiKey(1, n)
			if n%2 == 0 {
				want = inProjects(want, readOnly, projectID(2))
			}
			if k.ProjectRoles != want.ProjectRoles {
				return fmt.Errorf("key %d: roles %v", n, k.ProjectRoles)
			}
			if err := checkIndex(r, k.Principal); err != nil {
				return err
			}
		}
		return err
	})
}
