package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/latchkey/latchkey"
)

// errReadOnly is the reason for latchkey.ErrUnavailable from a store that was opened for reading.
var errReadOnly = errors.New("the data is open for reading only")

// errGoexit is what a caller gets whose function ended the goroutine.
var errGoexit = errors.New("the function of Update called runtime.Goexit")

// Panic is raised in the caller of Update when its function panicked. The
// function ran in the writer's goroutine, whose stack is kept.
type Panic struct {
	Value any
	Stack []byte
}

// Error shows the value and where it was raised.
func (p *Panic) Error() string {
	return fmt.Sprintf("%v\n\nraised in the writer:\n%s", p.Value, p.Stack)
}

// Unwrap returns the value, if it is an error.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// Update runs f in the writer's goroutine and returns after the flush of its
// batch. f is not run when ctx ends while the call waits; the error then wraps
// latchkey.ErrUnavailable and the ctx's own. Once begun, f runs to its end. If
// f panics, Update panics with a *Panic.
func (s *Store) Update(ctx context.Context, f func(latchkey.Tx) error) error {
	return s.update(ctx, laneOrdinary, f)
}

// UpdateFirst is Update ahead of all callers that wait in Update, but for one in
// each batch.
func (s *Store) UpdateFirst(ctx context.Context, f func(latchkey.Tx) error) error {
	return s.update(ctx, laneFirst, f)
}

// Crowded reports whether more callers wait in Update than one batch takes.
func (s *Store) Crowded() bool { return s.queue != nil && s.queue.crowded(s.opts.BatchSize) }

func (s *Store) update(ctx context.Context, lane lane, f func(latchkey.Tx) error) error {
	if s.queue == nil {
		return fmt.Errorf("%w: %w", latchkey.ErrUnavailable, errReadOnly)
	}
	if ctx.Err() != nil {
		return gaveUp(ctx)
	}
	c := &call{f: f, answer: make(chan struct{}, 1)}
	if err := s.queue.push(lane, c); err != nil {
		return err
	}
	select {
	case <-c.answer:
	case <-ctx.Done():
		if s.queue.remove(c) {
			return gaveUp(ctx)
		}
		<-c.answer
	}
	if c.panic != nil {
		panic(c.panic)
	}
	return c.err
}

func gaveUp(ctx context.Context) error {
	return fmt.Errorf("%w: gave up waiting to write: %w", latchkey.ErrUnavailable, context.Cause(ctx))
}

// run calls f and catches its panic. The error is errGoexit until f returned.
func (c *call) run(t *tx) {
	c.err = errGoexit
	defer func() {
		if v := recover(); v != nil {
			c.panic = &Panic{Value: v, Stack: debug.Stack()}
		}
	}()
	c.err = c.f(t)
	if c.err == nil {
		c.err = t.failed
	}
}
