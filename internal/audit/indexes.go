package audit

import (
	"errors"
	"fmt"

	"github.com/latchkey/latchkey"
)

// checkKey checks what must hold for a key whatever the events say.
func (v *verification) checkKey(k *latchkey.APIKey) error {
	bad := func(kind Kind, what string) { v.find(Finding{Kind: kind, Key: k.ID, What: what}) }
	if k.OrgRoles == 0 {
		bad(KindKey, "it holds no organization role")
	} else if k.OrgRoles.AtLevel(latchkey.LevelOrganization) != k.OrgRoles {
		bad(KindKey, "its organization roles are no set of organization roles")
	}
	if err := k.ProjectRoles.Validate(); err != nil {
		bad(KindKey, err.Error())
	}
	cred, err := v.r.Credential(string(k.PublicKey), "")
	switch {
	case errors.Is(err, latchkey.ErrNotFound):
		bad(KindIndex, "its public key leads nowhere")
	case err != nil:
		return err
	case cred.Caller.OrgID != v.org || cred.Caller.ID != k.ID:
		bad(KindIndex, fmt.Sprintf("its public key leads to key %s of organization %s", cred.Caller.ID, cred.Caller.OrgID))
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
		v.find(Finding{Kind: KindIndex, Key: k.ID, Project: id, What: what})
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

// checkIndexes checks what is kept about all keys together: how many own the
// organization, and how many are in each project.
func (v *verification) checkIndexes(owners int, members map[latchkey.ProjectID]int) error {
	indexed, err := v.r.DurableOwners(v.org)
	if err != nil {
		return err
	}
	if indexed != owners {
		v.find(Finding{Kind: KindIndex, What: fmt.Sprintf("%d keys are marked as durable owners, %d are", indexed, owners)})
	}
	if owners == 0 && v.state.Owned {
		v.find(Finding{Kind: KindOwner, Warning: true, What: "it has no durable owner any more"})
	}
	for n := 1; ; n++ {
		list, _, err := v.r.Projects(v.org, "", latchkey.Page{Number: n, Size: projectPage})
		if err != nil {
			return err
		}
		for _, p := range list {
			_, rows, err := v.r.ProjectKeys(v.org, p.ID, latchkey.Page{Number: 1, Size: 1})
			if err != nil {
				return err
			}
			if rows != members[p.ID] {
				v.find(Finding{Kind: KindIndex, Project: p.ID, What: fmt.Sprintf("%d keys have a membership row, %d hold roles", rows, members[p.ID])})
			}
			delete(members, p.ID)
		}
		if len(list) < projectPage {
			break
		}
	}
	for _, id := range sortedKeys(members) {
		v.find(Finding{Kind: KindIndex, Project: id, What: fmt.Sprintf("%d keys hold roles in it, but there is no such project", members[id])})
	}
	return nil
}
