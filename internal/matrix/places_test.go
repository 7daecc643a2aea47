package matrix

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/latchkey/latchkey"

	"github.com/latchkey/latchkey/internal/published"
	"github.com/latchkey/latchkey/internal/server"
)

// place says which things a request names.
type place struct {
	container string // own, other, foreign, missing, malformed
	key       string // "" when the path names none: inside, outside, self, foreign, missing, malformed
}

func (p place) String() string {
	if p.key == "" {
		return p.container
	}
	return p.container + ", key " + p.key
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
	keys := []string{""}
	if strings.Contains(o.Path, "{apiUserId}") {
		keys = []string{"inside", "outside", "self", "foreign", "missing", "malformed"}
	}
	for _, c := range containers {
		for _, k := range keys {
			list = append(list, place{c, k})
		}
	}
	return list
}

// malformedIDs are ids that are none, each in another way.
var malformedIDs = []string{
	"0123456789abcdef0123456", "0123456789abcdef012345678", "0123456789ABCDEF01234567", "0123456789abcdef0123456g", "x",
}

// missingID is an id that nothing has.
const missingID = "0123456789abcdef01234567"

// matrix is the world in which the cells are asked.
type matrix struct {
	*world
	home, away         latchkey.Organization
	own, other, abroad latchkey.Project // the last one of away
	callers            []*principal
	inside, outside    *principal // keys of home, in both its projects and in none
	stranger           *principal // a key of away
	asked              int
}

// newMatrix makes two organizations, and a caller for every role. Each holds
// that role alone; project roles are held in the project own.
func newMatrix(t testing.TB) *matrix {
	m := &matrix{world: newWorld(t, server.Config{})}
	m.home, m.away = m.newOrg("home"), m.newOrg("away")
	m.own, m.other, m.abroad = m.newProject(m.home.ID), m.newProject(m.home.ID), m.newProject(m.away.ID)
	own, other, abroad := string(m.own.ID), string(m.other.ID), string(m.abroad.ID)
	reader, member, owner := named("GROUP_READ_ONLY"), named("ORG_MEMBER"), named("ORG_OWNER")

	m.newKey(m.home.ID, "dormant owner", holdings{org: owner})
	m.inside = m.newKey(m.home.ID, "inside", holdings{member, map[string]roles{own: reader, other: reader}}, listedAddress)
	m.outside = m.newKey(m.home.ID, "outside", holdings{org: member}, listedAddress)
	m.stranger = m.newKey(m.away.ID, "stranger", holdings{owner, map[string]roles{abroad: reader}}, listedAddress)

	add := func(name string, h holdings) {
		m.callers = append(m.callers, m.newKey(m.home.ID, name, h, callerAddress, listedAddress))
	}
	add("no role", holdings{})
	for _, name := range append(append([]string(nil), orgNames...), globalNames...) {
		add(name, holdings{org: named(name)})
	}
	for _, name := range projectNames {
		add(name, holdings{in: map[string]roles{own: named(name)}})
	}
	m.callers = append(m.callers,
		&principal{name: "nobody"},
		&principal{name: "an unknown key", cred: newCredential("aaaaaaaa", "x")},
		&principal{name: "a wrong secret", cred: newCredential(m.inside.cred.user, "x")},
	)
	return m
}

// cell is one request of the matrix.
type cell struct {
	op        published.Operation
	caller    *principal
	place     place
	path      string     // escaped
	container string     // the id or name of the container as the request has it
	judged    string     // the project whose roles count; differs from container for one that is thrown away
	key       string     // the id of the key in the path
	owner     *principal // who has that id; nil when nobody of home does
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
	switch p.key {
	case "inside":
		x.owner = m.inside
	case "outside":
		x.owner = m.outside
	case "self":
		x.owner = c
	case "foreign":
		x.key = m.stranger.id()
	case "missing":
		x.key = missingID
	case "malformed":
		x.key = bad
	}
	if x.owner != nil {
		x.key = x.owner.id()
	}
	if ask.prepare != nil {
		ask.prepare(m, x)
	}
	x.path = o.Base + strings.NewReplacer(
		"{groupId}", x.container, "{orgId}", x.container, "{groupName}", url.PathEscape(x.container),
		"{apiUserId}", x.key, "{ipAddress}", listedAddress, "{bits}", "32",
	).Replace(o.Path)
	return x
}

// expect says what a cell must answer, in the order of the checks: caller,
// path, container, rule, target.
func (m *matrix) expect(x *cell) want {
	o := x.op
	switch {
	case o.Rule.Kind == published.Unauthenticated:
		return success(o)
	case x.caller.key.ID == "":
		return challenge
	}
	inPath := o.Scope() != published.ScopeNone
	if inPath && x.place.container == "malformed" {
		code := map[published.Scope]string{published.ScopeProject: "INVALID_GROUP_ID", published.ScopeOrganization: "INVALID_ORG_ID"}[o.Scope()]
		return malformed(o, code, x.container, x.path)
	}
	if x.place.key == "malformed" {
		return malformed(o, "INVALID_KEY_ID", x.key, x.path)
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
	if x.place.key == "" {
		return success(o)
	}
	noKey := refusal(400, "API_KEY_NOT_FOUND", x.key)
	if x.owner == nil {
		return noKey
	}
	in := x.owner.in[x.judged] != 0
	switch o.ID {
	case "updateGroupApiKeyRoles":
		if !in && o.Base == published.BaseV2 {
			return noKey
		}
	case "removeGroupApiKey":
		if !in {
			return noKey
		}
	case "addGroupApiKey":
		if in {
			return refusal(409, "API_KEY_ALREADY_IN_GROUP", x.key, x.container)
		}
	}
	return success(o)
}
