package storetest

import (
	"net/netip"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

// testOwnerAccounts counts owners that last apart from owners that expire.
func testOwnerAccounts(t *testing.T, target Target) {
	s := target.Open(t)
	ownerRole := latchkey.Roles(latchkey.OrgOwner)
	a, b, k, foreign := account(1, 1), account(1, 2), apiKey(1, 3), account(2, 4)
	a.OrgRoles, foreign.OrgRoles = ownerRole, ownerRole
	insert(t, s, organization(1), organization(2), project(1, 1), a, b, k, accountIn(account(1, 5), owner, projectID(1)), foreign)
	owners := func(when string, durable, accounts int) {
		t.Helper()
		view(t, s, func(r latchkey.Reader) error {
			n, err := r.DurableOwners(orgID(1))
			equal(t, "durable owners "+when, n, durable)
			if err != nil {
				return err
			}
			n, err = r.OwnerAccounts(orgID(1))
			equal(t, "owner accounts "+when, n, accounts)
			return err
		})
	}
	setOrgRoles := func(p latchkey.Principal, roles latchkey.RoleSet) {
		t.Helper()
		update(t, s, func(tx latchkey.Tx) error {
			before, err := tx.Principal(p.OrgID, p.ID)
			if err != nil {
				return err
			}
			after := before
			after.OrgRoles = roles
			return tx.UpdatePrincipal(before, after)
		})
	}
	owners("at first", 0, 1)
	setOrgRoles(k.Principal, ownerRole)
	owners("with a key", 1, 1)
	setOrgRoles(b.Principal, ownerRole|latchkey.Roles(latchkey.OrgMember))
	owners("with two accounts", 1, 2)
	setOrgRoles(a.Principal, latchkey.Roles(latchkey.OrgMember))
	owners("after one account was demoted", 1, 1)
	update(t, s, func(tx latchkey.Tx) error { return tx.DeletePrincipal(orgID(1), b.ID) })
	owners("after the other was deleted", 1, 0)
	update(t, s, func(tx latchkey.Tx) error { return tx.DeletePrincipal(orgID(1), k.ID) })
	owners("at last", 0, 0)
}

// testSecretUses: the use of a secret is counted like that of an entry, and goes with it.
func testSecretUses(t *testing.T, target Target) {
	s := target.Open(t)
	a := account(1, 1)
	a.Secrets = latchkey.Secrets{secret(1), secret(2)}
	a.AccessList = latchkey.AccessList{entry("10.0.0.0/8")}
	insert(t, s, organization(1), organization(2), a)
	first, second, prefix := string(secretID(1)), string(secretID(2)), a.AccessList[0].Prefix.String()
	from := netip.MustParseAddr("10.1.1.1")
	add := func(org int, client latchkey.PrincipalID, what string, n int64, last time.Time) {
		t.Helper()
		update(t, s, func(tx latchkey.Tx) error {
			return tx.AddUse(orgID(org), client, latchkey.Use{What: what, Count: n, LastUsed: last, LastAddress: from})
		})
	}
	uses := func(when string, want ...latchkey.Use) {
		t.Helper()
		view(t, s, func(r latchkey.Reader) error {
			got, err := r.Uses(a.OrgID, a.ID)
			equal(t, "use "+when, got, want)
			return err
		})
	}
	add(1, a.ID, first, 1, start.Add(time.Second))
	add(1, a.ID, first, 2, start)
	add(1, a.ID, prefix, 1, start)
	add(1, a.ID, second, 1, start)
	add(1, accountID(9), first, 1, start) // an account that is gone
	add(2, a.ID, first, 1, start)         // another organization's account
	firstUse := latchkey.Use{What: first, Count: 3, LastUsed: start.Add(time.Second), LastAddress: from}
	secondUse := latchkey.Use{What: second, Count: 1, LastUsed: start, LastAddress: from}
	prefixUse := latchkey.Use{What: prefix, Count: 1, LastUsed: start, LastAddress: from}
	uses("of both secrets and the entry", prefixUse, firstUse, secondUse) // prefixes sort before ids of this test

	change := func(change func(*latchkey.ServiceAccount)) {
		t.Helper()
		update(t, s, func(tx latchkey.Tx) error {
			before, err := tx.Account(a.OrgID, a.ID)
			if err != nil {
				return err
			}
			after := before
			change(&after)
			return tx.UpdateAccount(before, after)
		})
	}
	change(func(a *latchkey.ServiceAccount) { // the same secrets, one of them shorter
		shorter := a.Secrets[0]
		shorter.Expires = start.Add(time.Minute)
		a.Secrets = latchkey.Secrets{shorter, a.Secrets[1]}
	})
	uses("after a secret was shortened", prefixUse, firstUse, secondUse)
	change(func(a *latchkey.ServiceAccount) { a.Secrets = a.Secrets[1:] })
	uses("after a secret went", prefixUse, secondUse)
	change(func(a *latchkey.ServiceAccount) {
		a.AccessList, a.Secrets = nil, latchkey.Secrets{secret(3), a.Secrets[0]}
	})
	uses("after the entry went", secondUse)
}
