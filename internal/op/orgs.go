package op

import (
	"net/netip"
	"strings"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/policy"
)

// OrgsInput asks for the organizations of the caller: always exactly one, if
// its name contains the text in any case.
type OrgsInput struct {
	Name string
	Page latchkey.Page
}

// Scope implements Input.
func (in OrgsInput) Scope() policy.Scope { return policy.Scope{} }

// OrgPage is a page of organizations and how many there are on all pages.
type OrgPage struct {
	Orgs  []latchkey.Organization
	Total int
}

// ListOrgs lists the organization that the caller belongs to.
var ListOrgs = &Op[OrgsInput, OrgPage]{
	Info: Info{
		Name: "listOrgs", Summary: "List the organization of the caller",
		Rule: policy.Rule{Gate: policy.GateAnyone},
	},
	run: func(env *Env, in OrgsInput) (OrgPage, error) {
		org, err := env.Organization(env.Org())
		if err != nil {
			return OrgPage{}, err
		}
		var page OrgPage
		if strings.Contains(strings.ToLower(org.Name), strings.ToLower(in.Name)) {
			page.Total = 1
			if in.Page.Number == 1 {
				page.Orgs = []latchkey.Organization{org}
			}
		}
		return page, nil
	},
}

// OrgInput names an organization.
type OrgInput struct {
	Org latchkey.OrgID
}

// Scope implements Input.
func (in OrgInput) Scope() policy.Scope { return policy.Scope{Org: in.Org} }

// GetOrg returns one organization.
var GetOrg = &Op[OrgInput, latchkey.Organization]{
	Info: Info{
		Name: "getOrg", Summary: "Get an organization",
		Rule: policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgMember},
	},
	run: getOrg,
}

// GetOrgSettings returns the settings of an organization.
var GetOrgSettings = &Op[OrgInput, latchkey.Organization]{
	Info: Info{
		Name: "getOrgSettings", Summary: "Get the settings of an organization",
		Rule: policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgMember},
	},
	run: getOrg,
}

func getOrg(env *Env, _ OrgInput) (latchkey.Organization, error) {
	return env.Organization(env.Org())
}

// UpdateOrgInput says what changes in an organization.
type UpdateOrgInput struct {
	Org               latchkey.OrgID
	Name              *string // nil leaves the name
	SkipDefaultAlerts *bool   // nil leaves it
}

// Scope implements Input.
func (in UpdateOrgInput) Scope() policy.Scope { return policy.Scope{Org: in.Org} }

// UpdateOrg renames an organization.
var UpdateOrg = &Op[UpdateOrgInput, latchkey.Organization]{
	Info: Info{
		Name: "updateOrg", Summary: "Rename an organization",
		Rule:    policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgOwner},
		Changes: true,
		Events:  []latchkey.EventType{latchkey.EventOrgRenamed, latchkey.EventOrgSettingsUpdated},
	},
	run: func(env *Env, in UpdateOrgInput) (latchkey.Organization, error) {
		before, err := env.Organization(env.Org())
		if err != nil {
			return before, err
		}
		after := before
		if in.Name != nil {
			after.Name = *in.Name
		}
		if in.SkipDefaultAlerts != nil {
			after.Settings.SkipDefaultAlerts = *in.SkipDefaultAlerts
		}
		return after, env.changeOrg(before, after)
	},
}

// UpdateOrgSettingsInput says what changes in the settings of an organization.
type UpdateOrgSettingsInput struct {
	Org latchkey.OrgID
	// Apply sets the members that the request names and leaves the others.
	Apply func(*latchkey.OrganizationSettings)
}

// Scope implements Input.
func (in UpdateOrgSettingsInput) Scope() policy.Scope { return policy.Scope{Org: in.Org} }

// UpdateOrgSettings changes settings of an organization.
var UpdateOrgSettings = &Op[UpdateOrgSettingsInput, latchkey.Organization]{
	Info: Info{
		Name: "updateOrgSettings", Summary: "Update the settings of an organization",
		Rule:    policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgOwner},
		Changes: true,
		Events: []latchkey.EventType{
			latchkey.EventOrgSettingsUpdated, latchkey.EventOrgAccessListRequired, latchkey.EventOrgAccessListNotRequired,
			latchkey.EventMaxSecretValidityEdited,
		},
	},
	run: func(env *Env, in UpdateOrgSettingsInput) (latchkey.Organization, error) {
		before, err := env.Organization(env.Org())
		if err != nil {
			return before, err
		}
		after := before
		in.Apply(&after.Settings)
		if after.Settings.AccessListRequired && !before.Settings.AccessListRequired {
			if err := env.keepAddress(env.Caller.ID, env.Caller.AccessList); err != nil {
				return before, err
			}
		}
		return after, env.changeOrg(before, after)
	},
}

// changeOrg stores what differs and records an event for each kind of it.
func (env *Env) changeOrg(before, after latchkey.Organization) error {
	if before == after {
		return nil
	}
	if err := env.Tx.UpdateOrganization(after); err != nil {
		return err
	}
	if after.Name != before.Name {
		if err := env.record(latchkey.Event{Type: latchkey.EventOrgRenamed, Change: latchkey.Change{Name: &after.Name}}); err != nil {
			return err
		}
	}
	was, is := before.Settings, after.Settings
	if is.AccessListRequired != was.AccessListRequired {
		typ := latchkey.EventOrgAccessListRequired
		if !is.AccessListRequired {
			typ = latchkey.EventOrgAccessListNotRequired
		}
		if err := env.record(latchkey.Event{Type: typ}); err != nil {
			return err
		}
		was.AccessListRequired = is.AccessListRequired
	}
	if is.MaxSecretValidityHours != was.MaxSecretValidityHours {
		if err := env.record(latchkey.Event{Type: latchkey.EventMaxSecretValidityEdited, Change: latchkey.Change{Settings: &is}}); err != nil {
			return err
		}
		was.MaxSecretValidityHours = is.MaxSecretValidityHours
	}
	if is == was {
		return nil
	}
	return env.record(latchkey.Event{Type: latchkey.EventOrgSettingsUpdated, Change: latchkey.Change{Settings: &is}})
}

// OrgProjectsInput asks for a page of the projects of an organization.
type OrgProjectsInput struct {
	Org  latchkey.OrgID
	Name string // part of the name, in any case
	Page latchkey.Page
}

// Scope implements Input.
func (in OrgProjectsInput) Scope() policy.Scope { return policy.Scope{Org: in.Org} }

// ListOrgProjects lists the projects of an organization that the caller reaches.
var ListOrgProjects = &Op[OrgProjectsInput, ProjectPage]{
	Info: Info{
		Name: "getOrgGroups", Summary: "List the projects of an organization",
		Rule: policy.Rule{Gate: policy.GateOrganization, Role: latchkey.OrgMember},
	},
	run: func(env *Env, in OrgProjectsInput) (ProjectPage, error) { return env.projects(in.Name, in.Page) },
}

// RootInput asks who the caller is.
type RootInput struct{}

// Scope implements Input.
func (RootInput) Scope() policy.Scope { return policy.Scope{} }

// GetSystemStatus returns the caller itself.
var GetSystemStatus = &Op[RootInput, latchkey.Principal]{
	Info: Info{
		Name: "getSystemStatus", Summary: "Get the status of the server and of the caller",
		Rule: policy.Rule{Gate: policy.GateAnyone},
	},
	run: func(env *Env, _ RootInput) (latchkey.Principal, error) { return env.callerPrincipal() },
}

// GetIPInfo returns the address from which the caller calls.
var GetIPInfo = &Op[RootInput, netip.Addr]{
	Info: Info{
		Name: "getIpInfo", Summary: "Get the address from which the caller calls",
		Rule: policy.Rule{Gate: policy.GateAnyone},
	},
	run: func(env *Env, _ RootInput) (netip.Addr, error) { return env.Address, nil },
}
