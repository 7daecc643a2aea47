package storetest

import (
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

func testAccounts(t *testing.T, target Target) {
	s := target.Open(t)
	full := accountIn(account(1, 1), owner|readOnly, projectID(1), projectID(2))
	full.OrgRoles = latchkey.AllRoles().AtLevel(latchkey.LevelOrganization)
	full.AccessList = latchkey.AccessList{entry("10.0.0.0/8"), entry("::1/128")}
	full.Name, full.Desc = "quote ' and ü", "\x01"
	full.Secrets = append(full.Secrets, secret(11))
	full.Secrets[1].Expires = start.Add(365*24*time.Hour + time.Millisecond)
	bare := latchkey.ServiceAccount{Principal: latchkey.Principal{ID: accountID(2), OrgID: orgID(1), Created: start}}
	strict := organization(2)
	strict.Settings.AccessListRequired = true
	foreign := account(2, 3)
	insert(t, s, organization(1), strict, project(1, 1), project(1, 2), full, bare, foreign)

	equal(t, "account", readAccount(t, s, orgID(1), full.ID), full)
	equal(t, "bare account", readAccount(t, s, orgID(1), bare.ID), bare)
	for _, c := range []struct {
		of       latchkey.ServiceAccount
		project  latchkey.ProjectID
		required bool
	}{{full, "", false}, {full, projectID(2), false}, {bare, projectID(1), false}, {foreign, "", true}, {foreign, projectID(1), true}} {
		view(t, s, func(r latchkey.Reader) error {
			got, err := r.Credential(string(c.of.ID), c.project)
			if len(got.SealedMD5)+len(got.SealedSHA256) > 0 {
				t.Errorf("the credential of %s has sealed hashes of a key", c.of.ID)
			}
			got.SealedMD5, got.SealedSHA256 = nil, nil // empty or nil
			equal(t, "credential", got, latchkey.Credential{
				Caller: callerOf(c.of.Principal, c.project), Secrets: c.of.Secrets, AccessListRequired: c.required,
			})
			return err
		})
	}
	for _, login := range []string{string(accountID(9)), "", latchkey.ClientIDPrefix, string(full.ID) + "0", string(full.ID[:33]), string(full.ID[len(latchkey.ClientIDPrefix):]), full.Name} {
		viewFails(t, s, latchkey.ErrNotFound, func(r latchkey.Reader) error { _, err := r.Credential(login, ""); return err })
	}
	viewFails(t, s, latchkey.ErrNotFound, func(r latchkey.Reader) error { _, err := r.Account(orgID(1), accountID(9)); return err })

	// A client id is one service account's, wherever that is.
	for _, org := range []int{1, 2} {
		if err := s.Update(background, func(tx latchkey.Tx) error { return tx.InsertAccount(account(org, 1)) }); err == nil {
			t.Errorf("organization %d has a second service account of the same client id", org)
		}
	}
	equal(t, "account", readAccount(t, s, orgID(1), full.ID), full)
}

// testKindsApart: a key is no service account, and a service account no key.
func testKindsApart(t *testing.T, target Target) {
	s := target.Open(t)
	k, a := inProjects(apiKey(1, 1), owner, projectID(1)), accountIn(account(1, 1), readOnly, projectID(1))
	insert(t, s, organization(1), project(1, 1), k, a)
	for what, read := range map[string]func(latchkey.Reader) error{
		"Key of an account":        func(r latchkey.Reader) error { _, err := r.Key(orgID(1), a.ID); return err },
		"Account of a key":         func(r latchkey.Reader) error { _, err := r.Account(orgID(1), k.ID); return err },
		"Principal of nobody":      func(r latchkey.Reader) error { _, err := r.Principal(orgID(1), accountID(2)); return err },
		"Principal of no key":      func(r latchkey.Reader) error { _, err := r.Principal(orgID(1), keyID(2)); return err },
		"Credential of a key's id": func(r latchkey.Reader) error { _, err := r.Credential(string(k.ID), ""); return err },
	} {
		if err := s.View(background, read); err != latchkey.ErrNotFound {
			t.Errorf("%s: got %v, want exactly ErrNotFound", what, err)
		}
	}
	view(t, s, func(r latchkey.Reader) error {
		for _, want := range []latchkey.Principal{k.Principal, a.Principal} {
			p, err := r.Principal(orgID(1), want.ID)
			equal(t, "principal", p, want)
			if err != nil {
				return err
			}
		}
		return nil
	})
	// One goes, the other stays.
	update(t, s, func(tx latchkey.Tx) error { return tx.DeletePrincipal(orgID(1), k.ID) })
	equal(t, "account without the key", readAccount(t, s, orgID(1), a.ID), a)
	insert(t, s, k)
	update(t, s, func(tx latchkey.Tx) error { return tx.DeletePrincipal(orgID(1), a.ID) })
	equal(t, "key without the account", readKey(t, s, orgID(1), k.ID), k)
}

// testAccountLists lists service accounts beside keys, each apart from the other.
func testAccountLists(t *testing.T, target Target) {
	s := target.Open(t)
	things := []any{organization(1), organization(2), project(1, 1), project(1, 2), project(2, 3)}
	var all, inProject []latchkey.ServiceAccount
	for n := range 7 {
		a := account(1, n)
		if n%2 == 1 {
			a = accountIn(a, owner, projectID(1))
			inProject = append(inProject, a)
		}
		all = append(all, a)
	}
	for _, n := range []int{3, 0, 6, 1, 5, 2, 4} { // not in the order of ids
		things = append(things, all[n])
	}
	keys := []latchkey.APIKey{inProjects(apiKey(1, 1), owner, projectID(1)), inProjects(apiKey(1, 2), readOnly, projectID(1), projectID(2))}
	insert(t, s, append(things, keys[0], keys[1], accountIn(account(2, 100), owner, projectID(3)))...)
	for _, c := range []struct {
		page               latchkey.Page
		from, to           int
		fromInProj, toProj int
	}{
		{latchkey.Page{Number: 1, Size: 500}, 0, 7, 0, 3},
		{latchkey.Page{Number: 1, Size: 2}, 0, 2, 0, 2},
		{latchkey.Page{Number: 2, Size: 2}, 2, 4, 2, 3},
		{latchkey.Page{Number: 4, Size: 2}, 6, 7, 0, 0},
		{latchkey.Page{Number: 5, Size: 2}, 0, 0, 0, 0},
	} {
		view(t, s, func(r latchkey.Reader) error {
			list, total, err := r.Accounts(orgID(1), c.page)
			equal(t, "accounts", list, all[c.from:c.to])
			equal(t, "number of accounts", total, 7)
			if err != nil {
				return err
			}
			list, total, err = r.ProjectAccounts(orgID(1), projectID(1), c.page)
			equal(t, "accounts of the project", list, inProject[c.fromInProj:c.toProj])
			equal(t, "number of accounts of the project", total, 3)
			return err
		})
	}
	view(t, s, func(r latchkey.Reader) error {
		page := latchkey.Page{Number: 1, Size: 9}
		for what, c := range map[string]struct {
			want int
			got  func() (int, error)
		}{
			"accounts":              {7, func() (int, error) { return r.AccountCount(orgID(1)) }},
			"accounts of the other": {1, func() (int, error) { return r.AccountCount(orgID(2)) }},
			"keys":                  {2, func() (int, error) { return r.KeyCount(orgID(1)) }},
			"keys of the other":     {0, func() (int, error) { return r.KeyCount(orgID(2)) }},
			"accounts of a keys' project": {0, func() (int, error) {
				l, n, err := r.ProjectAccounts(orgID(1), projectID(2), page)
				return n + len(l), err
			}},
			"keys of an accounts' project": {0, func() (int, error) { l, n, err := r.ProjectKeys(orgID(2), projectID(3), page); return n + len(l), err }},
		} {
			n, err := c.got()
			equal(t, "number of "+what, n, c.want)
			if err != nil {
				return err
			}
		}
		list, total, err := r.Keys(orgID(1), page)
		equal(t, "keys", list, keys)
		equal(t, "total of keys", total, 2)
		if err != nil {
			return err
		}
		list, total, err = r.ProjectKeys(orgID(1), projectID(1), latchkey.Page{Number: 2, Size: 1})
		equal(t, "second key of the project", list, keys[1:])
		equal(t, "total of the project's keys", total, 2)
		if err != nil {
			return err
		}
		projects, total, err := r.ProjectsOf(orgID(1), accountID(1), "", page)
		equal(t, "projects of an account", projectNumbers(projects), []int{1})
		equal(t, "number of projects of an account", total, 1)
		return err
	})
}
