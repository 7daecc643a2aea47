package matrix

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey/latchkey/internal/published"
)

// Sizes of the metamorphic test.
const (
	metamorphicCallers = 60
	metamorphicDraws   = 2500
)

// randomHoldings draws several roles in each place, so that small sets meet
// large ones.
func randomHoldings(chance *rand.Rand, own, other string) holdings {
	draw := func(of []string, most int) (s roles) {
		for range chance.IntN(most + 1) {
			s |= named(of[chance.IntN(len(of))])
		}
		return s
	}
	// Half of the callers manage something, or little would be allowed.
	managers := []string{"GROUP_OWNER", "GROUP_ACCESS_MANAGER", "GROUP_READ_ONLY"}
	h := holdings{org: draw(orgNames[1:], 2)}.with(own, draw(projectNames, 3)|draw(managers, 1)).with(other, draw(projectNames, 1)|draw(managers, 1))
	if chance.IntN(4) == 0 {
		h.org |= named("ORG_OWNER")
	}
	if chance.IntN(12) == 0 {
		h.org |= draw(globalNames, 1)
	}
	return h
}

// randomBody draws what the request gives; operations that give nothing send
// what they do in the role matrix.
func randomBody(chance *rand.Rand, o published.Operation, x *cell, ask recipe) string {
	of := atlasProjectNames
	if o.Scope() == published.ScopeOrganization {
		of = orgNames
	}
	asked := []string{of[chance.IntN(len(of))]}
	for chance.IntN(3) == 0 {
		asked = append(asked, of[chance.IntN(len(of))])
	}
	switch chance.IntN(20) {
	case 0:
		asked = append(asked, "GROUP_NONSENSE")
	case 1:
		asked = append(asked, "ORG_READ_ONLY", "GROUP_READ_ONLY")
	case 2:
		asked = nil
	}
	withRoles := `"roles":` + strings.Replace(list(asked), "null", "[]", 1)
	switch o.ID {
	case "createGroupApiKey", "createOrgApiKey":
		return `{"desc":"made",` + withRoles + `}`
	case "updateGroupApiKeyRoles", "updateOrgApiKey":
		if chance.IntN(4) == 0 {
			return `{"desc":"changed"}`
		}
		return `{` + withRoles + `}`
	case "addGroupApiKey":
		return `[{` + withRoles + `}]`
	case "createGroupServiceAccount", "createOrgServiceAccount":
		return `{"name":"made","description":"made","secretExpiresAfterHours":8,` + withRoles + `}`
	case "updateGroupServiceAccount", "updateOrgServiceAccount":
		if chance.IntN(4) == 0 {
			return `{"description":"changed"}`
		}
		return `{` + withRoles + `}`
	case "inviteGroupServiceAccount":
		return `{` + withRoles + `}`
	}
	if ask.body == nil {
		return ""
	}
	return ask.body(x)
}

// verdict is what an answer decided, in the words of the dated generation.
func verdict(base string, got answer) string {
	code := got.code
	if base != published.BaseV2 { // the documented differences of the older generations
		switch code {
		case "NOT_IN_GROUP":
			code = "USER_CANNOT_ACCESS_GROUP"
		case "INVALID_ORG_ID", "INVALID_GROUP_ID", "INVALID_KEY_ID":
			return "400 PATH_PARAM_PARSE_ERROR"
		}
	}
	return strings.TrimSpace(fmt.Sprint(got.status, " ", code))
}

// comparable reports whether the generations decide the same about a cell: the
// older ones assign with a PATCH a key that is not in the project.
func (x *cell) comparable() bool {
	outside := x.owner == nil || x.owner.in[x.judged] == 0
	return x.op.ID != "updateGroupApiKeyRoles" || !outside
}

// TestVerdictsDoNotDependOnTheWay draws requests and callers, and sends each by
// digest and by token, as a key and as a service account that hold the same, on
// every generation that publishes it. All of them must be decided alike.
func TestVerdictsDoNotDependOnTheWay(t *testing.T) {
	chance := newRand(t)
	m := newMatrix(t, chance)
	own, other := string(m.own.ID), string(m.other.ID)
	var callers []caller
	for i := range metamorphicCallers {
		h, name := randomHoldings(chance, own, other), fmt.Sprint("caller ", i)
		callers = append(callers, caller{
			m.newKey(m.home.ID, name, h, callerAddress, listedAddress), m.newAccount(m.home.ID, name, h, callerAddress, listedAddress),
		})
	}
	rows := map[string][]published.Operation{} // by the id
	for _, base := range everyBase {
		for _, o := range served(t, base) {
			if o.Alias == "" {
				rows[o.ID] = append(rows[o.ID], o)
			}
		}
	}
	ids := make([]string, 0, len(rows))
	for id := range rows {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	draws := metamorphicDraws
	if testing.Short() {
		draws /= 10
	}
	compared, allowed, verdicts := 0, 0, map[string]int{}
	for range draws {
		id := ids[chance.IntN(len(ids))]
		by := callers[chance.IntN(len(callers))]
		o := rows[id][0]
		all := slices.DeleteFunc(places(o), func(p place) bool { return p.target == "self" }) // who is a key, is no account
		p := all[chance.IntN(len(all))]
		if chance.IntN(3) > 0 { // most places are nowhere
			p = all[0]
		}
		ask := recipes[id]
		// The request is the same, so what is drawn for it is drawn once.
		asked, seed := m.asked, chance.Uint64()
		first, how := "", ""
		for _, o := range rows[id] {
			for _, c := range []*principal{by.key, by.account} {
				m.asked = asked
				x := m.cell(o, c, p, ask)
				body := randomBody(rand.New(rand.NewPCG(seed, 1)), o, x, ask)
				got, _ := m.try(x, ask, body)
				is, way := verdict(o.Base, got), fmt.Sprintf("%s %s", x, body)
				switch {
				case first == "":
					first, how = is, way
					verdicts[is]++
					if got.status < 400 {
						allowed++
					}
				case is != first && x.comparable():
					t.Errorf("not the same:\n%s: %s\n%s: %s", how, first, way, is)
				default:
					compared++
				}
			}
		}
	}
	for _, c := range callers {
		for _, p := range []*principal{c.key, c.account} {
			if !m.unchanged(p) {
				t.Errorf("%s is not as it was made", p.name)
			}
		}
	}
	m.settled()
	t.Logf("%d requests sent in every way, %d of them allowed, %d comparisons: %v", draws, allowed, compared, verdicts)
	if compared < draws || allowed*10 < draws {
		t.Error("too little was compared, or too little allowed")
	}
}
