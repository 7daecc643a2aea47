package matrix

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/published"
	"github.com/latchkey/latchkey/internal/server"
	"github.com/latchkey/latchkey/internal/wire"
)

// generations are the bases, with what is published under each. The private
// operations, which belong to none, are asked with the first v1.0.
func generations() map[string][]published.Operation {
	return map[string][]published.Operation{
		published.BaseV2:      published.Operations(),
		published.BaseV1:      append(published.V1(), published.Private()...),
		published.BaseAtlasV1: published.AtlasV1(),
	}
}

// served returns the published operation of every row under the base.
func served(t *testing.T, base string) []published.Operation {
	t.Helper()
	facts := generations()[base]
	var list []published.Operation
	for _, row := range server.Rows(server.ReadBuild()) {
		for _, g := range row.Generations {
			if g.Base() != base {
				continue
			}
			for _, pattern := range row.Paths(g) {
				i := slices.IndexFunc(facts, func(o published.Operation) bool {
					return o.Method == row.Method && o.Pattern() == pattern && o.ID == row.Op.Name
				})
				if i < 0 {
					t.Errorf("%s %s (%s) is served and not published", row.Method, pattern, row.Op.Name)
					continue
				}
				list = append(list, facts[i])
			}
		}
	}
	return list
}

// TestEveryPublishedRowIsServed compares the other way round: what is
// published for v1.0 is served, and on v2 at least as much.
func TestEveryPublishedRowIsServed(t *testing.T) {
	if len(wire.Generations()) != len(generations()) {
		t.Errorf("%d generations are served, %d published", len(wire.Generations()), len(generations()))
	}
	have := map[string]bool{}
	for base := range generations() {
		for _, o := range served(t, base) {
			if have[o.Method+" "+o.Pattern()] {
				t.Errorf("%s %s is served twice", o.Method, o.Pattern())
			}
			have[o.Method+" "+o.Pattern()] = true
		}
	}
	need := slices.Concat(published.V1(), published.AtlasV1(), published.Private())
	for _, o := range published.V1() {
		if v2, ok := published.ByID(o.ID); ok {
			need = append(need, v2)
		}
	}
	for _, id := range []string{"addGroupApiKey", "listControlPlaneIpAddresses"} {
		o, _ := published.ByID(id)
		need = append(need, o)
	}
	for _, o := range need {
		if !have[o.Method+" "+o.Pattern()] {
			t.Errorf("%s %s (%s) is published and not served", o.Method, o.Pattern(), o.ID)
		}
	}
}

// TestLatticeKnowsEveryRole: the documented tables and the server know the same roles.
func TestLatticeKnowsEveryRole(t *testing.T) {
	for _, name := range latchkey.AllRoles().Names() {
		if !slices.Contains(roleNames, name) {
			t.Errorf("the server knows %s, which is not documented", name)
		}
	}
	if got := read(stored(t, everyRole)); got != everyRole || len(roleNames) != 47 {
		t.Errorf("%d documented roles, of which the server knows %v", len(roleNames), got.names())
	}
}

// TestRoleMatrix asks every operation as every role in every place, on every
// generation, with strict granting: requests are such that a caller who passes
// the published rule dominates what it touches (they give and take Project Read
// Only, Project Access Manager where that is what the rule asks for, and
// organization roles where the rule asks for an owner), so that only the rule
// decides. What dominance refuses is the cube's business.
func TestRoleMatrix(t *testing.T) {
	for base := range generations() {
		t.Run(strings.ReplaceAll(strings.TrimPrefix(base, "/api/"), "/", "-"), func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			m := newMatrix(t, newRand(t))
			var all [2]count
			for _, o := range served(t, base) {
				byKey, byAccount := m.operation(o)
				free := o.Rule.Kind == published.AnyCaller || o.Rule.Kind == published.Unauthenticated
				for kind, n := range [2]count{byKey, byAccount} {
					all[kind].allowed += n.allowed
					all[kind].refused += n.refused
					if n.allowed == 0 || n.refused == 0 && !free {
						t.Errorf("%s %s: of %s, %d cells let in, %d refused", o.Method, o.Pattern(), kinds[kind], n.allowed, n.refused)
					}
				}
			}
			m.settled()
			t.Logf("%s: cells of %s %+v, of %s %+v, in %.1f s", base, kinds[0], all[0], kinds[1], all[1], time.Since(start).Seconds())
		})
	}
}

// count is how many cells were let in and how many refused.
type count struct{ allowed, refused int }

// kinds are the kinds of callers.
var kinds = [2]string{"keys", "service accounts"}

// operation asks one operation in all its cells. Every cell that lets its
// caller in is asked by a key and by a service account that hold the same; of
// the others each is asked by one of them, drawn by chance. It counts callers
// that prove who they are only, so that the others prove nothing about roles.
func (m *matrix) operation(o published.Operation) (byKey, byAccount count) {
	ask, ok := recipes[o.ID]
	if !ok {
		m.Errorf("no recipe for %s: the matrix must cover every operation", o.ID)
		return byKey, byAccount
	}
	for _, c := range m.callers {
		for _, p := range places(o) {
			first, second := c.key, c.account
			if second != nil && m.chance.IntN(2) == 0 {
				first, second = second, first
			}
			if p.target == "self" { // a key is no account, and the other way round
				first, second = c.key, nil
				if accounted(o) {
					first = c.account
				}
			}
			for _, by := range []*principal{first, second} {
				if by == nil || p.target == "self" && by.ID == "" {
					break
				}
				got := m.ask(o, by, p, ask)
				n := &byKey
				if by.ID.IsAccount() {
					n = &byAccount
				}
				switch {
				case by.ID == "" && o.Rule.Kind != published.Unauthenticated:
				case got.status < 400:
					n.allowed++
				default:
					n.refused++
				}
				if got.status >= 400 {
					break
				}
			}
		}
	}
	return byKey, byAccount
}

// ask asks one cell, holds the answer against what is expected, and makes
// everything be again as it was.
func (m *matrix) ask(o published.Operation, by *principal, p place, ask recipe) answer {
	x := m.cell(o, by, p, ask)
	body := ""
	if ask.body != nil {
		body = ask.body(x)
	}
	expected := m.expect(x)
	got, wrote := m.try(x, ask, body)
	m.compare(x, got, expected)
	if wrote != (ask.reset != nil && got.status < 400) {
		m.Errorf("%s: %d, written %v", x, got.status, wrote)
	}
	return got
}

// try sends the request of a cell with that body and makes everything be again
// as it was. It tells whether anything was written.
func (m *matrix) try(x *cell, ask recipe, body string) (got answer, wrote bool) {
	before := m.flushes()
	got = m.do(m, x.caller.cred, x.op.Method, x.path, body)
	wrote = m.flushes() != before
	if got.status < 400 && ask.reset != nil {
		ask.reset(m, x, got)
	}
	if ask.after != nil {
		ask.after(m, x)
	}
	return got, wrote
}

// compare holds an answer against what was expected.
func (m *matrix) compare(x *cell, got answer, expected want) {
	m.Helper()
	is := want{got.status, got.code, got.params}
	if is != expected {
		m.Errorf("%s: %s, want %s (reason %q)", x, is, expected, got.header.Get("X-Latchkey-Reason"))
	}
	scheme, _, _ := strings.Cut(got.header.Get("WWW-Authenticate"), " ")
	if want := map[want]string{challenge: "Digest", badToken: "Bearer"}[expected]; scheme != want {
		m.Errorf("%s: challenged with %q, want %q", x, scheme, want)
	}
	code := expected.code
	if expected == challenge {
		code = ""
	}
	if header := got.header.Get("X-Error-Code"); header != code {
		m.Errorf("%s: X-Error-Code %q, want %q", x, header, code)
	}
	reason := got.header.Get("X-Latchkey-Reason")
	if expected == unauthorized && !endsWith(reason, named(x.op.Rule.Roles...)) {
		m.Errorf("%s: the reason %q names none of %v", x, reason, x.op.Rule.Roles)
	}
}

// endsWith reports whether the last word of a reason is one of the roles.
func endsWith(reason string, any roles) bool {
	return slices.Contains(any.names(), reason[strings.LastIndexByte(reason, ' ')+1:])
}
