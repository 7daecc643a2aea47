package storetest

import (
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

func testUpdateAccount(t *testing.T, target Target) {
	s := target.Open(t)
	a := accountIn(account(1, 1), owner, projectID(1))
	neighbour, key := accountIn(account(1, 2), owner, projectID(1)), apiKey(1, 3)
	insert(t, s, organization(1), project(1, 1), project(1, 2), a, neighbour, key)
	for _, c := range []struct {
		what   string
		change func(*latchkey.ServiceAccount)
	}{
		{"nothing", func(*latchkey.ServiceAccount) {}},
		{"name", func(a *latchkey.ServiceAccount) { a.Name = "Renamed" }},
		{"a second secret", func(a *latchkey.ServiceAccount) { a.Secrets = latchkey.Secrets{a.Secrets[0], secret(9)} }},
		{"the expiry of a secret", func(a *latchkey.ServiceAccount) {
			first := a.Secrets[0]
			first.Expires = start.Add(time.Minute)
			a.Secrets = latchkey.Secrets{first, a.Secrets[1]}
		}},
		{"the first secret", func(a *latchkey.ServiceAccount) { a.Secrets = a.Secrets[1:] }},
		{"the last secret", func(a *latchkey.ServiceAccount) { a.Secrets = nil }},
		{"roles in one project", func(a *latchkey.ServiceAccount) { *a = accountIn(*a, readOnly, projectID(1)) }},
		{"another project", func(a *latchkey.ServiceAccount) { *a = accountIn(*a, owner, projectID(2)) }},
		{"organization roles", func(a *latchkey.ServiceAccount) { a.OrgRoles = latchkey.Roles(latchkey.OrgOwner) }},
		{"description", func(a *latchkey.ServiceAccount) { a.Desc = "new" }},
		{"access list", func(a *latchkey.ServiceAccount) { a.AccessList = latchkey.AccessList{entry("10.1.0.0/16")} }},
		{"everything", func(a *latchkey.ServiceAccount) {
			*a = accountIn(*a, 0, projectID(1), projectID(2))
			a.OrgRoles, a.Name, a.Desc, a.AccessList, a.Secrets = 0, "", "", nil, latchkey.Secrets{secret(7), secret(8)}
		}},
	} {
		after := a
		c.change(&after)
		update(t, s, func(tx latchkey.Tx) error {
			before, err := tx.Account(a.OrgID, a.ID)
			if err != nil {
				return err
			}
			return tx.UpdateAccount(before, after)
		})
		a = after
		equal(t, "account after change of "+c.what, readAccount(t, s, orgID(1), a.ID), a)
		equal(t, "neighbour after change of "+c.what, readAccount(t, s, orgID(1), neighbour.ID), neighbour)
		equal(t, "key after change of "+c.what, readKey(t, s, orgID(1), key.ID), key)
		view(t, s, func(r latchkey.Reader) error {
			got, err := r.Credential(string(a.ID), "")
			equal(t, "secrets of the credential after change of "+c.what, got.Secrets, a.Secrets)
			return err
		})
	}
	// What UpdatePrincipal stores leaves name and secrets alone.
	after := a
	after.Desc, after.OrgRoles = "changed", latchkey.Roles(latchkey.OrgMember)
	update(t, s, func(tx latchkey.Tx) error { return tx.UpdatePrincipal(a.Principal, after.Principal) })
	equal(t, "account after UpdatePrincipal", readAccount(t, s, orgID(1), a.ID), after)
	a = after
	for what, change := range map[string]func(*latchkey.ServiceAccount){
		"name":    func(a *latchkey.ServiceAccount) { a.Name = "other" },
		"secrets": func(a *latchkey.ServiceAccount) { a.Secrets = nil },
		"roles":   func(a *latchkey.ServiceAccount) { a.OrgRoles = latchkey.Roles(latchkey.OrgOwner) },
	} {
		missing := account(1, 9)
		change(&missing)
		t.Log(what)
		updateFails(t, s, latchkey.ErrNotFound, func(tx latchkey.Tx) error { return tx.UpdateAccount(account(1, 9), missing) })
	}
	renamed := accountIn(a, owner, projectID(9)) // no such project
	renamed.Name, renamed.Secrets = "renamed", nil
	updateFails(t, s, latchkey.ErrNotFound, func(tx latchkey.Tx) error { return tx.UpdateAccount(a, renamed) })
	equal(t, "account after refused changes", readAccount(t, s, orgID(1), a.ID), a)
}

func testDeleteAccount(t *testing.T, target Target) {
	s := target.Open(t)
	a, other := accountIn(account(1, 1), owner, projectID(1)), accountIn(account(1, 2), readOnly, projectID(1))
	a.AccessList = latchkey.AccessList{entry("10.0.0.0/8")}
	insert(t, s, organization(1), project(1, 1), a, other)
	uses := func(of latchkey.PrincipalID, want ...latchkey.Use) {
		t.Helper()
		view(t, s, func(r latchkey.Reader) error {
			got, err := r.Uses(orgID(1), of)
			equal(t, "use", got, want)
			return err
		})
	}
	use := latchkey.Use{What: string(other.Secrets[0].ID), Count: 1, LastUsed: start}
	update(t, s, func(tx latchkey.Tx) error {
		for _, what := range []string{a.AccessList[0].Prefix.String(), string(a.Secrets[0].ID)} {
			if err := tx.AddUse(a.OrgID, a.ID, latchkey.Use{What: what, Count: 1, LastUsed: start}); err != nil {
				return err
			}
		}
		return tx.AddUse(other.OrgID, other.ID, use)
	})
	update(t, s, func(tx latchkey.Tx) error { return tx.DeletePrincipal(a.OrgID, a.ID) })
	for what, read := range map[string]func(latchkey.Reader) error{
		"Account":    func(r latchkey.Reader) error { _, err := r.Account(a.OrgID, a.ID); return err },
		"Principal":  func(r latchkey.Reader) error { _, err := r.Principal(a.OrgID, a.ID); return err },
		"Credential": func(r latchkey.Reader) error { _, err := r.Credential(string(a.ID), ""); return err },
	} {
		if err := s.View(background, read); err != latchkey.ErrNotFound {
			t.Errorf("%s of a deleted account: got %v, want exactly ErrNotFound", what, err)
		}
	}
	uses(a.ID)
	uses(other.ID, use)
	view(t, s, func(r latchkey.Reader) error {
		index, err := r.Memberships(a.OrgID, a.ID)
		equal(t, "memberships", index, latchkey.ProjectRoles{})
		if err != nil {
			return err
		}
		list, total, err := r.ProjectAccounts(a.OrgID, projectID(1), latchkey.Page{Number: 1, Size: 9})
		equal(t, "accounts of the project", list, []latchkey.ServiceAccount{other})
		equal(t, "number of accounts of the project", total, 1)
		return err
	})
	updateFails(t, s, latchkey.ErrNotFound, func(tx latchkey.Tx) error { return tx.DeletePrincipal(a.OrgID, a.ID) })
	// Nothing of it comes back with another of the same id.
	insert(t, s, account(1, 1))
	equal(t, "new account", readAccount(t, s, orgID(1), a.ID), account(1, 1))
	uses(a.ID)
}
