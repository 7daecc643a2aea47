package model

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// Sizes of the linearizability test.
const (
	linearKeys    = 8
	linearClients = 64
	linearCalls   = 50 // of each client
)

// registerOp is a call on one key: a replacement of its roles, or a look at them.
type registerOp struct {
	key   int
	set   string
	write bool
}

// register is what a key's roles in one project are to concurrent clients:
// the set that was written last.
var register = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		parts := make([][]porcupine.Operation, linearKeys)
		for _, o := range history {
			k := o.Input.(registerOp).key
			parts[k] = append(parts[k], o)
		}
		return parts
	},
	Init: func() any { return "GROUP_READ_ONLY" },
	Step: func(state, input, output any) (bool, any) {
		if in := input.(registerOp); in.write {
			return output == in.set, in.set
		}
		return output == state, state
	},
	DescribeOperation: func(input, output any) string {
		if in := input.(registerOp); in.write {
			return "PATCH " + in.set + ": " + output.(string)
		}
		return "GET: " + output.(string)
	},
}

// TestLinearizable lets 64 clients replace and read the roles of 8 keys and
// wants an order of all their calls, in keeping with when they were made, in
// which every answer is right.
func TestLinearizable(t *testing.T) {
	a := newArena(t)
	var keys [linearKeys]credential
	for i := range keys {
		keys[i] = a.newKey("ORG_MEMBER")
		a.must(&call{op: "addGroupApiKey", project: a.project, key: keys[i].id, body: with("GROUP_READ_ONLY")})
	}
	perClient := linearCalls
	if testing.Short() {
		perClient /= 5
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	started := time.Now()
	history := make([][]porcupine.Operation, linearClients)
	var wg sync.WaitGroup
	for id := range linearClients {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(id)))
			client := a.server.client()
			for range perClient {
				in := registerOp{key: r.IntN(linearKeys), write: r.IntN(3) > 0}
				c := &call{op: "getOrgApiKey", gen: v2, caller: a.owner, address: usualAddress, org: a.org, key: keys[in.key].id}
				if in.write {
					roles := setOf(atlasProjectRoles[r.IntN(28)], atlasProjectRoles[r.IntN(28)], atlasProjectRoles[r.IntN(28)])
					in.set = roles.String()
					c = &call{op: "updateGroupApiKeyRoles", gen: v2, caller: a.owner, address: usualAddress, project: a.project, key: keys[in.key].id,
						body: with(strings.Split(in.set, ",")...)}
				}
				called := time.Since(started)
				got := client.call(c)
				returned := time.Since(started)
				b, err := got.parse()
				held, err2 := b.keyRoles()
				if got.status != 200 || err != nil || err2 != nil {
					t.Errorf("%s is answered %d %s, %v", c.op, got.status, got.body, err)
					return
				}
				shown := make(names)
				for _, role := range held {
					if role.GroupID == a.project {
						shown[role.RoleName] = true
					}
				}
				history[id] = append(history[id], porcupine.Operation{
					ClientId: id, Input: in, Call: called.Nanoseconds(), Output: shown.String(), Return: returned.Nanoseconds(),
				})
			}
		})
	}
	wg.Wait()
	var calls []porcupine.Operation
	for _, h := range history {
		calls = append(calls, h...)
	}
	t.Logf("%d calls in %s", len(calls), time.Since(started).Round(time.Millisecond))
	result, info := porcupine.CheckOperationsVerbose(register, calls, time.Minute)
	if result == porcupine.Ok {
		a.finish()
		return
	}
	path := t.ArtifactDir() + "/history.html"
	if err := porcupine.VisualizePath(register, info, path); err != nil {
		t.Error(err)
	}
	t.Errorf("linearizability: %s; see %s", result, path)
}
