package apitest

import (
	"testing"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/wire"
)

// refusal is a call that must be refused, and how. Paths, bodies and
// parameters name ids like {project}; "{path}" is the path as it was asked.
type refusal struct {
	code   latchkey.Code
	on     on       // the generations; 0 is all
	by     string   // "" is the owner
	call   string   // METHOD and path below the base
	body   string   //
	header []string // besides the usual ones
	status int
	error  string
	params []any
	detail []string // badRequestDetail: field, description, …
}

func p(params ...any) []any { return params }

// refusals are all tables of refused calls.
func refusals() []refusal {
	var all []refusal
	for _, table := range [][]refusal{
		containerRefusals(), roleRefusals(), keyRefusals(), ownerRefusals(), memberRefusals(), descRefusals(), jsonRefusals(),
		entryRefusals(), projectRefusals(), orgRefusals(), requestRefusals(), accountRefusals(), accountBodyRefusals(), eventRefusals(),
	} {
		all = append(all, table...)
	}
	return all
}

// TestRefusals makes every call of the tables on every generation it is for.
func TestRefusals(t *testing.T) {
	onEveryGeneration(t, func(t *testing.T, w *world, g generation) {
		rows := make(map[latchkey.Code]wire.Description)
		for _, d := range wire.Describe(wireGeneration(g)) {
			rows[d.Code] = d
		}
		state := w.dump()
		for _, c := range refusals() {
			if !g.on(c.on) {
				continue
			}
			by := c.by
			if by == "" {
				by = "owner"
			}
			a := w.call(by, g.at(c.call), c.body, c.header...)
			if after := w.dump(); after != state {
				a.fail("the data changed\nbefore:\n%s\nafter:\n%s", state, after)
				state = after
			}
			a.want(c.status, c.error, c.params...)
			if d := rows[c.code]; d.Status != c.status || d.ErrorCode != c.error {
				t.Errorf("%s: the case says %d %s, its code %d %s", c.call, c.status, c.error, d.Status, d.ErrorCode)
			}
			if g.bit == public {
				a.wantDetail()
			} else if c.detail != nil {
				a.wantDetail(c.detail...)
			}
		}
	})
}

func wireGeneration(g generation) wire.Generation {
	for _, have := range wire.Generations() {
		if have.Base() == g.base {
			return have
		}
	}
	panic("no generation has the base " + g.base)
}

// elsewhere are the codes that no row of the tables has, and why.
func elsewhere() map[latchkey.Code]string {
	return map[latchkey.Code]string{
		latchkey.CodeUnauthenticated:     "TestChallenge: its body is not an error object",
		latchkey.CodeStaleNonce:          "TestReplay, TestOldNonce: its body is not an error object",
		latchkey.CodeAccessListRequired:  "TestAccessListRequired: needs an organization that requires lists",
		latchkey.CodeCallerLockedOut:     "TestCallerIsNotLockedOut: needs callers with lists",
		latchkey.CodeAccessDenied:        "TestCheck: what is refused is in no generation",
		latchkey.CodeTooManyKeys:         "TestTooManyKeys: needs a small limit",
		latchkey.CodeTooManyAccounts:     "TestTooManyAccounts: needs five hundred accounts",
		latchkey.CodeRateLimited:         "TestLimitCountsDown: needs small limits",
		latchkey.CodeAttemptsLimited:     "TestWrongSecretsAreLimited: needs a small limit",
		latchkey.CodeEndpointSetNotFound: "TestRateLimitsAreTold: is on one generation only",
		latchkey.CodeBodyTimeout:         "TestSlowSenders: takes ten seconds",
		latchkey.CodeInternal:            "TestInternalFault: needs a broken store",
		latchkey.CodeUnavailable:         "TestUnavailable: needs a broken store",
	}
}

// TestEveryCodeIsCovered: each code is in the tables or listed with a reason,
// and not both.
func TestEveryCodeIsCovered(t *testing.T) {
	t.Parallel()
	inTable := make(map[latchkey.Code]bool)
	for _, c := range refusals() {
		inTable[c.code] = true
	}
	for _, code := range latchkey.Codes() {
		_, listed := elsewhere()[code]
		if inTable[code] == listed {
			t.Errorf("code %d (%v): in the tables %v, listed elsewhere %v", code, wire.Describe(wire.AtlasV2)[code-1].ErrorCode, inTable[code], listed)
		}
	}
}
