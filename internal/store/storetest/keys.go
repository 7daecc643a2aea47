package storetest

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

// entry makes an access list entry of whole seconds.
func entry(prefix string) latchkey.AccessListEntry {
	return latchkey.AccessListEntry{Prefix: netip.MustParsePrefix(prefix), Created: start.Truncate(time.Second)}
}

func testKeys(t *testing.T, target Target) {
	s := target.Open(t)
	full := inProjects(apiKey(1, 1), owner|readOnly, projectID(1), projectID(2))
	full.OrgRoles = latchkey.AllRoles().AtLevel(latchkey.LevelOrganization)
	full.AccessList = latchkey.AccessList{entry("10.0.0.0/8"), entry("::1/128"), entry("0.0.0.0/0")}
	full.Desc = "quote ' and \x01 and ü"
	bare := latchkey.APIKey{Principal: latchkey.Principal{ID: keyID(2), OrgID: orgID(1), PublicKey: publicKey(2), Created: start}}
	strict := organization(2)
	strict.Settings.AccessListRequired = true
	insert(t, s, organization(1), strict, project(1, 1), project(1, 2), full, bare, apiKey(2, 3))

	equal(t, "key", readKey(t, s, orgID(1), full.ID), full)
	got := readKey(t, s, orgID(1), bare.ID)
	got.SealedMD5, got.SealedSHA256 = nil, nil // empty or nil: nothing is sealed
	equal(t, "bare key", got, bare)

	view(t, s, func(r latchkey.Reader) error {
		c, err := r.Credential(string(full.PublicKey), projectID(1))
		equal(t, "credential", c, latchkey.Credential{Caller: callerOf(full.Principal, projectID(1)), SealedMD5: full.SealedMD5, SealedSHA256: full.SealedSHA256})
		if err != nil {
			return err
		}
		c, err = r.Credential(string(publicKey(3)), "")
		equal(t, "credential in a strict organization", c, latchkey.Credential{Caller: callerOf(apiKey(2, 3).Principal, ""), SealedMD5: apiKey(2, 3).SealedMD5, SealedSHA256: apiKey(2, 3).SealedSHA256, AccessListRequired: true})
		return err
	})
	viewFails(t, s, latchkey.ErrNotFound, func(r latchkey.Reader) error { _, err := r.Credential("zzzzzzzz", ""); return err })
	viewFails(t, s, latchkey.ErrNotFound, func(r latchkey.Reader) error { _, err := r.Key(orgID(1), keyID(9)); return err })
}

func testPublicKeyTaken(t *testing.T, target Target) {
	s := target.Open(t)
	insert(t, s, organization(1), organization(2), apiKey(1, 1))
	for _, org := range []int{1, 2} {
		again := apiKey(org, 2)
		again.PublicKey = publicKey(1)
		updateFails(t, s, latchkey.ErrPublicKeyTaken, func(tx latchkey.Tx) error { return tx.InsertKey(again) })
	}
	// It leaves the transaction whole: a caller can try another public key in it.
	update(t, s, func(tx latchkey.Tx) error {
		k := apiKey(2, 2)
		k.PublicKey = publicKey(1)
		if err := tx.InsertKey(k); err != latchkey.ErrPublicKeyTaken {
			t.Errorf("got %v, want ErrPublicKeyTaken", err)
		}
		return tx.InsertKey(apiKey(2, 2))
	})
	equal(t, "second key", readKey(t, s, orgID(2), keyID(2)), apiKey(2, 2))
}

func testUpdatePrincipal(t *testing.T, target Target) {
	s := target.Open(t)
	k := inProjects(apiKey(1, 1), owner, projectID(1), projectID(3))
	neighbour := inProjects(apiKey(1, 2), owner, projectID(1))
	insert(t, s, organization(1), project(1, 1), project(1, 2), project(1, 3), k, neighbour)
	for _, c := range []struct {
		what   string
		change func(*latchkey.APIKey)
	}{
		{"nothing", func(*latchkey.APIKey) {}},
		{"roles in one project", func(k *latchkey.APIKey) { *k = inProjects(*k, readOnly, projectID(1)) }},
		{"another project", func(k *latchkey.APIKey) { *k = inProjects(*k, readOnly, projectID(2)) }},
		{"one project for another", func(k *latchkey.APIKey) { *k = inProjects(inProjects(*k, 0, projectID(2)), owner, projectID(3)) }},
		{"no project", func(k *latchkey.APIKey) { k.ProjectRoles = latchkey.ProjectRoles{} }},
		{"all projects", func(k *latchkey.APIKey) { *k = inProjects(*k, owner, projectID(3), projectID(2), projectID(1)) }},
		{"organization roles", func(k *latchkey.APIKey) { k.OrgRoles = latchkey.Roles(latchkey.OrgOwner, latchkey.OrgReadOnly) }},
		{"no organization roles", func(k *latchkey.APIKey) { k.OrgRoles = 0 }},
		{"description", func(k *latchkey.APIKey) { k.Desc = "new" }},
		{"access list", func(k *latchkey.APIKey) { k.AccessList = latchkey.AccessList{entry("10.1.0.0/16")} }},
		{"everything", func(k *latchkey.APIKey) {
			*k = inProjects(*k, 0, projectID(2))
			k.OrgRoles, k.Desc, k.AccessList = latchkey.Roles(latchkey.OrgMember), "", nil
		}},
	} {
		after := k
		c.change(&after)
		update(t, s, func(tx latchkey.Tx) error {
			before, err := tx.Key(k.OrgID, k.ID)
			if err != nil {
				return err
			}
			return tx.UpdatePrincipal(before.Principal, after.Principal)
		})
		k = after
		equal(t, "key after change of "+c.what, readKey(t, s, orgID(1), k.ID), k)
		equal(t, "neighbour after change of "+c.what, readKey(t, s, orgID(1), neighbour.ID), neighbour)
	}
	updateFails(t, s, latchkey.ErrNotFound, func(tx latchkey.Tx) error {
		missing := apiKey(1, 9)
		missing.Desc = "other"
		return tx.UpdatePrincipal(apiKey(1, 9).Principal, missing.Principal)
	})
	updateFails(t, s, latchkey.ErrNotFound, func(tx latchkey.Tx) error { // no such project
		return tx.UpdatePrincipal(k.Principal, inProjects(k, owner, projectID(9)).Principal)
	})
	equal(t, "key after refused changes", readKey(t, s, orgID(1), k.ID), k)
}

func testDeleteKey(t *testing.T, target Target) {
	s := target.Open(t)
	k := inProjects(apiKey(1, 1), owner, projectID(1))
	k.AccessList = latchkey.AccessList{entry("10.0.0.0/8")}
	insert(t, s, organization(1), project(1, 1), k, inProjects(apiKey(1, 2), readOnly, projectID(1)))
	update(t, s, func(tx latchkey.Tx) error {
		if err := tx.AddUse(k.OrgID, k.ID, latchkey.Use{What: k.AccessList[0].Prefix.String(), Count: 1, LastUsed: start, LastAddress: netip.MustParseAddr("10.1.1.1")}); err != nil {
			return err
		}
		return tx.DeletePrincipal(k.OrgID, k.ID)
	})
	viewFails(t, s, latchkey.ErrNotFound, func(r latchkey.Reader) error { _, err := r.Key(k.OrgID, k.ID); return err })
	viewFails(t, s, latchkey.ErrNotFound, func(r latchkey.Reader) error { _, err := r.Credential(string(k.PublicKey), ""); return err })
	view(t, s, func(r latchkey.Reader) error {
		index, err := r.Memberships(k.OrgID, k.ID)
		equal(t, "memberships", index, latchkey.ProjectRoles{})
		if err != nil {
			return err
		}
		use, err := r.Uses(k.OrgID, k.ID)
		equal(t, "use", use, nil)
		if err != nil {
			return err
		}
		list, total, err := r.ProjectKeys(k.OrgID, projectID(1), latchkey.Page{Number: 1, Size: 9})
		equal(t, "keys of the project", list, []latchkey.APIKey{inProjects(apiKey(1, 2), readOnly, projectID(1))})
		equal(t, "number of keys of the project", total, 1)
		return err
	})
	updateFails(t, s, latchkey.ErrNotFound, func(tx latchkey.Tx) error { return tx.DeletePrincipal(k.OrgID, k.ID) })
}

func testKeyLists(t *testing.T, target Target) {
	s := target.Open(t)
	things := []any{organization(1), organization(2), project(1, 1), project(1, 2), project(2, 3)}
	var all, inProject []latchkey.APIKey
	for n := range 7 {
		k := apiKey(1, n)
		if n%2 == 1 {
			k = inProjects(k, owner, projectID(1))
			inProject = append(inProject, k)
		}
		all = append(all, k)
	}
	for _, n := range []int{3, 0, 6, 1, 5, 2, 4} { // not in the order of ids
		things = append(things, all[n])
	}
	insert(t, s, append(things, inProjects(apiKey(2, 100), owner, projectID(3)))...)
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
			list, total, err := r.Keys(orgID(1), c.page)
			equal(t, "keys", list, all[c.from:c.to])
			equal(t, "number of keys", total, 7)
			if err != nil {
				return err
			}
			list, total, err = r.ProjectKeys(orgID(1), projectID(1), c.page)
			equal(t, "keys of the project", list, inProject[c.fromInProj:c.toProj])
			equal(t, "number of keys of the project", total, 3)
			return err
		})
	}
	view(t, s, func(r latchkey.Reader) error {
		n, err := r.KeyCount(orgID(1))
		equal(t, "number of keys", n, 7)
		if err != nil {
			return err
		}
		list, total, err := r.ProjectKeys(orgID(1), projectID(2), latchkey.Page{Number: 1, Size: 9})
		equal(t, "keys of an empty project", list, nil)
		equal(t, "number of keys of an empty project", total, 0)
		return err
	})
}

func testDurableOwners(t *testing.T, target Target) {
	s := target.Open(t)
	k := apiKey(1, 1)
	k.OrgRoles = latchkey.Roles(latchkey.OrgOwner)
	other := apiKey(2, 3)
	other.OrgRoles = latchkey.Roles(latchkey.OrgOwner)
	insert(t, s, organization(1), organization(2), k, apiKey(1, 2), other)
	owners := func(want int) {
		t.Helper()
		view(t, s, func(r latchkey.Reader) error {
			n, err := r.DurableOwners(orgID(1))
			equal(t, "durable owners", n, want)
			return err
		})
	}
	owners(1)
	second := apiKey(1, 2)
	second.OrgRoles = latchkey.Roles(latchkey.OrgOwner, latchkey.OrgMember)
	update(t, s, func(tx latchkey.Tx) error { return tx.UpdatePrincipal(apiKey(1, 2).Principal, second.Principal) })
	owners(2)
	demoted := k
	demoted.OrgRoles = latchkey.Roles(latchkey.OrgMember)
	update(t, s, func(tx latchkey.Tx) error { return tx.UpdatePrincipal(k.Principal, demoted.Principal) })
	owners(1)
	update(t, s, func(tx latchkey.Tx) error { return tx.DeletePrincipal(second.OrgID, second.ID) })
	owners(0)
}

func testUses(t *testing.T, target Target) {
	s := target.Open(t)
	k := apiKey(1, 1)
	k.AccessList = latchkey.AccessList{entry("10.0.0.0/8"), entry("2001:db8::/32")}
	insert(t, s, organization(1), organization(2), k)
	v4, v6 := k.AccessList[0].Prefix.String(), k.AccessList[1].Prefix.String()
	a, b := netip.MustParseAddr("10.1.1.1"), netip.MustParseAddr("10.2.2.2")
	six := netip.MustParseAddr("2001:db8::1")
	add := func(org int, key latchkey.PrincipalID, what string, n int64, last time.Time, from netip.Addr) {
		t.Helper()
		update(t, s, func(tx latchkey.Tx) error {
			return tx.AddUse(orgID(org), key, latchkey.Use{What: what, Count: n, LastUsed: last, LastAddress: from})
		})
	}
	use := func(want ...latchkey.Use) {
		t.Helper()
		view(t, s, func(r latchkey.Reader) error {
			got, err := r.Uses(k.OrgID, k.ID)
			equal(t, "use", got, want)
			for _, u := range want {
				if one, failed := r.UseOf(k.OrgID, k.ID, u.What); failed != nil || one != u {
					t.Errorf("use of %s: %+v %v, want %+v", u.What, one, failed, u)
				}
			}
			none, failed := r.UseOf(k.OrgID, k.ID, "10.0.0.0/7")
			equal(t, "use of what is not there", none, latchkey.Use{})
			return errors.Join(err, failed)
		})
	}
	use()
	add(1, k.ID, v4, 3, start, a)
	use(latchkey.Use{What: v4, Count: 3, LastUsed: start, LastAddress: a})
	add(1, k.ID, v4, 2, start.Add(time.Second), b)
	use(latchkey.Use{What: v4, Count: 5, LastUsed: start.Add(time.Second), LastAddress: b})
	add(1, k.ID, v4, 1, start, a) // an older use that was written later
	use(latchkey.Use{What: v4, Count: 6, LastUsed: start.Add(time.Second), LastAddress: b})
	add(1, k.ID, v6, 1, start, six)
	add(1, keyID(9), v4, 1, start, a) // a key that is gone
	add(2, k.ID, v4, 1, start, a)     // another organization's key
	both := []latchkey.Use{
		{What: v4, Count: 6, LastUsed: start.Add(time.Second), LastAddress: b},
		{What: v6, Count: 1, LastUsed: start, LastAddress: six},
	}
	use(both...)

	// The use of an entry goes with it.
	left := k
	left.AccessList = k.AccessList[1:]
	update(t, s, func(tx latchkey.Tx) error { return tx.UpdatePrincipal(k.Principal, left.Principal) })
	use(both[1])
}
