package op_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/store/sqlstore"
)

// unknownKey is an id that nobody has.
const unknownKey latchkey.PrincipalID = "0123456789abcdef01234567"

// jam is a store whose writer is held and whose ordinary lane, of one place, is
// taken.
type jam struct {
	*stage
	release func()
	served  chan string // who the writer served, in its order
}

// jammed jams the stage, on which the example key owns the project.
func (st *stage) jammed(t *testing.T) *jam {
	t.Helper()
	if err := st.replace(st.call("before"), latchkey.GroupOwner); err != nil {
		t.Fatal(err)
	}
	j := st.held()
	j.crowd(1)
	return j
}

// held holds the writer of the stage.
func (st *stage) held() *jam {
	j := &jam{stage: st, served: make(chan string, 100)}
	begun, hold := make(chan struct{}), make(chan struct{})
	j.release = func() { close(hold) }
	go func() {
		_ = st.store.Update(context.Background(), func(latchkey.Tx) error {
			close(begun)
			<-hold
			return nil
		})
	}()
	<-begun
	return j
}

// crowd lets n callers wait in the ordinary lane.
func (j *jam) crowd(n int) {
	for range n {
		go func() {
			_ = j.store.Update(context.Background(), func(latchkey.Tx) error {
				j.served <- "ordinary"
				return nil
			})
		}()
	}
	j.waiting(n, 0)
}

// waiting returns once so many wait in the lanes.
func (j *jam) waiting(ordinary, first int) {
	for {
		if st := j.store.Stats(); st.Ordinary.Waiting == ordinary && st.First.Waiting == first {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// persist calls again while untilFull has the place.
func persist(call func() error) error {
	for {
		if err := call(); !errors.Is(err, latchkey.ErrQueueFull) && codeOf(err) != latchkey.CodeUnavailable {
			return err
		}
	}
}

// untilFull returns once somebody has the one place in the lane.
func untilFull(lane func(context.Context, func(latchkey.Tx) error) error) {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		err := lane(ctx, func(latchkey.Tx) error { return nil })
		cancel()
		if errors.Is(err, latchkey.ErrQueueFull) {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// noting makes the writer note when it serves the call.
func (j *jam) noting(call *op.Call) *op.Call {
	check := call.Proof.Check
	call.Proof.Check = func(r latchkey.Reader, p latchkey.ProjectID) (latchkey.Credential, error) {
		if _, writes := r.(latchkey.Tx); writes {
			j.served <- "revocation"
		}
		return check(r, p)
	}
	return call
}

// byExample makes the call one of the example key.
func (st *stage) byExample(call *op.Call) *op.Call {
	call.Proof.Check = func(r latchkey.Reader, p latchkey.ProjectID) (latchkey.Credential, error) {
		return r.Credential(string(st.setup.Example.Key.PublicKey), p)
	}
	return call
}

func (st *stage) remove(call *op.Call, key latchkey.PrincipalID) error {
	_, err := op.Do(context.Background(), st.service, op.DeleteOrgKey, call, op.OrgKeyInput{Org: st.setup.Org.ID, Key: key})
	return err
}

// removeFrom takes a key that nobody has out of the project.
func (st *stage) removeFrom(call *op.Call, project latchkey.ProjectID) error {
	_, err := op.Do(context.Background(), st.service, op.RemoveKeyFromProject, call, op.ProjectKeyInput{Project: project, Key: unknownKey})
	return err
}

// revokeToken makes the nth token of an account void.
func (st *stage) revokeToken(call *op.Call, account latchkey.PrincipalID, n byte) error {
	token := op.IssuedToken{Org: st.setup.Org.ID, Account: account, Hash: latchkey.TokenHash{n}, Expires: st.now.Add(time.Hour)}
	_, err := st.service.RevokeToken(context.Background(), call.Proof, call.Address, token)
	return err
}

func (st *stage) reroleOwner(call *op.Call, roles ...latchkey.Role) error {
	_, err := op.Do(context.Background(), st.service, op.UpdateOrgKey, call, op.UpdateOrgKeyInput{
		Org: st.setup.Org.ID, Key: st.setup.Owner.Key.ID, SetRoles: true, Roles: latchkey.Roles(roles...),
	})
	return err
}

// TestRevocationsGoFirst holds that, while the queue is full of other changes,
// whatever takes something away is let in and served before them, and that the
// verdict is that of the writer.
func TestRevocationsGoFirst(t *testing.T) {
	for _, test := range []struct {
		name string
		call func(j *jam, c *op.Call) error
		want latchkey.Code
	}{
		{"delete", func(j *jam, c *op.Call) error { return j.remove(c, j.setup.Example.Key.ID) }, 0},
		{"delete nobody", func(j *jam, c *op.Call) error { return j.remove(c, unknownKey) }, latchkey.CodeKeyNotFound},
		{"fewer roles in a project", func(j *jam, c *op.Call) error { return j.replace(c, latchkey.GroupReadOnly) }, 0},
		{"the last owner's roles", func(j *jam, c *op.Call) error { return j.reroleOwner(c, latchkey.OrgReadOnly) }, latchkey.CodeLastOwner},
	} {
		t.Run(test.name, func(t *testing.T) {
			j := newStageWith(t, sqlstore.Options{QueueLength: 1}).jammed(t)
			answer := make(chan error, 1)
			go func() { answer <- persist(func() error { return test.call(j, j.noting(j.call("a"))) }) }()
			untilFull(j.store.UpdateFirst)
			if got := codeOf(test.call(j, j.call("b"))); got != latchkey.CodeUnavailable {
				t.Errorf("a revocation more than the lane holds: code %d", got)
			}
			j.release()
			if got := codeOf(<-answer); got != test.want {
				t.Errorf("code %d, want %d", got, test.want)
			}
			if order := []string{<-j.served, <-j.served}; !slices.Equal(order, []string{"revocation", "ordinary"}) {
				t.Errorf("served %q", order)
			}
		})
	}
}

// TestRevocationsFindRoom holds that a full lane of revocations sends nobody
// away whom the other lane has room for, whatever filled it.
func TestRevocationsFindRoom(t *testing.T) {
	for _, test := range []struct {
		name string
		call func(st *stage) error
	}{
		{"delete", func(st *stage) error { return st.remove(st.call("a"), st.setup.Example.Key.ID) }},
		{"a token", func(st *stage) error { return st.revokeToken(st.call("a"), st.setup.Owner.Key.ID, 1) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			j := newStageWith(t, sqlstore.Options{QueueLength: 1}).held()
			go func() { _ = j.store.UpdateFirst(context.Background(), func(latchkey.Tx) error { return nil }) }()
			j.waiting(0, 1)
			answer := make(chan error, 1)
			go func() { answer <- test.call(j.stage) }()
			j.waiting(1, 1)
			j.release()
			if err := <-answer; err != nil {
				t.Error(err)
			}
		})
	}
}

// TestReductionsPassACrowd holds that taking roles away goes first as soon as
// more wait than one flush takes, long before the queue is full, and that
// nothing else does by the same operation.
func TestReductionsPassACrowd(t *testing.T) {
	for _, test := range []struct {
		name  string
		crowd int
		roles []latchkey.Role
		first int
	}{
		{"fewer roles, in a crowd", 3, []latchkey.Role{latchkey.GroupReadOnly}, 1},
		{"fewer roles, a few wait", 2, []latchkey.Role{latchkey.GroupReadOnly}, 0},
		{"a grant, in a crowd", 3, []latchkey.Role{latchkey.GroupOwner, latchkey.GroupClusterManager}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			st := newStageWith(t, sqlstore.Options{BatchSize: 2})
			if err := st.replace(st.call("before"), latchkey.GroupOwner); err != nil {
				t.Fatal(err)
			}
			j := st.held()
			j.crowd(test.crowd)
			answer := make(chan error, 1)
			go func() { answer <- j.replace(j.noting(j.call("a")), test.roles...) }()
			j.waiting(test.crowd+1-test.first, test.first)
			j.release()
			if err := <-answer; err != nil {
				t.Error(err)
			}
			if first := <-j.served; (first == "revocation") != (test.first == 1) {
				t.Errorf("served %q first", first)
			}
		})
	}
}

// TestOtherChangesWait holds that nobody gets near the lane without a right
// credential, nor with a change that takes nothing away or is certain to be
// refused: that is answered at once, while the writer is held.
func TestOtherChangesWait(t *testing.T) {
	st := newStageWith(t, sqlstore.Options{QueueLength: 1})
	if err := st.revokeToken(st.call("a"), st.setup.Owner.Key.ID, 1); err != nil {
		t.Fatal(err)
	}
	j := st.jammed(t)
	defer j.release()
	misread := j.call("a")
	misread.Refusal = &op.Refusal{Rank: op.RankPath, Err: latchkey.Refuse(latchkey.CodeMalformedKeyID, "x")}
	wrong := j.call("n")
	wrong.Proof.Check = func(r latchkey.Reader, _ latchkey.ProjectID) (latchkey.Credential, error) {
		if _, writes := r.(latchkey.Tx); writes {
			t.Error("a wrong response reached the writer")
		}
		return latchkey.Credential{}, latchkey.Refuse(latchkey.CodeUnauthenticated)
	}
	for _, test := range []struct {
		name string
		err  error
		want latchkey.Code
	}{
		{"a deletion without a proof", j.remove(wrong, j.setup.Example.Key.ID), latchkey.CodeUnauthenticated},
		{"a reduction without a proof", j.replace(wrong, latchkey.GroupReadOnly), latchkey.CodeUnauthenticated},
		{"a grant", j.replace(j.call("a"), latchkey.GroupOwner, latchkey.GroupClusterManager), latchkey.CodeUnavailable},
		{"more words for as much", j.replace(j.call("a"), latchkey.GroupOwner, latchkey.GroupReadOnly), latchkey.CodeUnavailable},
		{"no change", j.replace(j.call("a"), latchkey.GroupOwner), latchkey.CodeUnavailable},
		{"a reduction by who may not", j.reroleOwner(j.byExample(j.call("a")), latchkey.OrgMember), latchkey.CodeNotAuthorized},
		{"a deletion by who may not", j.remove(j.byExample(j.call("a")), unknownKey), latchkey.CodeNotAuthorized},
		{"a deletion in what is not there", j.removeFrom(j.call("a"), "0123456789abcdef01234567"), latchkey.CodeProjectNotFound},
		{"a deletion that does not read well", j.remove(misread, unknownKey), latchkey.CodeMalformedKeyID},
		{"a token that is void already", j.revokeToken(j.call("a"), j.setup.Owner.Key.ID, 1), 0},
		{"a token of somebody else", j.revokeToken(j.call("a"), j.setup.Example.Key.ID, 2), 0},
	} {
		if got := codeOf(test.err); got != test.want {
			t.Errorf("%s: code %d, want %d", test.name, got, test.want)
		}
	}
}

// TestPriorityHasAnEnd holds that one caller cannot live in the lane: what is
// above its bound waits in line, and another caller's revocations still do not.
// The caller may do what it asks for, or it would not come into the lane at all.
func TestPriorityHasAnEnd(t *testing.T) {
	st := newStageWith(t, sqlstore.Options{QueueLength: 1})
	if err := st.replace(st.call("roles"), latchkey.GroupOwner); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if got := codeOf(st.removeFrom(st.byExample(st.call("n")), st.setup.Project.ID)); got != latchkey.CodeKeyNotFound {
			t.Fatalf("code %d", got)
		}
	}
	j := st.jammed(t)
	if got := codeOf(j.removeFrom(j.byExample(j.call("n")), st.setup.Project.ID)); got != latchkey.CodeUnavailable {
		t.Errorf("above the bound, in a full queue: code %d", got)
	}
	if got := codeOf(j.revokeToken(j.byExample(j.call("n")), j.setup.Example.Key.ID, 1)); got != latchkey.CodeUnavailable {
		t.Errorf("a token above the bound, in a full queue: code %d", got)
	}
	answer := make(chan error, 1)
	go func() {
		answer <- persist(func() error { return j.remove(j.noting(j.call("o")), j.setup.Example.Key.ID) })
	}()
	untilFull(j.store.UpdateFirst)
	j.release()
	if first := <-j.served; first != "revocation" {
		t.Errorf("served %q first", first)
	}
	if err := <-answer; err != nil {
		t.Error(err)
	}
}

// TestReplaysTakeNobodysTurn holds that a change which is sent again is refused
// before it draws on anything of the caller's, and without the writer.
func TestReplaysTakeNobodysTurn(t *testing.T) {
	st := newStageWith(t, sqlstore.Options{QueueLength: 1})
	limit := &counter{}
	captured := st.call("captured")
	captured.Limit = limit
	if err := st.remove(captured, st.setup.Example.Key.ID); err != nil {
		t.Fatal(err)
	}
	drawn := len(limit.drawn)
	j := st.held()
	j.crowd(1)
	for range 1500 {
		if got := codeOf(j.remove(captured, j.setup.Example.Key.ID)); got != latchkey.CodeStaleNonce {
			t.Fatalf("code %d, want a stale nonce", got)
		}
	}
	if len(limit.drawn) != drawn {
		t.Errorf("the replays drew %d tokens", len(limit.drawn)-drawn)
	}
	answer := make(chan error, 1)
	go func() { answer <- j.remove(j.noting(j.call("a")), unknownKey) }()
	j.waiting(1, 1)
	j.release()
	if got := codeOf(<-answer); got != latchkey.CodeKeyNotFound {
		t.Errorf("code %d", got)
	}
	if first := <-j.served; first != "revocation" {
		t.Errorf("served %q first", first)
	}
}
