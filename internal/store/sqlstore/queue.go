package sqlstore

import (
	"fmt"
	"sync"

	"github.com/latchkey/latchkey"
)

// call is one caller of Update, from the queue to its answer.
type call struct {
	f      func(latchkey.Tx) error
	err    error
	panic  *Panic
	answer chan struct{} // receives once, when err and panic are final
}

// queue holds the callers that wait for the writer, first come, first served.
type queue struct {
	mu      sync.Mutex
	come    *sync.Cond
	waiting []*call
	limit   int
	closed  bool
}

func newQueue(limit int) *queue {
	q := &queue{limit: limit}
	q.come = sync.NewCond(&q.mu)
	return q
}

// push puts a caller at the end. It returns an error that wraps
// latchkey.ErrUnavailable when too many wait or the store is closed.
func (q *queue) push(c *call) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return fmt.Errorf("%w: %w", latchkey.ErrUnavailable, errClosed)
	case len(q.waiting) >= q.limit:
		return fmt.Errorf("%w: %d changes wait already", latchkey.ErrUnavailable, len(q.waiting))
	}
	q.waiting = append(q.waiting, c)
	q.come.Signal()
	return nil
}

// wait returns the first caller as soon as there is one, or nil when the queue
// is closed and empty.
func (q *queue) wait() *call {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 && !q.closed {
		q.come.Wait()
	}
	return q.first()
}

// next returns the first caller, or nil when nobody waits.
func (q *queue) next() *call {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.first()
}

func (q *queue) first() *call {
	if len(q.waiting) == 0 {
		return nil
	}
	c := q.waiting[0]
	q.waiting[0] = nil
	q.waiting = q.waiting[1:]
	return c
}

// remove takes a caller out that gave up. It reports false when the writer
// has it already.
func (q *queue) remove(c *call) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, other := range q.waiting {
		if other == c {
			q.waiting = append(q.waiting[:i], q.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// close lets nobody in any more.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.come.Broadcast()
}
