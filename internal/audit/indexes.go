package audit

import (
	"errors"
	"fmt"

	"github.com/latchkey/latchkey"
)

// checkPrincipal checks what must hold for a key or a service account whatever
// the events say.
func (v *verification) checkPrincipal(k *latchkey.Principal) error {
	bad := func(kind Kind, what string) { v.find(Finding{Kind: kind, Principal: k.ID, What: what}) }
	if k.OrgRoles == 0 {
		bad(kindOf(k.ID), "it holds no organization role")
	} else if k.OrgRoles.AtLevel(latchkey.LevelOrganization) != k.OrgRoles {
		bad(kindOf(k.ID), "its organization roles are no set of organization roles")
	}
	if err := k.ProjectRoles.Validate(); err != nil {
		bad(kindOf(k.ID), err.Error())
	}
	login, what := string(k.PublicKey), "public key"
	if k.ID.IsAccount() {
		login, what = string(k.ID), "client id"
	}
	cred, err := v.r.Credential(login, "")
	switch {
	case errors.Is(err, latchkey.ErrNotFound):
		bad(KindIndex, "its "+what+" leads nowhere")
	case err != nil:
		return err
	case cred.Caller.OrgID != v.org || cred.Caller.ID != k.ID:
		bad(KindIndex, fmt.Sprintf("its %s leads to %s of organization %s", what, describe(cred.Caller.ID), cred.Caller.OrgID))
	}
	index, err := v.r.Memberships(v.org, k.ID)
	if err != nil {
		return err
	}
	if index == k.ProjectRoles {
		return nil
	}
	found := false
	differ := func(id latchkey.ProjectID, what string) {
		found = true
		v.find(Finding{Kind: KindIndex, Principal: k.ID, Project: id, What: what})
	}
	for id, held := range k.ProjectRoles.All() {
		switch indexed := index.Get(id); {
		case indexed == 0:
			differ(id, "it holds roles, but has no membership row")
		case indexed != held:
			differ(id, fmt.Sprintf("it holds %v, but its membership row says %v", held.Names(), indexed.Names()))
		}
	}
	for id := range index.All() {
		if k.ProjectRoles.Get(id) == 0 {
			differ(id, "it has a membership row, but holds no roles")
		}
	}
	if !found {
		bad(KindIndex, "its membership rows hold what is no set of project roles")
	}
	return nil
}

// checkIndexes checks what is kept about all principals together: how many own
// the organization, and how many are in each project.
func (v *verification) checkIndexes(sum *totals) error {
	owners, err := v.r.DurableOwners(v.org)
	if err != nil {
		return err
	}
	if owners != sum.owners {
		v.find(Finding{Kind: KindIndex, What: fmt.Sprintf("%d keys are marked as durable owners, %d are", owners, sum.owners)})
	}
	accounts, err := v.r.OwnerAccounts(v.org)
	if err != nil {
		return err
	}
	if accounts != sum.ownerAccounts {
		v.find(Finding{Kind: KindIndex, What: fmt.Sprintf("%d service accounts are marked as owners, %d are", accounts, sum.ownerAccounts)})
	}
	switch {
	case sum.owners > 0:
	case v.state.Owned:
		v.find(Finding{Kind: KindOwner, Warning: true, What: "it has no durable owner any more"})
	case sum.ownerAccounts > 0:
		v.find(Finding{Kind: KindOwner, Warning: true, What: fmt.Sprintf(
			"it has %d owner accounts, but no durable owner: once their secrets expire nobody can administer it; make a key that holds ORG_OWNER", sum.ownerAccounts)})
	}
	return v.checkMembers(sum.inProject)
}

// checkMembers compares how many principals the index lists in each project
// with how many hold roles there.
func (v *verification) checkMembers(holding map[latchkey.ProjectID]members) error {
	one := latchkey.Page{Number: 1, Size: 1}
	for n := 1; ; n++ {
		list, _, err := v.r.Projects(v.org, "", latchkey.Page{Number: n, Size: projectPage})
		if err != nil {
			return err
		}
		for _, p := range list {
			var rows members
			if _, rows.keys, err = v.r.ProjectKeys(v.org, p.ID, one); err != nil {
				return err
			}
			if _, rows.accounts, err = v.r.ProjectAccounts(v.org, p.ID, one); err != nil {
				return err
			}
			holds := holding[p.ID]
			if rows.keys != holds.keys {
				v.find(Finding{Kind: KindIndex, Project: p.ID, What: fmt.Sprintf("%d keys have a membership row, %d hold roles", rows.keys, holds.keys)})
			}
			if rows.accounts != holds.accounts {
				v.find(Finding{Kind: KindIndex, Project: p.ID, What: fmt.Sprintf("%d service accounts have a membership row, %d hold roles", rows.accounts, holds.accounts)})
			}
			delete(holding, p.ID)
		}
		if len(list) < projectPage {
			break
		}
	}
	for _, id := range sortedKeys(holding) {
		v.find(Finding{Kind: KindIndex, Project: id, What: fmt.Sprintf(
			"%d keys and %d service accounts hold roles in it, but there is no such project", holding[id].keys, holding[id].accounts)})
	}
	return nil
}
