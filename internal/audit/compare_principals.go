package audit

import (
	"errors"
	"fmt"
	"slices"

	"github.com/latchkey/latchkey"
)

// totals is what follows from the roles of all principals together.
type totals struct {
	owners        int // durable ones
	ownerAccounts int
	inProject     map[latchkey.ProjectID]members
}

// members is how many keys and service accounts hold roles in a project.
type members struct{ keys, accounts int }

// comparePrincipals compares every key and every service account, and what
// follows from all their roles.
func (v *verification) comparePrincipals() error {
	sum := totals{inProject: make(map[latchkey.ProjectID]members)}
	for n := 1; ; n++ {
		list, _, err := v.r.Keys(v.org, latchkey.Page{Number: n, Size: principalPage})
		if err != nil {
			return err
		}
		for i := range list {
			v.keyCount++
			if err := v.principal(&list[i].Principal, "", nil, &sum); err != nil {
				return err
			}
		}
		if len(list) < principalPage {
			break
		}
	}
	for n := 1; ; n++ {
		list, _, err := v.r.Accounts(v.org, latchkey.Page{Number: n, Size: principalPage})
		if err != nil {
			return err
		}
		for i := range list {
			v.accountCount++
			if err := v.principal(&list[i].Principal, list[i].Name, list[i].Secrets.Terms(), &sum); err != nil {
				return err
			}
		}
		if len(list) < principalPage {
			break
		}
	}
	if !v.stopped && v.keyCount+v.accountCount < len(v.state.Principals) {
		if err := v.missingPrincipals(); err != nil {
			return err
		}
	}
	return v.checkIndexes(&sum)
}

// principal checks a key or a service account, compares it with the replay and
// adds it to the sum.
func (v *verification) principal(p *latchkey.Principal, name string, secrets []latchkey.SecretTerm, sum *totals) error {
	if err := v.ctx.Err(); err != nil {
		return err
	}
	if p.DurableOwner() {
		sum.owners++
	}
	if p.OwnerAccount() {
		sum.ownerAccounts++
	}
	for id := range p.ProjectRoles.All() {
		m := sum.inProject[id]
		if p.ID.IsAccount() {
			m.accounts++
		} else {
			m.keys++
		}
		sum.inProject[id] = m
	}
	if err := v.checkPrincipal(p); err != nil {
		return err
	}
	if !v.stopped {
		v.comparePrincipal(p, name, secrets)
	}
	return nil
}

// comparePrincipal compares a key or a service account with the replay.
func (v *verification) comparePrincipal(p *latchkey.Principal, name string, secrets []latchkey.SecretTerm) {
	want, ok := v.state.Principals[p.ID]
	if !ok {
		v.find(Finding{Kind: kindOf(p.ID), Principal: p.ID, What: "no event created it, or one deleted it"})
		return
	}
	differs := func(what string, is, should any) {
		v.find(Finding{Kind: kindOf(p.ID), Principal: p.ID, What: fmt.Sprintf("the %s is %v; by the events it is %v", what, is, should)})
	}
	if p.PublicKey != want.PublicKey {
		differs("public key", p.PublicKey, want.PublicKey)
	}
	if name != want.Name {
		differs("name", fmt.Sprintf("%q", name), fmt.Sprintf("%q", want.Name))
	}
	if p.Desc != want.Desc {
		differs("description", fmt.Sprintf("%q", p.Desc), fmt.Sprintf("%q", want.Desc))
	}
	if p.OrgRoles != want.OrgRoles {
		differs("set of organization roles", p.OrgRoles.Names(), want.OrgRoles.Names())
	}
	if p.ProjectRoles != want.ProjectRoles {
		v.compareProjectRoles(p, want.ProjectRoles)
	}
	if is, should := p.AccessList.Text(), want.AccessList.Text(); is != should {
		differs("access list", fmt.Sprintf("%q", is), fmt.Sprintf("%q", should))
	}
	if !slices.Equal(secrets, want.Secrets) {
		differs("list of secrets", secrets, want.Secrets)
	}
}

// compareProjectRoles names each project in which the roles differ.
func (v *verification) compareProjectRoles(p *latchkey.Principal, want latchkey.ProjectRoles) {
	projects := make(map[latchkey.ProjectID]bool)
	for id := range p.ProjectRoles.All() {
		projects[id] = true
	}
	for id := range want.All() {
		projects[id] = true
	}
	named := false
	for _, id := range sortedKeys(projects) {
		if is, should := p.ProjectRoles.Get(id), want.Get(id); is != should {
			named = true
			v.find(Finding{Kind: kindOf(p.ID), Principal: p.ID, Project: id,
				What: fmt.Sprintf("the set of project roles is %v; by the events it is %v", is.Names(), should.Names())})
		}
	}
	if !named {
		v.find(Finding{Kind: kindOf(p.ID), Principal: p.ID, What: "the project roles are not written as they would be by the events"})
	}
}

func (v *verification) missingPrincipals() error {
	for _, id := range sortedKeys(v.state.Principals) {
		switch _, err := v.r.Principal(v.org, id); {
		case errors.Is(err, latchkey.ErrNotFound):
			v.find(Finding{Kind: kindOf(id), Principal: id, What: "the events created it, but it is not there"})
		case err != nil:
			return err
		}
	}
	return nil
}

// kindOf returns the kind of a finding about the principal.
func kindOf(id latchkey.PrincipalID) Kind {
	if id.IsAccount() {
		return KindAccount
	}
	return KindKey
}
