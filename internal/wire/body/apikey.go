// Package body owns what the API generations say alike: the rows that all of
// them serve, how requests are read into the inputs of operations, how their
// outputs are written, and the schemas that describe both.
package body

import (
	"slices"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/policy"
	"github.com/latchkey/latchkey/internal/wire"
)

// sameID says for the documents what is asked of an id that a body repeats.
var sameID = &wire.Schema{Description: "In a change: as in the path, or the change is refused."}

// keyReadOnly are the members of a key that clients may send back.
var keyReadOnly = []wire.Member{
	{Name: "id", Kind: wire.String, ReadOnly: true, Schema: sameID},
	{Name: "links", Kind: wire.Any, ReadOnly: true},
	{Name: "privateKey", Kind: wire.String, ReadOnly: true},
	{Name: "publicKey", Kind: wire.String, ReadOnly: true},
}

// keyWritable are the members that say what a key is to be; the roles are of
// one level.
func keyWritable(level latchkey.Level) []wire.Member {
	return []wire.Member{
		{Name: "desc", Kind: wire.String,
			Schema: &wire.Schema{Description: "Not only white space.", MinLength: 1, MaxLength: op.MaxDescLength},
			Codes:  []latchkey.Code{latchkey.CodeDescRequired, latchkey.CodeDescTooLong}},
		rolesOf(level),
	}
}

func rolesOf(level latchkey.Level) wire.Member {
	wrongLevel := latchkey.CodeOrgRoleInProject
	if level == latchkey.LevelOrganization {
		wrongLevel = latchkey.CodeProjectRoleInOrg
	}
	return wire.Member{Name: "roles", Kind: wire.StringArray,
		Schema: &wire.Schema{MinItems: 1, Description: "Names of roles in the " + level.String() + ": exactly those that the key is to hold there."},
		Values: func(g wire.Generation) []string { return Grantable(g).AtLevel(level).Names() },
		Codes:  []latchkey.Code{latchkey.CodeUnknownRole, latchkey.CodeMissingRoles, latchkey.CodeGlobalRole, wrongLevel},
	}
}

// takingReadOnly returns the members and, behind them, those of the response object.
func takingReadOnly(members, readOnly []wire.Member) []wire.Member {
	return append(append([]wire.Member(nil), members...), readOnly...)
}

// newKey returns the body of a key's creation, changedKey that of a change.
func newKey(name string, members []wire.Member) *wire.Body {
	return &wire.Body{
		Name: name, Members: members, Required: []string{"desc", "roles"},
		Codes: []latchkey.Code{latchkey.CodeTooManyKeys},
	}
}

func changedKey(name string, members []wire.Member) *wire.Body {
	return &wire.Body{Name: name, Members: members, AnyOf: []string{"desc", "roles"}}
}

var (
	orgKeyWritable     = keyWritable(latchkey.LevelOrganization)
	projectKeyWritable = keyWritable(latchkey.LevelProject)
)

// The bodies of key operations. The published request schemas of the dated
// generation have no read-only members; on the older ones those of the
// response object are accepted.
var (
	CreateOrgKey     = newKey("CreateAtlasOrganizationApiKey", orgKeyWritable)
	CreateProjectKey = newKey("CreateAtlasProjectApiKey", projectKeyWritable)
	UpdateOrgKey     = changedKey("UpdateAtlasOrganizationApiKey", orgKeyWritable)
	UpdateProjectKey = changedKey("UpdateAtlasProjectApiKey", projectKeyWritable)
	AddKey           = &wire.Body{Name: "UserAccessRoleAssignment", Array: true, MaxItems: 64,
		Members: []wire.Member{
			rolesOf(latchkey.LevelProject),
			{Name: "userId", Kind: wire.String, ReadOnly: true,
				Schema: &wire.Schema{Pattern: idPattern, Description: "As in the path, or the request is refused."}},
		},
		Codes: []latchkey.Code{latchkey.CodeKeyAlreadyInProject},
	}

	CreateOrgKeyV1     = newKey("CreateOrganizationApiKey", takingReadOnly(orgKeyWritable, keyReadOnly))
	CreateProjectKeyV1 = newKey("CreateProjectApiKey", takingReadOnly(projectKeyWritable, keyReadOnly))
	UpdateOrgKeyV1     = changedKey("UpdateOrganizationApiKey", takingReadOnly(orgKeyWritable, keyReadOnly))
	UpdateProjectKeyV1 = changedKey("UpdateProjectApiKey", takingReadOnly(projectKeyWritable, keyReadOnly))
)

// Grantable returns the roles whose names the generation accepts.
func Grantable(g wire.Generation) latchkey.RoleSet {
	if g == wire.PublicV1 {
		return grantableOpsManager
	}
	return grantableAtlas
}

var (
	grantableAtlas      = policy.Grantable(policy.Atlas)
	grantableOpsManager = policy.Grantable(policy.OpsManager)
)

// keyPatch is what a body says of a key.
type keyPatch struct {
	desc     *string
	setRoles bool
	roles    latchkey.RoleSet
}

// readKey reads desc and roles; a creation needs both, an update one. An id in
// the body of an update must be that of the path.
func readKey(r *wire.Request, level latchkey.Level, create bool, id latchkey.PrincipalID) (p keyPatch) {
	o := r.Object()
	if r.BodyBroken() {
		return p
	}
	if !create {
		checkSame(r, o, "id", string(id))
	}
	desc, hasDesc := o.String("desc")
	names, hasRoles := o.Strings("roles")
	switch {
	case create && !hasDesc:
		r.RefuseBody(latchkey.Refuse(latchkey.CodeMissingAttribute, "desc"))
	case !hasDesc && !hasRoles:
		r.RefuseBody(latchkey.Refuse(latchkey.CodeMissingOneOf, "desc", "roles"))
	}
	if hasDesc {
		r.RefuseBody(op.CheckDesc(desc))
		p.desc = &desc
	}
	if create && !hasRoles {
		r.RefuseBody(latchkey.Refuse(latchkey.CodeMissingAttribute, "roles"))
	}
	if hasRoles {
		roles, err := op.ParseRoles(names, level, Grantable(r.Generation))
		r.RefuseBody(err)
		p.roles, p.setRoles = roles, true
	}
	return p
}

func (p keyPatch) description() string {
	if p.desc == nil {
		return ""
	}
	return *p.desc
}

// DecodeProjectKeys reads a request for a page of a project's keys.
func DecodeProjectKeys(r *wire.Request) op.ProjectKeysInput {
	return op.ProjectKeysInput{Project: r.ProjectID(), Page: r.Paging.Page}
}

// DecodeCreateProjectKey reads a request for a new key in a project.
func DecodeCreateProjectKey(r *wire.Request) op.CreateProjectKeyInput {
	in := op.CreateProjectKeyInput{Project: r.ProjectID()}
	p := readKey(r, latchkey.LevelProject, true, "")
	in.Desc, in.Roles = p.description(), p.roles
	return in
}

// DecodeReplaceProjectRoles reads the PATCH. With assign a key of the
// organization that is not in the project is put into it.
func DecodeReplaceProjectRoles(assign bool) func(r *wire.Request) op.ReplaceProjectRolesInput {
	return func(r *wire.Request) op.ReplaceProjectRolesInput {
		in := op.ReplaceProjectRolesInput{Project: r.ProjectID(), Key: r.KeyID(), Assign: assign}
		p := readKey(r, latchkey.LevelProject, false, in.Key)
		in.Desc, in.SetRoles, in.Roles = p.desc, p.setRoles, p.roles
		return in
	}
}

// DecodeAddKey reads the array with which a key is added to a project; the
// roles of all its elements count.
func DecodeAddKey(r *wire.Request) op.ProjectKeyInput {
	in := DecodeProjectKey(r)
	list := r.Objects()
	if r.BodyBroken() {
		return in
	}
	var names []string
	for _, o := range list {
		checkSame(r, o, "userId", string(in.Key))
		roles, _ := o.Strings("roles")
		names = append(names, roles...)
	}
	roles, err := op.ParseRoles(names, latchkey.LevelProject, Grantable(r.Generation))
	r.RefuseBody(err)
	in.Roles = roles
	return in
}

// DecodeProjectKey reads a request that names a key in a project.
func DecodeProjectKey(r *wire.Request) op.ProjectKeyInput {
	return op.ProjectKeyInput{Project: r.ProjectID(), Key: r.KeyID()}
}

// DecodeOrgKeys reads a request for a page of an organization's keys.
func DecodeOrgKeys(r *wire.Request) op.OrgKeysInput {
	return op.OrgKeysInput{Org: r.OrgID(), Page: r.Paging.Page}
}

// DecodeOrgKey reads a request that names a key of an organization.
func DecodeOrgKey(r *wire.Request) op.OrgKeyInput {
	return op.OrgKeyInput{Org: r.OrgID(), Key: r.KeyID()}
}

// DecodeCreateOrgKey reads a request for a new key.
func DecodeCreateOrgKey(r *wire.Request) op.CreateOrgKeyInput {
	in := op.CreateOrgKeyInput{Org: r.OrgID()}
	p := readKey(r, latchkey.LevelOrganization, true, "")
	in.Desc, in.Roles = p.description(), p.roles
	return in
}

// DecodeUpdateOrgKey reads a change of a key.
func DecodeUpdateOrgKey(r *wire.Request) op.UpdateOrgKeyInput {
	in := op.UpdateOrgKeyInput{Org: r.OrgID(), Key: r.KeyID()}
	p := readKey(r, latchkey.LevelOrganization, false, in.Key)
	in.Desc, in.SetRoles, in.Roles = p.desc, p.setRoles, p.roles
	return in
}

// EncodeKey writes a key with all its roles, the private key redacted.
func EncodeKey(a *wire.Answer, k latchkey.APIKey) {
	appendKey(a, &k, latchkey.RedactedPrivateKey(k.PrivateTail))
}

// EncodeCreatedKey writes a new key with its private key in clear: the only
// answer that ever shows it.
func EncodeCreatedKey(a *wire.Answer, k op.CreatedKey) { appendKey(a, &k.Key, k.Private.Reveal()) }

// EncodeKeys writes a page of keys.
func EncodeKeys(a *wire.Answer, p op.KeyPage) {
	a.List(len(p.Keys), p.Total, func(i int) { EncodeKey(a, p.Keys[i]) })
}

func appendKey(a *wire.Answer, k *latchkey.APIKey, private string) {
	a.Raw(`{"desc":`)
	a.String(k.Desc)
	a.Raw(`,"id":"`)
	a.Raw(string(k.ID))
	a.Raw(`","links":[`)
	a.Link("self", "/orgs/", string(k.OrgID), "/apiKeys/", string(k.ID))
	a.Raw(`],"privateKey":"`)
	a.Raw(private)
	a.Raw(`","publicKey":"`)
	a.Raw(string(k.PublicKey))
	a.Raw(`","roles":`)
	appendRoles(a, &k.Principal)
	a.Raw(`}`)
}

// roleLength is about how long one role is in JSON.
const roleLength = 90

// appendRoles writes the roles of a principal: those in the organization first, then
// those in projects by project id, each in the order of the role table. A key
// can hold thousands, so this works on the buffer itself.
func appendRoles(a *wire.Answer, k *latchkey.Principal) {
	buf := slices.Grow(a.Buf, roleLength*(k.OrgRoles.Len()+k.ProjectRoles.Len()+2))
	buf = append(buf, '[')
	start := len(buf)
	for role := range k.OrgRoles.All() {
		buf = appendRole(buf, start, `{"orgId":"`, string(k.OrgID), role)
	}
	for i := range k.ProjectRoles.Len() {
		project, roles := k.ProjectRoles.At(i)
		for ; roles != 0; roles &= roles - 1 {
			buf = appendRole(buf, start, `{"groupId":"`, string(project), roles.First())
		}
	}
	a.Buf = append(buf, ']')
}

func appendRole(buf []byte, start int, member, id string, role latchkey.Role) []byte {
	if len(buf) > start {
		buf = append(buf, ',')
	}
	buf = append(buf, member...)
	buf = append(buf, id...)
	buf = append(buf, `","roleName":"`...)
	buf = append(buf, role.String()...)
	return append(buf, `"}`...)
}
