package audit

import (
	"errors"
	"fmt"
	"slices"

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
	cred, err := v.r.Credential(k.PublicKey)
	switch {
	case errors.Is(err, latchkey.ErrNotFound):
		bad(KindIndex, "its public key leads nowhere")
	case err != nil:
		return err
	case cred.Key.OrgID != v.org || cred.Key.ID != k.ID:
		bad(KindIndex, fmt.Sprintf("its public key leads to key %s of organization %s", cred.Key.ID, cred.Key.OrgID))
	}
	index, err := v.r.Memberships(v.org, k.ID)
	if err != nil {
		return err
	}
	held := make([]latchkey.ProjectID, 0, k.ProjectRoles.Len())
	for id := range k.ProjectRoles.All() {
		held = append(held, id)
	}
	if slices.Equal(index, held) {
		return nil
	}
	for _, id := range held {
		if !slices.Contains(index, id) {
			v.find(Finding{Kind: KindIndex, Key: k.ID, Project: id, What: "it holds roles, but has no membership row"})
		}
	}
	for _, id := range index {
		if !slices.Contains(held, id) {
			v.find(Finding{Kind: KindIndex, Key: k.ID, Project: id, What: "it has a membership row, but holds no roles"})
		}
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
