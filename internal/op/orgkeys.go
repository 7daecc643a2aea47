package op

import (
	"errors"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

// OrgKeysInput asks for a page of the keys of an organization.
type OrgKeysInput struct {
	Org  latchkey.OrgID
	Page latchkey.Page
}

// Scope implements Input.
func (in OrgKeysInput) Scope() policy.Scope { return policy.Scope{Org: in.Org} }

// ListOrgKeys lists the keys of an organization.
var ListOrgKeys = &Op[OrgKeysInput, KeyPage]{
	Info: Info{
		Name: "listOrgApiKeys", Summary: "List the API keys of an organization",
		Rule: policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgMember},
	},
	run: func(env *Env, in OrgKeysInput) (KeyPage, error) {
		keys, total, err := env.Keys(env.Org(), in.Page)
		return KeyPage{keys, total}, err
	},
}

// OrgKeyInput names a key of an organization.
type OrgKeyInput struct {
	Org latchkey.OrgID
	Key latchkey.PrincipalID
}

// Scope implements Input.
func (in OrgKeyInput) Scope() policy.Scope { return policy.Scope{Org: in.Org, Target: in.Key} }

// GetOrgKey returns one key with all its roles.
var GetOrgKey = &Op[OrgKeyInput, latchkey.APIKey]{
	Info: Info{
		Name: "getOrgApiKey", Summary: "Get an API key of an organization",
		Rule: policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgMember},
	},
	run: func(env *Env, in OrgKeyInput) (latchkey.APIKey, error) { return env.key(in.Key) },
}

// CreateOrgKeyInput describes a key to be created in an organization.
type CreateOrgKeyInput struct {
	Org   latchkey.OrgID
	Desc  string
	Roles latchkey.RoleSet // organization roles
}

// Scope implements Input.
func (in CreateOrgKeyInput) Scope() policy.Scope { return policy.Scope{Org: in.Org} }

// CreateOrgKey creates a key that holds exactly the given organization roles.
var CreateOrgKey = &Op[CreateOrgKeyInput, CreatedKey]{
	Info: Info{
		Name: "createOrgApiKey", Summary: "Create an API key in an organization",
		Rule:    policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgOwner},
		Changes: true,
		Events:  []latchkey.EventType{latchkey.EventKeyCreated},
	},
	run: func(env *Env, in CreateOrgKeyInput) (CreatedKey, error) {
		if err := env.decide(policy.Grants{}, policy.Grants{Org: in.Roles}); err != nil {
			return CreatedKey{}, err
		}
		return env.createKey(in.Desc, in.Roles, latchkey.ProjectRoles{})
	},
}

// createKey makes a key of the caller's organization and records its birth.
// The roles in projects are recorded by the caller, one event a project.
func (env *Env) createKey(desc string, org latchkey.RoleSet, projects latchkey.ProjectRoles) (CreatedKey, error) {
	n, err := env.KeyCount(env.Org())
	if err != nil {
		return CreatedKey{}, err
	}
	if n >= env.service.maxKeys {
		return CreatedKey{}, latchkey.Refuse(latchkey.CodeTooManyKeys, env.service.maxKeys, string(env.Org()))
	}
	created, err := env.service.newKey(env.Tx, env.Org(), desc, org, projects)
	if err != nil {
		return CreatedKey{}, err
	}
	return created, env.record(keyCreated(&created.Key))
}

// keyCreated is the event of a key's birth.
func keyCreated(key *latchkey.APIKey) latchkey.Event {
	return about(latchkey.EventKeyCreated, &key.Principal, "", latchkey.Change{Desc: &key.Desc, OrgRoles: key.OrgRoles.Names()})
}

// newKey makes a key and stores it. Public keys are drawn again while they are taken.
func (s *Service) newKey(tx latchkey.Tx, org latchkey.OrgID, desc string, orgRoles latchkey.RoleSet, projects latchkey.ProjectRoles) (CreatedKey, error) {
	now := tx.Now()
	private := latchkey.NewPrivateKey()
	for {
		key := latchkey.APIKey{PrivateTail: private.Tail(), Principal: latchkey.Principal{
			ID: latchkey.NewID[latchkey.PrincipalID](now), OrgID: org, PublicKey: latchkey.NewPublicKey(),
			Desc: desc, OrgRoles: orgRoles, ProjectRoles: projects, Created: now,
		}}
		var err error
		if key.SealedMD5, key.SealedSHA256, err = s.seal(key.ID, key.PublicKey, private); err != nil {
			return CreatedKey{}, err
		}
		switch err := tx.InsertKey(key); {
		case errors.Is(err, latchkey.ErrPublicKeyTaken):
			continue
		case err != nil:
			return CreatedKey{}, err
		}
		return CreatedKey{key, private}, nil
	}
}

// UpdateOrgKeyInput says what changes in a key of an organization.
type UpdateOrgKeyInput struct {
	Org      latchkey.OrgID
	Key      latchkey.PrincipalID
	Desc     *string          // nil leaves the description
	SetRoles bool             // false leaves the roles
	Roles    latchkey.RoleSet // organization roles
}

// Scope implements Input.
func (in UpdateOrgKeyInput) Scope() policy.Scope {
	return policy.Scope{Org: in.Org, Target: in.Key}
}

// UpdateOrgKey replaces the organization roles of a key, its description, or
// both; roles in projects stay.
var UpdateOrgKey = &Op[UpdateOrgKeyInput, latchkey.APIKey]{
	Info: Info{
		Name: "updateOrgApiKey", Summary: "Update an API key of an organization",
		Rule:    policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgOwner},
		Changes: true,
		Events:  []latchkey.EventType{latchkey.EventKeyRolesChanged, latchkey.EventKeyDescriptionChanged},
	},
	run: func(env *Env, in UpdateOrgKeyInput) (latchkey.APIKey, error) {
		before, err := env.key(in.Key)
		if err != nil {
			return before, err
		}
		if err := env.touch(&before.Principal); err != nil {
			return before, err
		}
		after := before
		if in.SetRoles {
			if err := env.decide(policy.Grants{}, policy.Grants{Org: in.Roles}); err != nil {
				return before, err
			}
			after.OrgRoles = in.Roles
		}
		if in.Desc != nil {
			after.Desc = *in.Desc
		}
		if after.OrgRoles == before.OrgRoles && after.Desc == before.Desc {
			return before, nil
		}
		if err := env.keepOwner(&before.Principal, &after.Principal); err != nil {
			return before, err
		}
		if err := env.Tx.UpdatePrincipal(before.Principal, after.Principal); err != nil {
			return before, err
		}
		if err := env.recordOrgRoles(&before.Principal, &after.Principal); err != nil {
			return before, err
		}
		return after, env.recordDesc(&before.Principal, &after.Principal, "")
	},
	reduces: func(env *Env, in UpdateOrgKeyInput) bool {
		k, err := env.key(in.Key)
		return err == nil && in.SetRoles && (in.Desc == nil || *in.Desc == k.Desc) && fewer(k.OrgRoles, in.Roles)
	},
}

// recordOrgRoles records that the roles in the organization became those of
// after, if they changed.
func (env *Env) recordOrgRoles(before, after *latchkey.Principal) error {
	if after.OrgRoles == before.OrgRoles {
		return nil
	}
	change := latchkey.Change{OrgRoles: after.OrgRoles.Names(), RolesBefore: before.OrgRoles.Names()}
	return env.record(about(eventsOf(after.ID).rolesChanged, after, "", change))
}

// keepOwner refuses to take the last durable owner from the organization, and
// the last service account that owns it while it has no durable owner. After is
// the principal as it would become.
func (env *Env) keepOwner(before, after *latchkey.Principal) error {
	if !before.OrgRoles.Has(latchkey.OrgOwner) || after.OrgRoles.Has(latchkey.OrgOwner) {
		return nil
	}
	durable, err := env.DurableOwners(env.Org())
	if err != nil {
		return err
	}
	if before.DurableOwner() && durable <= 1 {
		return latchkey.Refuse(latchkey.CodeLastOwner)
	}
	if before.DurableOwner() || durable > 0 {
		return nil
	}
	accounts, err := env.OwnerAccounts(env.Org())
	if err != nil {
		return err
	}
	if accounts <= 1 {
		return latchkey.Refuse(latchkey.CodeLastOwner).Because("the organization has no durable owner besides")
	}
	return nil
}

// DeleteOrgKey deletes a key; it leaves every project too.
var DeleteOrgKey = &Op[OrgKeyInput, Nothing]{
	Info: Info{
		Name: "deleteOrgApiKey", Summary: "Delete an API key",
		Rule:    policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgOwner},
		Changes: true, Revokes: true,
		Events: []latchkey.EventType{latchkey.EventKeyDeleted},
	},
	run: func(env *Env, in OrgKeyInput) (Nothing, error) {
		key, err := env.key(in.Key)
		if err != nil {
			return Nothing{}, err
		}
		return Nothing{}, env.deletePrincipal(&key.Principal)
	},
}

// deletePrincipal takes a key or a service account away, and records that.
func (env *Env) deletePrincipal(p *latchkey.Principal) error {
	if err := env.touch(p); err != nil {
		return err
	}
	if err := env.keepOwner(p, &latchkey.Principal{}); err != nil {
		return err
	}
	if err := env.Tx.DeletePrincipal(env.Org(), p.ID); err != nil {
		return err
	}
	return env.record(about(eventsOf(p.ID).deleted, p, "", latchkey.Change{}))
}
