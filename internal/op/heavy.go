package op

import (
	"context"
	"fmt"
	"sync"

	"github.com/latchkey/latchkey"
)

// heavyAtOnce is how many heavy operations run at once: half as many as views
// can. The others are left to calls that read little, whoever's they are.
const heavyAtOnce = 2

// turns lets heavy operations run a few at a time, and of one organization one
// at a time: what one of them asks for keeps only its own callers waiting.
type turns struct {
	all  chan struct{} // has as many as run
	mu   sync.Mutex
	orgs map[latchkey.OrgID]*turn // of those that run or wait
}

// turn is the line of one organization.
type turn struct {
	one   chan struct{} // has one while one of them runs or waits for the others
	users int           // that run or wait
}

func newTurns() *turns {
	return &turns{all: make(chan struct{}, heavyAtOnce), orgs: make(map[latchkey.OrgID]*turn)}
}

// take waits for the organization's turn and returns what ends it. A ctx that
// ends meanwhile gives an error that wraps latchkey.ErrUnavailable and the ctx's
// own.
func (t *turns) take(ctx context.Context, org latchkey.OrgID) (done func(), err error) {
	mine := t.join(org)
	defer func() {
		if err != nil {
			t.leave(org)
			err = fmt.Errorf("%w: gave up waiting for other operations that read much: %w", latchkey.ErrUnavailable, err)
		}
	}()
	select {
	case mine.one <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	select {
	case t.all <- struct{}{}:
	case <-ctx.Done():
		<-mine.one
		return nil, context.Cause(ctx)
	}
	return func() {
		<-t.all
		<-mine.one
		t.leave(org)
	}, nil
}

func (t *turns) join(org latchkey.OrgID) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	mine := t.orgs[org]
	if mine == nil {
		mine = &turn{one: make(chan struct{}, 1)}
		t.orgs[org] = mine
	}
	mine.users++
	return mine
}

func (t *turns) leave(org latchkey.OrgID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.orgs[org].users--; t.orgs[org].users == 0 {
		delete(t.orgs, org)
	}
}

// readMuch runs a heavy operation that only reads. Who calls is found out
// first, by a look that may only refuse, so that nobody waits who proves
// nothing, and each organization waits in its own line.
func readMuch(ctx context.Context, s *Service, call *Call, f func(latchkey.Reader) error) error {
	var org latchkey.OrgID
	err := s.store.View(ctx, func(r latchkey.Reader) error {
		cred, err := call.Proof.Check(r, "")
		org = cred.Caller.OrgID
		return err
	})
	if err != nil {
		return err
	}
	done, err := s.heavy.take(ctx, org)
	if err != nil {
		return err
	}
	defer done()
	return s.store.View(ctx, f)
}
