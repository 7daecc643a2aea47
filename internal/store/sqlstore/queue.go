package sqlstore

import (
	"fmt"
	"slices"
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

// lane is a line of waiting callers.
type lane int

// The lanes. The first goes first, but for its turns.
const (
	laneFirst lane = iota
	laneOrdinary
	laneCount
)

// queue holds the callers that wait for the writer: lane by lane, and first
// come, first served in each. Whoever waits in the ordinary lane is overtaken
// by at most turns callers of the first before one of the ordinary lane is
// served, so that nobody waits for ever.
type queue struct {
	mu       sync.Mutex
	come     *sync.Cond
	waiting  [laneCount][]*call
	refused  [laneCount]int64
	limit    int // of each lane
	turns    int // how many may overtake in a row
	overtook int // how many did
	closed   bool
}

func newQueue(limit, turns int) *queue {
	q := &queue{limit: limit, turns: turns}
	q.come = sync.NewCond(&q.mu)
	return q
}

// push puts a caller at the end of a lane. It returns an error that wraps
// latchkey.ErrUnavailable when the store is closed, and latchkey.ErrQueueFull
// too when too many wait there.
func (q *queue) push(l lane, c *call) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return fmt.Errorf("%w: %w", latchkey.ErrUnavailable, errClosed)
	case len(q.waiting[l]) >= q.limit:
		q.refused[l]++
		return fmt.Errorf("%w: %w: %d do", latchkey.ErrUnavailable, latchkey.ErrQueueFull, len(q.waiting[l]))
	}
	q.waiting[l] = append(q.waiting[l], c)
	q.come.Signal()
	return nil
}

// wait returns the first caller as soon as there is one, or nil when the queue
// is closed and empty.
func (q *queue) wait() *call {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		if c := q.first(); c != nil || q.closed {
			return c
		}
		q.come.Wait()
	}
}

// next returns the first caller, or nil when nobody waits.
func (q *queue) next() *call {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.first()
}

func (q *queue) first() *call {
	l, ordinary := laneFirst, len(q.waiting[laneOrdinary]) > 0
	if len(q.waiting[l]) == 0 || ordinary && q.overtook >= q.turns {
		l = laneOrdinary
	}
	switch {
	case len(q.waiting[l]) == 0:
		return nil
	case l == laneOrdinary:
		q.overtook = 0
	case ordinary:
		q.overtook++
	}
	waiting := q.waiting[l]
	c := waiting[0]
	waiting[0] = nil
	q.waiting[l] = waiting[1:]
	return c
}

// crowded reports whether more than n wait in the ordinary lane.
func (q *queue) crowded(n int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting[laneOrdinary]) > n
}

// remove takes a caller out that gave up. It reports false when the writer
// has it already.
func (q *queue) remove(c *call) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for l, waiting := range q.waiting {
		if i := slices.Index(waiting, c); i >= 0 {
			q.waiting[l] = slices.Delete(waiting, i, i+1)
			return true
		}
	}
	return false
}

// stats counts those that wait, lane by lane.
func (q *queue) stats() (lanes [laneCount]LaneStats) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for l := range lanes {
		lanes[l] = LaneStats{len(q.waiting[l]), q.refused[l]}
	}
	return lanes
}

// close lets nobody in any more.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.come.Broadcast()
}
