package model

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// outcome is what is to be answered. A challenge of the API has no error code
// of its own.
type outcome struct {
	status    int
	code      string
	challenge string // the scheme; "" for none
	stale     bool
}

func refused(status int, code string) *outcome { return &outcome{status: status, code: code} }

var (
	idForm       = regexp.MustCompile(`^[0-9a-f]{24}$`)
	clientIDForm = regexp.MustCompile(`^mdb_sa_id_[a-fA-F0-9]{24}$`)
)

// predict says what the call is answered, in the order of the checks:
// credential, access list, ids of the path, container, reach and role, body,
// and then what the operation finds. It changes nothing.
func (r *reference) predict(c *call) outcome {
	if c.atEndpoint() {
		return r.endpoint(c)
	}
	if o := r.early(c); o != nil {
		return *o
	}
	if o := r.late(c); o != nil {
		return *o
	}
	return outcome{status: operations[c.op].status}
}

// early is everything that is checked before the change counts as tried; nil
// when nothing refuses. A second deletion of a project ends here too.
func (r *reference) early(c *call) *outcome {
	caller := r.principals[c.caller.id]
	switch {
	case c.caller.token != "":
		if caller = r.bearer(c.caller.token); caller == nil {
			return &outcome{status: 401, challenge: "Bearer"}
		}
	case caller == nil || caller.account() || caller.private != c.caller.private:
		return &outcome{status: 401, challenge: "Digest"}
	}
	o := r.orgs[caller.org]
	switch {
	case len(caller.list) == 0 && o.listRequired:
		return refused(403, "ORG_REQUIRES_ACCESS_LIST")
	case len(caller.list) > 0 && !caller.covers(c.address):
		return refused(403, "IP_ADDRESS_NOT_ON_ACCESS_LIST")
	}
	if out := c.malformed(); out != nil {
		return out
	}
	if out := r.container(c, caller, o); out != nil {
		return out
	}
	if out := gate(c, caller); out != nil {
		return out
	}
	return c.badBody()
}

func (c *call) malformed() *outcome {
	form, code := idForm, "INVALID_KEY_ID"
	if c.aboutAccounts() {
		form, code = clientIDForm, ""
	}
	for _, id := range []struct {
		id, code string
		form     *regexp.Regexp
	}{
		{c.org, "INVALID_ORG_ID", idForm}, {c.project, "INVALID_GROUP_ID", idForm}, {c.key, code, form}, {c.secret, "", idForm},
	} {
		if id.id == "" || id.form.MatchString(id.id) {
			continue
		}
		if c.gen == v2 || id.code == "" {
			return refused(400, "PATH_PARAM_PARSE_ERROR")
		}
		return refused(404, id.code)
	}
	return nil
}

func (r *reference) container(c *call, caller *principal, o *org) *outcome {
	if c.org != "" && c.org != caller.org {
		return refused(404, "ORG_NOT_FOUND")
	}
	if c.project == "" || o.projects[c.project] != nil {
		return nil
	}
	d, was := o.deleted[c.project]
	mayKnow := d.by == caller.id || caller.roles["ORG_OWNER"]
	if c.op == "deleteGroup" && was && mayKnow && r.now.Sub(d.at) < 10*time.Minute {
		return &outcome{status: 202}
	}
	return refused(404, "GROUP_NOT_FOUND")
}

// needed are the roles that operations ask for in the project of the path; of
// those that are not here the role is one of the organization.
var needed = map[string]string{
	"getGroup": "GROUP_READ_ONLY", "getGroupServiceAccount": "GROUP_READ_ONLY",
	"createGroupApiKey": "GROUP_ACCESS_MANAGER", "updateGroupApiKeyRoles": "GROUP_ACCESS_MANAGER", "removeGroupApiKey": "GROUP_ACCESS_MANAGER",
	"createGroupServiceAccountAccessList": "GROUP_ACCESS_MANAGER", "deleteGroupServiceAccountAccessListEntry": "GROUP_ACCESS_MANAGER",
	"addGroupApiKey": "GROUP_OWNER", "updateGroup": "GROUP_OWNER", "deleteGroup": "GROUP_OWNER",
	"createGroupServiceAccount": "GROUP_OWNER", "updateGroupServiceAccount": "GROUP_OWNER", "deleteGroupServiceAccount": "GROUP_OWNER",
	"createGroupServiceAccountSecret": "GROUP_OWNER", "deleteGroupServiceAccountSecret": "GROUP_OWNER",
}

// gate is the role that the operation asks for.
func gate(c *call, caller *principal) *outcome {
	weak := refused(401, "USER_UNAUTHORIZED")
	owns := caller.inOrg()["ORG_OWNER"]
	switch c.op {
	case "createGroup":
		if !caller.inOrg()["ORG_GROUP_CREATOR"] {
			return refused(401, "NOT_ORG_GROUP_CREATOR")
		}
		return nil
	case "createOrgApiKeyAccessListEntry", "deleteOrgApiKeyAccessListEntry":
		if caller.id != c.key && !owns {
			return refused(401, "API_KEY_ACCESS_LIST_ACCESS_DENIED")
		}
		return nil
	case "getOrgApiKey":
		return nil // every principal of the organization is a member of it
	case "getOrgServiceAccount":
		if !caller.inOrg()["ORG_READ_ONLY"] {
			return weak
		}
		return nil
	}
	if c.project != "" {
		held := caller.inProject(c.project)
		switch {
		case len(held) == 0 && c.gen == v2:
			return refused(401, "USER_CANNOT_ACCESS_GROUP")
		case len(held) == 0:
			return refused(401, "NOT_IN_GROUP")
		case needed[c.op] != "" && !held[needed[c.op]]:
			return weak
		}
	}
	if needed[c.op] == "" && !owns {
		return weak
	}
	return nil
}

// badBody is what is wrong with the body by itself.
func (c *call) badBody() *outcome {
	b := &c.body
	if c.aboutAccounts() && b.entries == nil {
		return c.badAccount()
	}
	switch c.op {
	case "createGroupApiKey", "createOrgApiKey":
		switch {
		case b.desc == nil:
			return refused(400, "MISSING_ATTRIBUTE")
		case badDesc(*b.desc) != nil:
			return badDesc(*b.desc)
		case !b.hasList:
			return refused(400, "MISSING_ATTRIBUTE")
		}
		return c.badRoles()
	case "updateGroupApiKeyRoles", "updateOrgApiKey":
		switch {
		case b.desc == nil && !b.hasList:
			return refused(400, "MISSING_ONE_OF_ATTRIBUTES")
		case b.desc != nil && badDesc(*b.desc) != nil:
			return badDesc(*b.desc)
		case b.hasList:
			return c.badRoles()
		}
	case "addGroupApiKey":
		return c.badRoles()
	case "createOrgApiKeyAccessListEntry", "createOrgServiceAccountAccessList", "createGroupServiceAccountAccessList":
		return badEntries(b.entries)
	case "updateOrg":
		return badName(b.name, true, "INVALID_ORG_NAME")
	case "updateGroup":
		return badName(b.name, false, "INVALID_GROUP_NAME")
	case "createGroup":
		if out := badName(b.name, true, "INVALID_GROUP_NAME"); out != nil {
			return out
		}
		if b.orgID == nil && c.gen == v2 {
			return refused(400, "MISSING_ATTRIBUTE")
		}
	case "updateOrgSettings":
		switch hours, isHours := b.value.(int); {
		case b.setting == "nonsense":
			return refused(400, "INVALID_ATTRIBUTE")
		case isHours && (hours < 8 || hours > 8760):
			return refused(400, "VALIDATION_ERROR")
		}
	}
	return nil
}

func badDesc(desc string) *outcome {
	switch {
	case strings.TrimSpace(desc) == "":
		return refused(400, "API_KEY_REQUIRES_DESCRIPTION")
	case utf8.RuneCountInString(desc) > 250:
		return refused(400, "INVALID_API_KEY_DESC")
	}
	return nil
}

// badRoles judges the roles of a key.
func (c *call) badRoles() *outcome {
	if len(c.body.roles) == 0 {
		return refused(400, "MISSING_API_KEY_ROLES")
	}
	return c.badRoleNames()
}

// badRoleNames judges the first name that breaks a rule.
func (c *call) badRoleNames() *outcome {
	inOrg := strings.Contains(c.op, "Org")
	for _, n := range c.body.roles {
		switch {
		case !c.gen.knows(n):
			return refused(400, "INVALID_ENUM_VALUE")
		case strings.HasPrefix(n, "GLOBAL_"):
			return refused(403, "CANNOT_ADD_GLOBAL_ROLE")
		case inOrg && strings.HasPrefix(n, "GROUP_"):
			return refused(400, "CANNOT_ADD_GROUP_ROLE")
		case !inOrg && strings.HasPrefix(n, "ORG_"):
			return refused(400, "CANNOT_ADD_ORG_ROLE")
		}
	}
	return nil
}

var nameForm = regexp.MustCompile(`^[\p{L}\p{N}\-_.(),:&@+' ]{1,64}$`)

func badName(name *string, required bool, code string) *outcome {
	switch {
	case name == nil && required:
		return refused(400, "MISSING_ATTRIBUTE")
	case name != nil && !nameForm.MatchString(*name):
		return refused(400, code)
	}
	return nil
}

func badEntries(entries []string) *outcome {
	var seen []netip.Prefix
	for _, e := range entries {
		p, ok := prefixOf(e)
		switch {
		case !ok:
			return refused(400, "INVALID_IP_ADDRESS_OR_CIDR_NOTATION")
		case p == netip.MustParsePrefix("0.0.0.0/32"):
			return refused(400, "CANNOT_ADD_IP_ADDRESS_TO_API_KEY_ACCESS_LIST")
		case slices.Contains(seen, p):
			return refused(400, "DUPLICATE_ADDRESSES_IN_INPUT")
		}
		seen = append(seen, p)
	}
	return nil
}

// prefixOf masks the bits of the host.
func prefixOf(text string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(text)
	return p.Masked(), err == nil
}
