package storetest

import (
	"errors"
	"testing"

	"github.com/latchkey/latchkey"
)

// testIsolation asks for everything of one organization under the id of another.
func testIsolation(t *testing.T, target Target) {
	s := target.Open(t)
	k, a := inProjects(apiKey(1, 1), owner, projectID(1)), accountIn(account(1, 1), owner, projectID(1))
	k.OrgRoles, a.OrgRoles = latchkey.Roles(latchkey.OrgOwner), latchkey.Roles(latchkey.OrgOwner)
	gone, event := project(1, 2), latchkey.Event{OrgID: orgID(1), ID: id[latchkey.EventID](4, 1), ProjectID: projectID(1)}
	insert(t, s, organization(1), organization(2), project(1, 1), gone, k, a)
	update(t, s, func(tx latchkey.Tx) error {
		for _, step := range []func() error{
			func() error { _, err := tx.DeleteProject(gone.OrgID, gone.ID, "", start); return err },
			func() error { return tx.AppendEvent(&event) },
			func() error { return tx.InsertCheckpoint(checkpoint(1, 1)) },
			func() error { return tx.RevokeToken(orgID(1), latchkey.TokenHash{1}, start) },
			func() error { return tx.UseNonce(orgID(1), "n", 1, start) },
			func() error {
				return tx.AddUse(orgID(1), a.ID, latchkey.Use{What: string(a.Secrets[0].ID), Count: 1, LastUsed: start})
			},
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	foreign, page := orgID(2), latchkey.Page{Number: 1, Size: 100}
	for what, read := range map[string]func(latchkey.Reader) error{
		"Project":                 func(r latchkey.Reader) error { _, err := r.Project(foreign, projectID(1)); return err },
		"ProjectByName":           func(r latchkey.Reader) error { _, err := r.ProjectByName(foreign, project(1, 1).Name); return err },
		"DeletedProject":          func(r latchkey.Reader) error { _, err := r.DeletedProject(foreign, gone.ID); return err },
		"Key":                     func(r latchkey.Reader) error { _, err := r.Key(foreign, k.ID); return err },
		"Account":                 func(r latchkey.Reader) error { _, err := r.Account(foreign, a.ID); return err },
		"Principal":               func(r latchkey.Reader) error { _, err := r.Principal(foreign, k.ID); return err },
		"Principal of an account": func(r latchkey.Reader) error { _, err := r.Principal(foreign, a.ID); return err },
		"Event":                   func(r latchkey.Reader) error { _, err := r.Event(foreign, event.ID); return err },
		"LastCheckpoint":          func(r latchkey.Reader) error { _, err := r.LastCheckpoint(foreign); return err },
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
		"Accounts": func(r latchkey.Reader) (int, error) {
			l, n, err := r.Accounts(foreign, page)
			return len(l) + n, err
		},
		"ProjectAccounts": func(r latchkey.Reader) (int, error) {
			l, n, err := r.ProjectAccounts(foreign, projectID(1), page)
			return len(l) + n, err
		},
		"ProjectsOf an account": func(r latchkey.Reader) (int, error) {
			l, n, err := r.ProjectsOf(foreign, a.ID, "", page)
			return len(l) + n, err
		},
		"KeyCount":                  func(r latchkey.Reader) (int, error) { return r.KeyCount(foreign) },
		"AccountCount":              func(r latchkey.Reader) (int, error) { return r.AccountCount(foreign) },
		"OwnerAccounts":             func(r latchkey.Reader) (int, error) { return r.OwnerAccounts(foreign) },
		"Uses of an account":        func(r latchkey.Reader) (int, error) { l, err := r.Uses(foreign, a.ID); return len(l), err },
		"Memberships of an account": func(r latchkey.Reader) (int, error) { l, err := r.Memberships(foreign, a.ID); return l.Len(), err },
		"EventFeed": func(r latchkey.Reader) (int, error) {
			l, n, err := r.EventFeed(foreign, latchkey.EventFilter{}, page)
			return len(l) + n, err
		},
		"EventFeed of the project": func(r latchkey.Reader) (int, error) {
			l, n, err := r.EventFeed(foreign, latchkey.EventFilter{Project: projectID(1)}, page)
			return len(l) + n, err
		},
		"EventFeed of a reader": func(r latchkey.Reader) (int, error) {
			l, n, err := r.EventFeed(foreign, latchkey.EventFilter{Reader: a.ID}, page)
			return len(l) + n, err
		},
		"ChainHead": func(r latchkey.Reader) (int, error) {
			seq, hash, err := r.ChainHead(foreign)
			return int(seq) + int(hash[0]), err
		},
		"Checkpoints": func(r latchkey.Reader) (int, error) { l, err := r.Checkpoints(foreign, 0, 10); return len(l), err },
		"TokenRevoked": func(r latchkey.Reader) (int, error) {
			revoked, err := r.TokenRevoked(foreign, latchkey.TokenHash{1})
			if revoked {
				return 1, err
			}
			return 0, err
		},
		"NonceUsed": func(r latchkey.Reader) (int, error) {
			used, err := r.NonceUsed(foreign, "n", 1)
			if used {
				return 1, err
			}
			return 0, err
		},
		"DurableOwners": func(r latchkey.Reader) (int, error) { return r.DurableOwners(foreign) },
		"Memberships":   func(r latchkey.Reader) (int, error) { l, err := r.Memberships(foreign, k.ID); return l.Len(), err },
		"UseOf": func(r latchkey.Reader) (int, error) {
			u, err := r.UseOf(foreign, a.ID, string(a.Secrets[0].ID))
			return int(u.Count), err
		},
		"Uses":   func(r latchkey.Reader) (int, error) { l, err := r.Uses(foreign, k.ID); return len(l), err },
		"Events": func(r latchkey.Reader) (int, error) { l, err := r.Events(foreign, 0, 10); return len(l), err },
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
	claimedAccount := a
	claimedAccount.OrgID = foreign
	renamed, bared := claimedAccount, claimedAccount
	renamed.Name, bared.Secrets = "changed", nil
	for what, change := range map[string]func(latchkey.Tx) error{
		"UpdateProject":                 func(tx latchkey.Tx) error { return tx.UpdateProject(project(2, 1)) },
		"DeleteProject":                 func(tx latchkey.Tx) error { _, err := tx.DeleteProject(foreign, projectID(1), "", start); return err },
		"UpdatePrincipal":               func(tx latchkey.Tx) error { return tx.UpdatePrincipal(claimed.Principal, changed.Principal) },
		"DeletePrincipal":               func(tx latchkey.Tx) error { return tx.DeletePrincipal(foreign, k.ID) },
		"DeletePrincipal of an account": func(tx latchkey.Tx) error { return tx.DeletePrincipal(foreign, a.ID) },
		"UpdateAccount":                 func(tx latchkey.Tx) error { return tx.UpdateAccount(claimedAccount, renamed) },
		"UpdateAccount of secrets":      func(tx latchkey.Tx) error { return tx.UpdateAccount(claimedAccount, bared) },
	} {
		if err := s.Update(background, change); err != latchkey.ErrNotFound {
			t.Errorf("%s of another organization: got %v, want exactly ErrNotFound", what, err)
		}
	}
	equal(t, "key", readKey(t, s, orgID(1), k.ID), k)
	equal(t, "account", readAccount(t, s, orgID(1), a.ID), a)
	view(t, s, func(r latchkey.Reader) error {
		uses, err := r.Uses(orgID(1), a.ID)
		equal(t, "number of uses", len(uses), 1)
		if err != nil {
			return err
		}
		p, err := r.Project(orgID(1), projectID(1))
		equal(t, "project", p, project(1, 1))
		return err
	})
}

func testCrossOrganizationMembership(t *testing.T, target Target) {
	s := target.Open(t)
	k, a := apiKey(1, 1), account(1, 1)
	insert(t, s, organization(1), organization(2), k, a, project(2, 1))
	bornKey, bornAccount := inProjects(apiKey(1, 2), owner, projectID(1)), accountIn(account(1, 2), owner, projectID(1))
	for what, change := range map[string]func(latchkey.Tx) error{
		"a key was put into": func(tx latchkey.Tx) error {
			return tx.UpdatePrincipal(k.Principal, inProjects(k, owner, projectID(1)).Principal)
		},
		"a key was born in":       func(tx latchkey.Tx) error { return tx.InsertKey(bornKey) },
		"an account was put into": func(tx latchkey.Tx) error { return tx.UpdateAccount(a, accountIn(a, owner, projectID(1))) },
		"an account was born in":  func(tx latchkey.Tx) error { return tx.InsertAccount(bornAccount) },
	} {
		if err := s.Update(background, change); !errors.Is(err, latchkey.ErrNotFound) {
			t.Errorf("%s another organization's project: %v", what, err)
		}
	}
	equal(t, "key", readKey(t, s, orgID(1), k.ID), k)
	equal(t, "account", readAccount(t, s, orgID(1), a.ID), a)
	for _, born := range []latchkey.Principal{bornKey.Principal, bornAccount.Principal} {
		viewFails(t, s, latchkey.ErrNotFound, func(r latchkey.Reader) error { _, err := r.Credential(login(born), ""); return err })
	}
}
