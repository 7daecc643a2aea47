package matrix

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/published"
)

// place says which things a request names.
type place struct {
	container string // own, other, foreign, missing, malformed
	target    string // the key or the account; "" when the path names none: inside, outside, self, foreign, missing, malformed
	part      string // what belongs to target or container; "" when the path names none: there, elsewhere, foreign, missing, malformed
}

func (p place) String() string {
	s := p.container
	if p.target != "" {
		s += ", target " + p.target
	}
	if p.part != "" {
		s += ", part " + p.part
	}
	return s
}

// places returns every place in which an operation can be asked.
func places(o published.Operation) (list []place) {
	containers := []string{"own"}
	switch {
	case o.Scope() == published.ScopeProject:
		containers = []string{"own", "other", "foreign", "missing", "malformed"}
	case o.Scope() == published.ScopeOrganization, o.Rule.Kind == published.ProjectCreatorRule:
		containers = []string{"own", "foreign", "missing", "malformed"}
	case o.Rule.Kind == published.ByNameRule:
		containers = []string{"own", "other", "foreign", "missing"}
	}
	targets := []string{""}
	if keyed(o) || accounted(o) {
		targets = []string{"inside", "outside", "self", "foreign", "missing", "malformed"}
	}
	for _, c := range containers {
		for _, k := range targets {
			for _, part := range parts(o, c, k) {
				list = append(list, place{c, k, part})
			}
		}
	}
	return list
}

// keyed and accounted report whether the path names a key, and whether it
// names a service account.
func keyed(o published.Operation) bool     { return strings.Contains(o.Path, "{apiUserId}") }
func accounted(o published.Operation) bool { return strings.Contains(o.Path, "{clientId}") }

// parts are those that are asked for in one place: all where container and
// target are there, one elsewhere.
func parts(o published.Operation, container, target string) []string {
	var all []string
	switch {
	case strings.Contains(o.Path, "{secretId}"), strings.Contains(o.Path, "{eventId}"):
		all = []string{"there", "elsewhere", "foreign", "missing", "malformed"}
	case strings.Contains(o.Path, "{endpointSetId}"), strings.Contains(o.Path, "{ipAddress}") && accounted(o):
		all = []string{"there", "missing"}
	default:
		return []string{""}
	}
	if container != "own" || target != "" && target != "inside" && target != "self" {
		return all[:1]
	}
	return all
}

// malformedIDs are ids that are none, each in another way.
var malformedIDs = []string{
	"0123456789abcdef0123456", "0123456789abcdef012345678", "0123456789ABCDEF01234567", "0123456789abcdef0123456g", "x",
}

// missingID is an id that nothing has.
const missingID = "0123456789abcdef01234567"

// cell is one request of the matrix.
type cell struct {
	op        published.Operation
	caller    *principal
	place     place
	path      string     // escaped
	container string     // the id or name of the container as the request has it
	judged    string     // the project whose roles count; differs from container for one that is thrown away
	target    string     // the id of the key or the account in the path
	owner     *principal // who has that id; nil when nobody of home does
	part      string     // the id of what belongs to one of them
}

func (x *cell) String() string {
	return fmt.Sprintf("%s %s%s as %s, %s", x.op.Method, x.op.Base, x.op.Path, x.caller.name, x.place)
}

// cell fills in the ids of a place.
func (m *matrix) cell(o published.Operation, c *principal, p place, ask recipe) *cell {
	m.asked++
	bad := malformedIDs[m.asked%len(malformedIDs)]
	x := &cell{op: o, caller: c, place: p}
	type ids struct{ org, project, name string }
	at := map[string]ids{
		"own":       {string(m.home.ID), string(m.own.ID), m.own.Name},
		"other":     {"", string(m.other.ID), m.other.Name},
		"foreign":   {string(m.away.ID), string(m.abroad.ID), m.abroad.Name},
		"missing":   {missingID, missingID, "no such name"},
		"malformed": {bad, bad, ""},
	}[p.container]
	switch {
	case o.Scope() == published.ScopeProject:
		x.container = at.project
	case o.Rule.Kind == published.ByNameRule:
		x.container = at.name
	default:
		x.container = at.org
	}
	x.judged = at.project
	m.fillTarget(x, bad)
	m.fillPart(x, bad)
	if ask.prepare != nil {
		ask.prepare(m, x)
	}
	x.path = o.Base + strings.NewReplacer(
		"{groupId}", x.container, "{orgId}", x.container, "{groupName}", url.PathEscape(x.container),
		"{apiUserId}", x.target, "{clientId}", x.target, "{ipAddress}", x.part, "{bits}", "32",
		"{secretId}", x.part, "{eventId}", x.part, "{endpointSetId}", url.PathEscape(x.part),
	).Replace(o.Path)
	return x
}

// fillTarget fills in the key or the account.
func (m *matrix) fillTarget(x *cell, bad string) {
	of, prefix := m.keys, ""
	if accounted(x.op) {
		of, prefix = m.accounts, latchkey.ClientIDPrefix
	}
	switch x.place.target {
	case "inside":
		if x.owner = of.inside[x.judged]; x.owner == nil { // the container is none
			x.owner = of.inside[string(m.own.ID)]
		}
	case "outside":
		x.owner = of.outside
	case "self":
		x.owner = x.caller
	case "foreign":
		x.target = of.stranger.id()
	case "missing":
		x.target = prefix + missingID
	case "malformed":
		x.target = prefix + bad
		if accounted(x.op) && bad == strings.ToUpper(missingID) { // which is well formed here
			x.target = missingID
		}
	}
	if x.owner != nil {
		x.target = x.owner.id()
	}
}

// fillPart fills in what belongs to the target or to the container.
func (m *matrix) fillPart(x *cell, bad string) {
	x.part = listedAddress
	pick := map[string]string{"there": listedAddress, "missing": newAddress}
	switch {
	case strings.Contains(x.op.Path, "{secretId}"):
		own := m.accounts.outside
		if x.owner != nil {
			own = x.owner
		}
		elsewhere := m.accounts.inside[string(m.other.ID)]
		pick = map[string]string{
			"there": string(own.account.Secrets[0].ID), "elsewhere": string(elsewhere.account.Secrets[0].ID),
			"foreign": string(m.accounts.stranger.account.Secrets[0].ID), "missing": missingID, "malformed": bad,
		}
	case strings.Contains(x.op.Path, "{eventId}"):
		there, elsewhere := m.events.home, m.events.abroad
		if x.op.Scope() == published.ScopeProject {
			there, elsewhere = m.events.own, m.events.other
			if x.judged == string(m.other.ID) {
				there, elsewhere = elsewhere, there
			}
		}
		pick = map[string]string{
			"there": string(there), "elsewhere": string(elsewhere), "foreign": string(m.events.abroad), "missing": missingID, "malformed": bad,
		}
	case strings.Contains(x.op.Path, "{endpointSetId}"):
		pick = map[string]string{"there": m.endpointSet(), "missing": "no such set"}
	}
	if x.place.part != "" {
		x.part = pick[x.place.part]
	}
}

// expect says what a cell must answer, in the order of the checks: caller,
// path, container, rule, target.
func (m *matrix) expect(x *cell) want {
	o := x.op
	switch {
	case o.Rule.Kind == published.Unauthenticated:
		return success(o)
	case x.caller.ID == "" && x.caller.cred != nil && x.caller.cred.token != "":
		return badToken
	case x.caller.ID == "":
		return challenge
	}
	inPath := o.Scope() != published.ScopeNone
	if inPath && x.place.container == "malformed" {
		code := map[published.Scope]string{published.ScopeProject: "INVALID_GROUP_ID", published.ScopeOrganization: "INVALID_ORG_ID"}[o.Scope()]
		return malformed(o, code, x.container, x.path)
	}
	if x.place.target == "malformed" {
		code := ""
		if keyed(o) {
			code = "INVALID_KEY_ID"
		}
		return malformed(o, code, x.target, x.path)
	}
	if x.place.part == "malformed" {
		return malformed(o, "", x.part, x.path)
	}
	nowhere := x.place.container == "foreign" || x.place.container == "missing"
	unknown := refusal(404, "ORG_NOT_FOUND", x.container)
	if o.Scope() == published.ScopeProject {
		unknown = refusal(404, "GROUP_NOT_FOUND", x.container)
	}
	if inPath && nowhere {
		return unknown
	}
	if refused, no := gate(o, x.caller.holdings, string(m.home.ID), x.judged, x.owner == x.caller); no {
		return refused
	}
	switch o.Rule.Kind {
	case published.ProjectCreatorRule:
		switch {
		case nowhere:
			return unknown
		case x.place.container == "malformed":
			return refusal(400, "VALIDATION_ERROR", "orgId must be 24 lower-case hex digits")
		}
	case published.ByNameRule:
		if nowhere || x.caller.inProject(x.judged)&named(o.Rule.Roles...) == 0 {
			return refusal(404, "GROUP_NAME_NOT_FOUND", x.container)
		}
	}
	if refused, no := m.absent(x); no {
		return refused
	}
	return success(o)
}

// absent says what the operation answers when the target or the part is not
// where the path looks for it.
func (m *matrix) absent(x *cell) (want, bool) {
	o := x.op
	in := x.owner != nil && x.owner.in[x.judged] != 0
	lost := x.place.part != "" && x.place.part != "there"
	switch {
	case keyed(o):
		noKey := refusal(400, "API_KEY_NOT_FOUND", x.target)
		switch {
		case x.owner == nil:
			return noKey, true
		case o.ID == "addGroupApiKey":
			return refusal(409, "API_KEY_ALREADY_IN_GROUP", x.target, x.container), in
		case o.ID == "updateGroupApiKeyRoles":
			return noKey, !in && o.Base == published.BaseV2
		case o.ID == "removeGroupApiKey":
			return noKey, !in
		}
	case accounted(o):
		noAccount := refusal(404, "RESOURCE_NOT_FOUND", x.target)
		switch {
		case x.owner == nil:
			return noAccount, true
		case o.ID == "inviteGroupServiceAccount":
			return alreadyIn(x.target, x.container), in
		case o.Scope() == published.ScopeProject && !in:
			return noAccount, true
		}
		if strings.Contains(o.Path, "{bits}") {
			return refusal(404, "RESOURCE_NOT_FOUND", x.part+"/32"), lost
		}
		return refusal(404, "RESOURCE_NOT_FOUND", x.part), lost
	case strings.Contains(o.Path, "{eventId}"):
		code := "ORG_EVENT_NOT_FOUND"
		if o.Scope() == published.ScopeProject {
			code = "EVENT_NOT_FOUND"
		}
		return refusal(404, code, x.part, x.container), lost
	case strings.Contains(o.Path, "{endpointSetId}"):
		return refusal(404, "RESOURCE_NOT_FOUND", x.part), lost
	}
	return want{}, false
}
