package body

import (
	"fmt"
	"unicode/utf8"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/wire"
)

var tagMembers = []wire.Member{
	{Name: "key", Kind: wire.String, Required: true, Schema: tagText},
	{Name: "value", Kind: wire.String, Required: true, Schema: tagText},
}

var tagText = &wire.Schema{MinLength: 1, MaxLength: maxTagLength}

// The writable members of a project.
var (
	projectName = wire.Member{Name: "name", Kind: wire.String, Schema: nameSchema,
		Codes: []latchkey.Code{latchkey.CodeInvalidProjectName, latchkey.CodeProjectNameTaken}}
	projectTags = wire.Member{Name: "tags", Kind: wire.ObjectArray, Members: tagMembers,
		Schema: &wire.Schema{MaxItems: maxTags, Description: "No key twice."}}
	projectAlerts = wire.Member{Name: "withDefaultAlertsSettings", Kind: wire.Bool}
)

// The regions to which a project can be restricted.
const (
	fedRAMPRegions = "COMMERCIAL_FEDRAMP_REGIONS_ONLY"
	govRegions     = "GOV_REGIONS_ONLY"
)

func regions(wire.Generation) []string { return []string{fedRAMPRegions, govRegions} }

// CreateProject is the body of a new project (Group).
var CreateProject = &wire.Body{Name: "GroupRequest", Required: []string{"name", "orgId"}, Members: createProjectMembers}

// CreateProjectV1 does not require the organization: it is the caller's.
var CreateProjectV1 = &wire.Body{Name: "GroupRequest", Required: []string{"name"}, Members: createProjectMembers}

var createProjectMembers = []wire.Member{
	projectName,
	{Name: "orgId", Kind: wire.String, Schema: &wire.Schema{Pattern: idPattern}, Codes: []latchkey.Code{latchkey.CodeOrganizationNotFound}},
	{Name: "regionUsageRestrictions", Kind: wire.String, Values: regions},
	projectTags,
	projectAlerts,
	{Name: "clusterCount", Kind: wire.Int, ReadOnly: true},
	{Name: "created", Kind: wire.String, ReadOnly: true},
	{Name: "id", Kind: wire.String, ReadOnly: true, Schema: sameID},
	{Name: "links", Kind: wire.Any, ReadOnly: true},
}

// UpdateProject is the body of a change of a project (GroupUpdate).
var UpdateProject = &wire.Body{Name: "GroupUpdate", Members: updateProjectMembers}

// UpdateProjectV1 also takes the members of the response object.
var UpdateProjectV1 = &wire.Body{Name: "GroupUpdateV1", Members: takingReadOnly(updateProjectMembers, []wire.Member{
	{Name: "clusterCount", Kind: wire.Int, ReadOnly: true},
	{Name: "created", Kind: wire.String, ReadOnly: true},
	{Name: "id", Kind: wire.String, ReadOnly: true, Schema: sameID},
	{Name: "links", Kind: wire.Any, ReadOnly: true},
	{Name: "orgId", Kind: wire.String, ReadOnly: true},
})}

var updateProjectMembers = []wire.Member{projectName, projectTags, projectAlerts}

// DecodeProjects reads a request for the caller's projects.
func DecodeProjects(r *wire.Request) op.ProjectsInput {
	return op.ProjectsInput{Page: r.Paging.Page}
}

// DecodeProject reads a request that names a project.
func DecodeProject(r *wire.Request) op.ProjectInput { return op.ProjectInput{Project: r.ProjectID()} }

// DecodeProjectByName reads a request that names a project by its name.
func DecodeProjectByName(r *wire.Request) op.ProjectNameInput {
	return op.ProjectNameInput{Name: r.Path("groupName")}
}

// DecodeCreateProject reads a request for a new project. Where orgId is not
// required, a project without one is created in the caller's organization.
func DecodeCreateProject(orgRequired bool) func(r *wire.Request) op.CreateProjectInput {
	return func(r *wire.Request) op.CreateProjectInput {
		in := op.CreateProjectInput{WithDefaultAlerts: true}
		in.Owner, _ = r.QueryText("projectOwnerId")
		if _, ok := latchkey.ParseID[latchkey.PrincipalID](in.Owner); in.Owner != "" && !ok {
			r.Refuse(op.RankQuery, latchkey.Refuse(latchkey.CodeInvalidQuery, "projectOwnerId"))
		}
		o := r.Object()
		if r.BodyBroken() {
			return in
		}
		in.Name, in.Tags = readProject(r, o, true)
		org, given := o.String("orgId")
		id, ok := latchkey.ParseID[latchkey.OrgID](org)
		switch {
		case !given && orgRequired:
			r.RefuseBody(latchkey.Refuse(latchkey.CodeMissingAttribute, "orgId"))
		case given && !ok:
			invalidMember(r, "orgId", "must be 24 lower-case hex digits")
		}
		in.Org = id
		if region, ok := o.String("regionUsageRestrictions"); ok {
			if region != fedRAMPRegions && region != govRegions {
				invalidMember(r, "regionUsageRestrictions", "must be "+fedRAMPRegions+" or "+govRegions)
			}
			in.Region = region
		}
		setBool(o, "withDefaultAlertsSettings", &in.WithDefaultAlerts)
		return in
	}
}

// DecodeUpdateProject reads a change of a project.
func DecodeUpdateProject(r *wire.Request) op.UpdateProjectInput {
	in := op.UpdateProjectInput{Project: r.ProjectID()}
	o := r.Object()
	if r.BodyBroken() {
		return in
	}
	checkSame(r, o, "id", string(in.Project))
	name, tags := readProject(r, o, false)
	if o.Has("name") {
		in.Name = &name
	}
	if o.Has("tags") {
		in.Tags = &tags
	}
	return in
}

// Limits of tags (schema ResourceTag; how many there may be is ours).
const (
	maxTags      = 50
	maxTagLength = 255
)

// readProject reads the name and the tags and checks them.
func readProject(r *wire.Request, o wire.Object, nameRequired bool) (string, []latchkey.Tag) {
	name, given := o.String("name")
	switch {
	case !given && nameRequired:
		r.RefuseBody(latchkey.Refuse(latchkey.CodeMissingAttribute, "name"))
	case given && !latchkey.ValidName(name):
		r.RefuseBody(latchkey.Refuse(latchkey.CodeInvalidProjectName, name))
	}
	list, _ := o.Objects("tags")
	if len(list) > maxTags {
		invalidMember(r, "tags", fmt.Sprintf("must have at most %d elements", maxTags))
	}
	tags := make([]latchkey.Tag, 0, len(list))
	seen := make(map[string]bool, len(list))
	for _, t := range list {
		key, _ := t.String("key")
		value, _ := t.String("value")
		for _, part := range [...]struct{ name, text string }{{"tags.key", key}, {"tags.value", value}} {
			if n := utf8.RuneCountInString(part.text); n < 1 || n > maxTagLength {
				invalidMember(r, part.name, fmt.Sprintf("must have between 1 and %d characters", maxTagLength))
			}
		}
		if seen[key] {
			invalidMember(r, "tags.key", "must not be given twice")
		}
		seen[key] = true
		tags = append(tags, latchkey.Tag{Key: key, Value: value})
	}
	return name, tags
}

// projectLinks are the relations of a single project.
var projectLinks = []string{"containers", "clusters", "databaseUsers", "peers", "processes", "whitelist"}

// EncodeProject writes one project with the links of a single one.
func EncodeProject(a *wire.Answer, p latchkey.Project) { appendProject(a, &p, true, projectLinks) }

// EncodeCreatedProject writes a new project. As recorded, tags are left out
// when none were given.
func EncodeCreatedProject(a *wire.Answer, p latchkey.Project) {
	a.Location = a.PublicURL() + wire.AtlasV2.Base() + "/groups/" + string(p.ID)
	appendProject(a, &p, len(p.Tags) > 0, projectLinks)
}

// EncodeProjects writes a page of projects.
func EncodeProjects(a *wire.Answer, page op.ProjectPage) {
	a.List(len(page.Projects), page.Total, func(i int) { appendProject(a, &page.Projects[i], true, nil) })
}

// EncodeEmpty writes an object without members.
func EncodeEmpty(a *wire.Answer, _ op.Nothing) { a.Raw("{}") }

func appendProject(a *wire.Answer, p *latchkey.Project, withTags bool, related []string) {
	a.Raw(`{"clusterCount":0,"created":`)
	a.Time(p.Created)
	a.Raw(`,"id":"`)
	a.Raw(string(p.ID))
	a.Raw(`","links":[`)
	appendRelated(a, "/groups/"+string(p.ID), related)
	a.Raw(`],"name":`)
	a.String(p.Name)
	a.Raw(`,"orgId":"`)
	a.Raw(string(p.OrgID))
	a.Raw(`"`)
	if p.RegionUsageRestrictions != "" {
		a.Raw(`,"regionUsageRestrictions":`)
		a.String(p.RegionUsageRestrictions)
	}
	if withTags {
		a.Raw(`,"tags":[`)
		for i, t := range p.Tags {
			if i > 0 {
				a.Raw(",")
			}
			a.Raw(`{"key":`)
			a.String(t.Key)
			a.Raw(`,"value":`)
			a.String(t.Value)
			a.Raw(`}`)
		}
		a.Raw("]")
	}
	a.Raw(`,"withDefaultAlertsSettings":`)
	a.Bool(p.WithDefaultAlerts)
	a.Raw(`}`)
}
