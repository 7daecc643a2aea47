package op_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
)

// counter is a limit that notes what it is asked, refuses what it is told to,
// and stays with what it granted.
type counter struct {
	drawn   []string
	refuse  map[bool]bool // whether a call is refused, by whether it is a revocation
	granted bool
}

func (c *counter) Draw(d *op.Drawn) *latchkey.Error {
	c.drawn = append(c.drawn, fmt.Sprintf("project=%v revokes=%v", d.Project != "", d.Revokes))
	if !c.granted && c.refuse[d.Revokes] {
		return latchkey.Refuse(latchkey.CodeRateLimited)
	}
	c.granted = true
	return nil
}

// TestLimitHasItsPlace holds when the limit is asked, for whom, and what goes
// before it.
func TestLimitHasItsPlace(t *testing.T) {
	var ordinary, all = map[bool]bool{false: true}, map[bool]bool{false: true, true: true}
	inProject, outside := "project=true revokes=false", "project=false revokes=false"
	for _, test := range []struct {
		name    string
		refuse  map[bool]bool
		change  func(st *stage, c *op.Call)
		project latchkey.ProjectID // "" is that of the stage
		roles   []latchkey.Role
		drawn   []string
		want    latchkey.Code
	}{
		{"asked in the look and in the change", nil, nil, "", nil, []string{inProject, inProject}, 0},
		{"refused before the writer", ordinary, nil, "", nil, []string{inProject}, latchkey.CodeRateLimited},
		{"wrong credentials", all, func(_ *stage, c *op.Call) {
			c.Proof.Check = func(latchkey.Reader, latchkey.ProjectID) (latchkey.Credential, error) {
				return latchkey.Credential{}, latchkey.Refuse(latchkey.CodeUnauthenticated)
			}
		}, "", nil, nil, latchkey.CodeUnauthenticated},
		{"before it: the version", all, func(_ *stage, c *op.Call) {
			c.Refusal = &op.Refusal{Rank: op.RankVersion, Err: latchkey.Refuse(latchkey.CodeVersionNotAcceptable)}
		}, "", nil, nil, latchkey.CodeVersionNotAcceptable},
		{"after it: the path", ordinary, func(_ *stage, c *op.Call) {
			c.Refusal = &op.Refusal{Rank: op.RankPath, Err: latchkey.Refuse(latchkey.CodeMalformedKeyID, "x")}
		}, "", nil, []string{inProject}, latchkey.CodeRateLimited},
		{"after it: the container", ordinary, nil, "0123456789abcdef01234567", nil, []string{outside}, latchkey.CodeRateLimited},
		{"after it: the gate", ordinary, func(st *stage, c *op.Call) { st.byExample(c) }, "", nil, []string{inProject}, latchkey.CodeRateLimited},
		{"an unknown project is nobody's", nil, nil, "0123456789abcdef01234567", nil, []string{outside}, latchkey.CodeProjectNotFound},
		{"fewer roles are a revocation", ordinary, nil, "", []latchkey.Role{latchkey.GroupReadOnly},
			[]string{inProject, "project=true revokes=true", inProject}, 0},
		{"which has a limit, too", all, nil, "", []latchkey.Role{latchkey.GroupReadOnly},
			[]string{inProject, "project=true revokes=true"}, latchkey.CodeRateLimited},
	} {
		t.Run(test.name, func(t *testing.T) {
			st := newStage(t)
			if err := st.replace(st.call("before"), latchkey.GroupReadOnly, latchkey.GroupDataAccessAdmin); err != nil {
				t.Fatal(err)
			}
			c, call := &counter{refuse: test.refuse}, st.call("n")
			call.Limit = c
			if test.change != nil {
				test.change(st, call)
			}
			in := op.ReplaceProjectRolesInput{Project: st.setup.Project.ID, Key: st.setup.Example.Key.ID, SetRoles: true, Roles: latchkey.Roles(latchkey.GroupOwner)}
			if test.project != "" {
				in.Project = test.project
			}
			if test.roles != nil {
				in.Roles = latchkey.Roles(test.roles...)
			}
			_, err := op.Do(context.Background(), st.service, op.ReplaceProjectRoles, call, in)
			if got := codeOf(err); got != test.want {
				t.Errorf("code %d, want %d (%v)", got, test.want, err)
			}
			if fmt.Sprint(c.drawn) != fmt.Sprint(test.drawn) {
				t.Errorf("drew %q, want %q", c.drawn, test.drawn)
			}
		})
	}
}
