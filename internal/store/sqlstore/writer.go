package sqlstore

import (
	"time"

	"github.com/latchkey/latchkey"
)

// writer commits the changes of waiting callers together: one transaction and
// one flush for all that came while the flush before was under way, a
// savepoint for each that writes. Nobody is answered before the flush, not
// even with a refusal, because that could tell of a state that is still lost.
type writer struct {
	s     *Store
	c     *conn   // nil after a failure, until the next batch opens another
	batch []*call // whose answers are owed
	wrote bool    // somebody's work of this batch stays
}

// loop runs in the writer's goroutine until the queue is closed and empty.
func (w *writer) loop() {
	returned := false
	defer func() {
		if !returned { // a caller's function ended this goroutine
			w.settle(errGoexit)
			go w.loop()
			return
		}
		w.discard()
		w.s.writing.Done()
	}()
	for c := w.s.queue.wait(); c != nil; c = w.s.queue.wait() {
		w.settle(w.transact(c))
	}
	returned = true
}

// transact runs the first caller and those that wait, and commits. An error
// means that nothing of anybody's work stays.
func (w *writer) transact(c *call) error {
	w.batch, w.wrote = append(w.batch[:0], c), false
	w.s.batches.Add(1)
	if err := w.begin(); err != nil {
		return err
	}
	for {
		w.s.callers.Add(1)
		if err := w.serve(c); err != nil {
			return err
		}
		if len(w.batch) >= w.s.opts.BatchSize {
			break
		}
		if c = w.s.queue.next(); c == nil {
			break
		}
		w.batch = append(w.batch, c)
	}
	if !w.wrote {
		_, err := w.c.exec(qRollback)
		return err
	}
	began := time.Now()
	err := w.s.opts.commit(func() error {
		_, err := w.c.exec(qCommit)
		return err
	})
	if err == nil {
		w.s.commits.Add(1)
	}
	if f := w.s.flushed.Load(); f != nil {
		(*f)(Flush{len(w.batch), time.Since(began), err})
	}
	return err
}

// begin opens the transaction, on a fresh connection if the last one failed.
func (w *writer) begin() error {
	if w.c == nil {
		c, err := openConn(w.s.db)
		if err != nil {
			return err
		}
		w.c = c
	}
	_, err := w.c.exec(qBeginUpdate)
	return err
}

// serve runs one caller and keeps its work or takes it back. An error means
// that the transaction is lost for everybody.
func (w *writer) serve(c *call) error {
	t := &tx{reader: reader{c: w.c, clock: w.s.opts.Clock}}
	c.run(t)
	failed := t.failed
	t.c, t.failed = nil, errEnded
	if failed != nil && breaksTransaction(failed) {
		return failed
	}
	if !t.saved {
		return nil
	}
	if c.err != nil || c.panic != nil {
		if _, err := w.c.exec(qRollbackTo); err != nil {
			return err
		}
	} else {
		w.wrote = true
	}
	_, err := w.c.exec(qRelease)
	return err
}

// settle answers the batch. After a failure everything is rolled back and the
// connection given up, so that the next batch begins from what is on disk and
// writes its pages anew: no flush that failed is ever tried again and believed.
func (w *writer) settle(err error) {
	if err != nil {
		w.discard()
		for _, c := range w.batch {
			if c.panic == nil {
				c.err = &unavailableError{err}
			}
		}
	}
	for i, c := range w.batch {
		w.batch[i] = nil
		c.answer <- struct{}{}
	}
	w.batch = w.batch[:0]
}

// discard gives the connection up, and with it a transaction that is open.
func (w *writer) discard() {
	if w.c != nil {
		_, _ = w.c.exec(qRollback)
		w.c.close()
		w.c = nil
	}
}

// unavailableError is what everybody in a batch gets that could not be committed.
type unavailableError struct{ cause error }

func (e *unavailableError) Error() string {
	return latchkey.ErrUnavailable.Error() + ": nothing was committed: " + e.cause.Error()
}

func (e *unavailableError) Unwrap() []error { return []error{latchkey.ErrUnavailable, e.cause} }
