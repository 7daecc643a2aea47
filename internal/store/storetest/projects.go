package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

func testProjects(t *testing.T, target Target) {
	s := target.Open(t)
	p := project(1, 1)
	p.Tags = []latchkey.Tag{{Key: "b", Value: "ü"}, {Key: "a", Value: ""}}
	p.WithDefaultAlerts, p.RegionUsageRestrictions = true, "GOV_REGIONS_ONLY"
	insert(t, s, organization(1), p)
	read := func() (byID, byName latchkey.Project) {
		view(t, s, func(r latchkey.Reader) (err error) {
			if byID, err = r.Project(p.OrgID, p.ID); err == nil {
				byName, err = r.ProjectByName(p.OrgID, p.Name)
			}
			return err
		})
		return byID, byName
	}
	byID, byName := read()
	equal(t, "project", byID, p)
	equal(t, "project by name", byName, p)

	p.Name, p.Tags, p.WithDefaultAlerts = "renamed", nil, false
	update(t, s, func(tx latchkey.Tx) error { return tx.UpdateProject(p) })
	byID, byName = read()
	equal(t, "project", byID, p)
	equal(t, "project by name", byName, p)

	viewFails(t, s, latchkey.ErrNotFound, func(r latchkey.Reader) error {
		_, err := r.ProjectByName(p.OrgID, "Project 1")
		return err
	})
	viewFails(t, s, latchkey.ErrNotFound, func(r latchkey.Reader) error {
		_, err := r.ProjectByName(p.OrgID, "Renamed")
		return err
	})
	updateFails(t, s, latchkey.ErrNotFound, func(tx latchkey.Tx) error { return tx.UpdateProject(project(1, 2)) })
}

func testProjectNames(t *testing.T, target Target) {
	s := target.Open(t)
	insert(t, s, organization(1), organization(2), project(1, 1), project(1, 2))
	same := project(1, 3)
	same.Name = project(1, 1).Name
	updateFails(t, s, latchkey.ErrNameTaken, func(tx latchkey.Tx) error { return tx.InsertProject(same) })

	renamed := project(1, 2)
	renamed.Name = project(1, 1).Name
	updateFails(t, s, latchkey.ErrNameTaken, func(tx latchkey.Tx) error { return tx.UpdateProject(renamed) })

	update(t, s, func(tx latchkey.Tx) error { return tx.UpdateProject(project(1, 1)) }) // its own name
	other := project(2, 4)
	other.Name = project(1, 1).Name // in another organization
	insert(t, s, other)

	// ErrNameTaken leaves the transaction whole.
	update(t, s, func(tx latchkey.Tx) error {
		if err := tx.InsertProject(same); err != latchkey.ErrNameTaken {
			t.Errorf("got %v, want ErrNameTaken", err)
		}
		return tx.InsertProject(project(1, 5))
	})
	view(t, s, func(r latchkey.Reader) error {
		_, err := r.Project(orgID(1), projectID(5))
		return err
	})
	// A name is free again when its project is deleted.
	update(t, s, func(tx latchkey.Tx) error {
		if _, err := tx.DeleteProject(orgID(1), projectID(1), "", start); err != nil {
			return err
		}
		return tx.InsertProject(same)
	})
}

func testProjectSearch(t *testing.T, target Target) {
	s := target.Open(t)
	k := apiKey(1, 1)
	things := []any{organization(1), organization(2)}
	names := []string{"alpha", "Beta", "GAMMA 100%", "gamma_ray", "ÜBER", "a!b"}
	for n, name := range names {
		p := project(1, n)
		p.Name = name
		things = append(things, p)
		if n%2 == 0 {
			k = inProjects(k, owner, p.ID)
		}
	}
	foreign := project(2, 99)
	foreign.Name = "alpha"
	insert(t, s, append(things, foreign, k)...)
	for _, c := range []struct {
		contains   string
		page       latchkey.Page
		all, ofKey []int // numbers of the projects on the page
		total      int
	}{
		{"", latchkey.Page{Number: 1, Size: 500}, []int{0, 1, 2, 3, 4, 5}, []int{0, 2, 4}, 6},
		{"", latchkey.Page{Number: 2, Size: 2}, []int{2, 3}, []int{4}, 6},
		{"", latchkey.Page{Number: 3, Size: 4}, nil, nil, 6},
		{"gamma", latchkey.Page{Number: 1, Size: 5}, []int{2, 3}, []int{2}, 2},
		{"BET", latchkey.Page{Number: 1, Size: 5}, []int{1}, nil, 1},
		{"über", latchkey.Page{Number: 1, Size: 5}, []int{4}, []int{4}, 1},
		{"%", latchkey.Page{Number: 1, Size: 5}, []int{2}, []int{2}, 1},
		{"_", latchkey.Page{Number: 1, Size: 5}, []int{3}, nil, 1},
		{"!", latchkey.Page{Number: 1, Size: 5}, []int{5}, nil, 1},
		{"x", latchkey.Page{Number: 1, Size: 5}, nil, nil, 0},
	} {
		t.Run(fmt.Sprintf("%q page %d of %d", c.contains, c.page.Number, c.page.Size), func(t *testing.T) {
			view(t, s, func(r latchkey.Reader) error {
				list, total, err := r.Projects(orgID(1), c.contains, c.page)
				if err != nil {
					return err
				}
				equal(t, "projects", projectNumbers(list), c.all)
				equal(t, "total", total, c.total)
				list, _, err = r.ProjectsOf(orgID(1), k.ID, c.contains, c.page)
				equal(t, "projects of the key", projectNumbers(list), c.ofKey)
				return err
			})
		})
	}
	view(t, s, func(r latchkey.Reader) error {
		_, total, err := r.ProjectsOf(orgID(1), k.ID, "", latchkey.Page{Number: 1, Size: 1})
		equal(t, "total of the key", total, 3)
		return err
	})
}

func projectNumbers(list []latchkey.Project) (numbers []int) {
	for _, p := range list {
		var n int
		_, _ = fmt.Sscanf(string(p.ID[8:]), "%x", &n)
		numbers = append(numbers, n)
	}
	return numbers
}

func testDeleteProject(t *testing.T, target Target) {
	s := target.Open(t)
	one := inProjects(apiKey(1, 1), owner, projectID(1), projectID(2))
	two := inProjects(apiKey(1, 2), readOnly, projectID(2))
	three := accountIn(account(1, 3), owner, projectID(2), projectID(1))
	three.OrgRoles = latchkey.Roles(latchkey.OrgOwner)
	insert(t, s, organization(1), project(1, 1), project(1, 2), one, two, three)
	at := start.Add(time.Minute)
	update(t, s, func(tx latchkey.Tx) error {
		gone, err := tx.DeleteProject(orgID(1), projectID(2), one.ID, at)
		equal(t, "roles that went", gone, map[latchkey.PrincipalID]latchkey.RoleSet{one.ID: owner, two.ID: readOnly, three.ID: owner})
		return err
	})
	equal(t, "first key", readKey(t, s, orgID(1), one.ID), inProjects(apiKey(1, 1), owner, projectID(1)))
	equal(t, "second key", readKey(t, s, orgID(1), two.ID), apiKey(1, 2))
	equal(t, "account", readAccount(t, s, orgID(1), three.ID), accountIn(three, 0, projectID(2)))
	view(t, s, func(r latchkey.Reader) error {
		d, err := r.DeletedProject(orgID(1), projectID(2))
		equal(t, "deleted project", d, latchkey.DeletedProject{OrgID: orgID(1), ID: projectID(2), Deleted: at, By: one.ID})
		return err
	})
	for what, read := range map[string]func(latchkey.Reader) error{
		"the project":            func(r latchkey.Reader) error { _, err := r.Project(orgID(1), projectID(2)); return err },
		"what remains of others": func(r latchkey.Reader) error { _, err := r.DeletedProject(orgID(1), projectID(1)); return err },
	} {
		t.Log(what)
		viewFails(t, s, latchkey.ErrNotFound, read)
	}
	updateFails(t, s, latchkey.ErrNotFound, func(tx latchkey.Tx) error {
		_, err := tx.DeleteProject(orgID(1), projectID(2), "", at)
		return err
	})
}
