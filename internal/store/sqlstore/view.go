package sqlstore

import (
	"context"
	"fmt"

	"github.com/latchkey/latchkey"
)

// View runs f on one snapshot, on a connection of its own. It waits for one
// while all are in use; f must not call View itself. A ctx that ends while
// waiting gives an error that wraps latchkey.ErrUnavailable and the ctx's own.
func (s *Store) View(ctx context.Context, f func(latchkey.Reader) error) error {
	var c *conn
	select {
	case <-s.stopped:
		return fmt.Errorf("%w: %w", latchkey.ErrUnavailable, errClosed)
	default:
	}
	select {
	case c = <-s.readers:
	default:
		select {
		case c = <-s.readers:
		case <-s.stopped:
			return fmt.Errorf("%w: %w", latchkey.ErrUnavailable, errClosed)
		case <-ctx.Done():
			return fmt.Errorf("%w: gave up waiting to read: %w", latchkey.ErrUnavailable, context.Cause(ctx))
		}
	}
	s.views.Add(1)
	r := &reader{c: c, clock: s.opts.Clock}
	defer func() { s.readers <- s.endView(r) }()
	if _, err := c.exec(qBeginView); err != nil {
		return err
	}
	if err := f(r); err != nil {
		return err
	}
	return r.failed
}

// endView closes the snapshot and returns the connection for the next view, or
// a new one if it was lost.
func (s *Store) endView(r *reader) *conn {
	c := r.c
	r.c, r.failed = nil, errEnded
	// Nothing was written, so there is nothing that ending could lose; should
	// it fail, the next beginning fails too and says so.
	if _, err := c.exec(qRollback); lostConnection(err) {
		if fresh, err := s.openReader(); err == nil {
			c.close()
			return fresh
		}
	}
	return c
}
