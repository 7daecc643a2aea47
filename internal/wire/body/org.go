package body

import (
	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
)

// UpdateOrg is the body of a change of an organization (AtlasOrganization).
var UpdateOrg = &wire.Body{Name: "AtlasOrganizationRequest", Required: []string{"name"}, Members: []wire.Member{
	{Name: "name", Kind: wire.String, Schema: nameSchema, Codes: []latchkey.Code{latchkey.CodeInvalidOrgName}},
	{Name: "skipDefaultAlertsSettings", Kind: wire.Bool},
	{Name: "id", Kind: wire.String, ReadOnly: true, Schema: sameID},
	{Name: "isDeleted", Kind: wire.Bool, ReadOnly: true},
	{Name: "links", Kind: wire.Any, ReadOnly: true},
}}

// UpdateSettings is the body of a change of settings (OrganizationSettings).
var UpdateSettings = &wire.Body{Name: "OrganizationSettingsRequest", Members: []wire.Member{
	{Name: "apiAccessListRequired", Kind: wire.Bool, Codes: []latchkey.Code{latchkey.CodeCallerLockedOut}},
	{Name: "customSessionTimeouts", Kind: wire.NestedObject, Members: []wire.Member{
		{Name: "absoluteSessionTimeoutInSeconds", Kind: wire.Int, Schema: between(minAbsoluteSession, maxSession)},
		{Name: "idleSessionTimeoutInSeconds", Kind: wire.Int, Schema: between(minIdleSession, maxSession)},
	}},
	{Name: "genAIFeaturesEnabled", Kind: wire.Bool},
	{Name: "maxServiceAccountSecretValidityInHours", Kind: wire.Int, Schema: between(op.MinSecretHours, op.MaxSecretHours)},
	{Name: "multiFactorAuthRequired", Kind: wire.Bool},
	{Name: "operationsContact", Kind: wire.String, Schema: contactSchema},
	{Name: "restrictEmployeeAccess", Kind: wire.Bool},
	{Name: "securityContact", Kind: wire.String, Schema: contactSchema},
	{Name: "streamsCrossGroupEnabled", Kind: wire.Bool},
}}

// Limits of settings.
const (
	minAbsoluteSession = 3600  // seconds
	minIdleSession     = 300   // seconds
	maxSession         = 43200 // seconds
)

func between(least, most int64) *wire.Schema { return &wire.Schema{Minimum: least, Maximum: most} }

// DecodeOrgs reads a request for the caller's organizations.
func DecodeOrgs(r *wire.Request) op.OrgsInput {
	name, _ := r.QueryText("name")
	return op.OrgsInput{Name: name, Page: r.Paging.Page}
}

// DecodeOrg reads a request that names an organization.
func DecodeOrg(r *wire.Request) op.OrgInput { return op.OrgInput{Org: r.OrgID()} }

// DecodeOrgProjects reads a request for the projects of an organization.
func DecodeOrgProjects(r *wire.Request) op.OrgProjectsInput {
	in := op.OrgProjectsInput{Org: r.OrgID(), Page: r.Paging.Page}
	in.Name, _ = r.QueryText("name")
	return in
}

// DecodeUpdateOrg reads a change of an organization. The name is required by
// the published schema.
func DecodeUpdateOrg(r *wire.Request) op.UpdateOrgInput {
	in := op.UpdateOrgInput{Org: r.OrgID()}
	o := r.Object()
	if r.BodyBroken() {
		return in
	}
	checkSame(r, o, "id", string(in.Org))
	name, ok := o.String("name")
	switch {
	case !ok:
		r.RefuseBody(latchkey.Refuse(latchkey.CodeMissingAttribute, "name"))
	case !latchkey.ValidName(name):
		r.RefuseBody(latchkey.Refuse(latchkey.CodeInvalidOrgName, name))
	}
	in.Name = &name
	if skip, ok := o.Bool("skipDefaultAlertsSettings"); ok {
		in.SkipDefaultAlerts = &skip
	}
	return in
}

// DecodeUpdateSettings reads a change of settings; members that are not named
// stay as they are.
func DecodeUpdateSettings(r *wire.Request) op.UpdateOrgSettingsInput {
	in := op.UpdateOrgSettingsInput{Org: r.OrgID()}
	o := r.Object()
	checkInt(r, o, "maxServiceAccountSecretValidityInHours", op.MinSecretHours, op.MaxSecretHours)
	sessions, _ := o.Object("customSessionTimeouts")
	checkInt(r, sessions, "absoluteSessionTimeoutInSeconds", minAbsoluteSession, maxSession)
	checkInt(r, sessions, "idleSessionTimeoutInSeconds", minIdleSession, maxSession)
	checkContact(r, o, "operationsContact")
	checkContact(r, o, "securityContact")
	in.Apply = func(s *latchkey.OrganizationSettings) {
		setBool(o, "apiAccessListRequired", &s.AccessListRequired)
		setBool(o, "genAIFeaturesEnabled", &s.GenAIFeaturesEnabled)
		setBool(o, "multiFactorAuthRequired", &s.MultiFactorAuthRequired)
		setBool(o, "restrictEmployeeAccess", &s.RestrictEmployeeAccess)
		setBool(o, "streamsCrossGroupEnabled", &s.StreamsCrossProjectEnabled)
		setInt(o, "maxServiceAccountSecretValidityInHours", &s.MaxSecretValidityHours)
		setInt(sessions, "absoluteSessionTimeoutInSeconds", &s.AbsoluteSessionSeconds)
		setInt(sessions, "idleSessionTimeoutInSeconds", &s.IdleSessionSeconds)
		setString(o, "operationsContact", &s.OperationsContact)
		setString(o, "securityContact", &s.SecurityContact)
	}
	return in
}

// EncodeOrg writes one organization with the links of a single one.
func EncodeOrg(a *wire.Answer, o latchkey.Organization) {
	appendOrg(a, &o, "groups", "teams", "users")
}

// EncodeOrgs writes a page of organizations.
func EncodeOrgs(a *wire.Answer, p op.OrgPage) {
	a.List(len(p.Orgs), p.Total, func(i int) { appendOrg(a, &p.Orgs[i]) })
}

func appendOrg(a *wire.Answer, o *latchkey.Organization, related ...string) {
	a.Raw(`{"id":"`)
	a.Raw(string(o.ID))
	a.Raw(`","isDeleted":false,"links":[`)
	appendRelated(a, "/orgs/"+string(o.ID), related)
	a.Raw(`],"name":`)
	a.String(o.Name)
	a.Raw(`,"skipDefaultAlertsSettings":`)
	a.Bool(o.Settings.SkipDefaultAlerts)
	a.Raw(`}`)
}

// appendRelated writes the link to the thing itself and those to what belongs to it.
func appendRelated(a *wire.Answer, path string, related []string) {
	a.Link("self", path)
	for _, name := range related {
		a.Raw(",")
		a.Link(a.Generation.LinkRelPrefix()+name, path, "/", name)
	}
}

// EncodeSettings writes the settings of an organization; what was never set
// and has no default is left out.
func EncodeSettings(a *wire.Answer, o latchkey.Organization) {
	s := &o.Settings
	a.Raw(`{"apiAccessListRequired":`)
	a.Bool(s.AccessListRequired)
	if s.AbsoluteSessionSeconds != 0 || s.IdleSessionSeconds != 0 {
		a.Raw(`,"customSessionTimeouts":{`)
		if s.AbsoluteSessionSeconds != 0 {
			a.Raw(`"absoluteSessionTimeoutInSeconds":`)
			a.Int(int64(s.AbsoluteSessionSeconds))
		}
		if s.IdleSessionSeconds != 0 {
			if s.AbsoluteSessionSeconds != 0 {
				a.Raw(",")
			}
			a.Raw(`"idleSessionTimeoutInSeconds":`)
			a.Int(int64(s.IdleSessionSeconds))
		}
		a.Raw("}")
	}
	a.Raw(`,"genAIFeaturesEnabled":`)
	a.Bool(s.GenAIFeaturesEnabled)
	if s.MaxSecretValidityHours != 0 {
		a.Raw(`,"maxServiceAccountSecretValidityInHours":`)
		a.Int(int64(s.MaxSecretValidityHours))
	}
	a.Raw(`,"multiFactorAuthRequired":`)
	a.Bool(s.MultiFactorAuthRequired)
	if s.OperationsContact != "" {
		a.Raw(`,"operationsContact":`)
		a.String(s.OperationsContact)
	}
	a.Raw(`,"restrictEmployeeAccess":`)
	a.Bool(s.RestrictEmployeeAccess)
	if s.SecurityContact != "" {
		a.Raw(`,"securityContact":`)
		a.String(s.SecurityContact)
	}
	a.Raw(`,"streamsCrossGroupEnabled":`)
	a.Bool(s.StreamsCrossProjectEnabled)
	a.Raw("}")
}
