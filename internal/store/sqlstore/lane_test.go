package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

// lanes puts callers into the lanes of a store whose writer is held, and notes
// in which order their functions run.
type lanes struct {
	t       *testing.T
	s       *Store
	waiting int
	mu      sync.Mutex
	ran     []string
	answers sync.WaitGroup
	errs    chan error
}

// wait lets one more caller wait in the lane of update.
func (l *lanes) wait(name string, update func(func(latchkey.Tx) error) error) {
	l.answers.Go(func() {
		l.errs <- update(func(latchkey.Tx) error {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.ran = append(l.ran, name)
			return nil
		})
	})
	l.waiting++
	for queued(l.s) < l.waiting {
		if len(l.errs) > 0 {
			l.t.Errorf("%s was answered while the writer is held: %v", name, <-l.errs)
			l.waiting--
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// TestUpdateFirstGoesAhead holds the writer, lets callers wait in both lanes,
// and looks in which order they are served: in one batch and over several, each
// of which has a place for an ordinary caller.
func TestUpdateFirstGoesAhead(t *testing.T) {
	turns := []string{"first 0", "ordinary 0", "first 1", "ordinary 1", "first 2", "ordinary 2", "ordinary 3"}
	for batch, want := range map[int][]string{
		1:  turns, // in turn
		2:  turns,
		3:  {"first 0", "first 1", "ordinary 0", "first 2", "ordinary 1", "ordinary 2", "ordinary 3"},
		64: {"first 0", "first 1", "first 2", "ordinary 0", "ordinary 1", "ordinary 2", "ordinary 3"},
	} {
		t.Run(fmt.Sprintf("batches of %d", batch), func(t *testing.T) {
			f := newFlushes()
			s := open(t, t.TempDir(), Options{commit: f.commit, BatchSize: batch})
			held := make(chan error, 1)
			go func() { held <- s.Update(background, insertOrganization(0)) }()
			<-f.begun
			l := &lanes{t: t, s: s, errs: make(chan error, 7)}
			ordinary := func(f func(latchkey.Tx) error) error { return s.Update(background, f) }
			first := func(f func(latchkey.Tx) error) error { return s.UpdateFirst(background, f) }
			for n := range 3 {
				l.wait(fmt.Sprint("ordinary ", n), ordinary)
			}
			for n := range 2 {
				l.wait(fmt.Sprint("first ", n), first)
			}
			l.wait("ordinary 3", ordinary)
			l.wait("first 2", first)
			f.finish <- nil // the callers that wait write nothing: no further commit
			if err := <-held; err != nil {
				t.Fatal(err)
			}
			l.answers.Wait()
			for range l.waiting {
				if err := <-l.errs; err != nil {
					t.Error(err)
				}
			}
			if !slices.Equal(l.ran, want) {
				t.Errorf("served in the order %q, want %q", l.ran, want)
			}
		})
	}
}

// TestUpdateFirstOvertakesBetweenBatches: who comes while a batch is flushed
// goes ahead of those that the batch left waiting.
func TestUpdateFirstOvertakesBetweenBatches(t *testing.T) {
	f := newFlushes()
	s := open(t, t.TempDir(), Options{commit: f.commit, BatchSize: 1})
	var ran []byte // written in the writer's goroutine, one after the other
	answers := make(chan error, 4)
	insert := func(n byte) func(latchkey.Tx) error {
		return func(tx latchkey.Tx) error {
			ran = append(ran, n)
			return insertOrganization(n)(tx)
		}
	}
	go func() { answers <- s.Update(background, insert(0)) }()
	<-f.begun
	for n := byte(1); n <= 2; n++ {
		go func() { answers <- s.Update(background, insert(n)) }()
		waiting(s, int(n))
	}
	f.finish <- nil
	<-f.begun // the batch of caller 1
	go func() { answers <- s.UpdateFirst(background, insert(3)) }()
	waiting(s, 2)
	f.finish <- nil
	f.pass(2)
	for range 4 {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
	if !slices.Equal(ran, []byte{0, 1, 3, 2}) {
		t.Errorf("served in the order %v, want 0, 1, 3, 2", ran)
	}
}

// TestLanesAreBoundApart: a full lane refuses, and leaves the other its room.
func TestLanesAreBoundApart(t *testing.T) {
	f := newFlushes()
	s := open(t, t.TempDir(), Options{commit: f.commit, QueueLength: 2})
	held := make(chan error, 1)
	go func() { held <- s.Update(background, insertOrganization(0)) }()
	<-f.begun
	l := &lanes{t: t, s: s, errs: make(chan error, 4)}
	type update = func(context.Context, func(latchkey.Tx) error) error
	in := func(lane update) func(func(latchkey.Tx) error) error {
		return func(f func(latchkey.Tx) error) error { return lane(background, f) }
	}
	ordinary, first := in(s.Update), in(s.UpdateFirst)
	refused := func(lane update) bool {
		ctx, cancel := context.WithTimeout(background, time.Second) // for a lane that lets the caller wait
		defer cancel()
		err := lane(ctx, func(latchkey.Tx) error { t.Error("run"); return nil })
		return errors.Is(err, latchkey.ErrUnavailable) && errors.Is(err, latchkey.ErrQueueFull) && !errors.Is(err, context.DeadlineExceeded)
	}
	l.wait("ordinary", ordinary)
	l.wait("ordinary", ordinary)
	if !refused(s.Update) {
		t.Error("the ordinary lane has no bound")
	}
	l.wait("first", first) // whatever waits in the other lane
	l.wait("first", first)
	if !refused(s.UpdateFirst) || !refused(s.Update) {
		t.Error("the lane of revocations has no bound of its own")
	}
	f.finish <- nil
	if err := <-held; err != nil {
		t.Error(err)
	}
	l.answers.Wait()
	for range l.waiting {
		if err := <-l.errs; err != nil {
			t.Error(err)
		}
	}
}

// TestNobodyStarves: while the lane of revocations is never empty, an ordinary
// caller is served in each batch all the same.
func TestNobodyStarves(t *testing.T) {
	const batch, ordinary = 4, 5
	q := newQueue(100, batch-1)
	push := func(l lane) *call {
		c := new(call)
		if err := q.push(l, c); err != nil {
			t.Fatal(err)
		}
		return c
	}
	push(laneFirst)
	if q.next(); q.overtook != 0 {
		t.Error("who overtakes nobody counts")
	}
	var wait []*call
	for range ordinary {
		wait = append(wait, push(laneOrdinary))
	}
	for range batch * ordinary {
		push(laneFirst) // as fast as they are served
		if c := q.next(); len(wait) > 0 && c == wait[0] {
			wait = wait[1:]
		}
	}
	if len(wait) > 0 {
		t.Errorf("%d of %d ordinary callers still wait after %d batches", len(wait), ordinary, ordinary)
	}
}

// TestCrowded: more must wait in the ordinary lane than one batch takes.
func TestCrowded(t *testing.T) {
	f := newFlushes()
	s := open(t, t.TempDir(), Options{commit: f.commit, BatchSize: 2})
	held := make(chan error, 1)
	go func() { held <- s.Update(background, insertOrganization(0)) }()
	<-f.begun
	l := &lanes{t: t, s: s, errs: make(chan error, 6)}
	ordinary := func(f func(latchkey.Tx) error) error { return s.Update(background, f) }
	first := func(f func(latchkey.Tx) error) error { return s.UpdateFirst(background, f) }
	for i, step := range []struct {
		lane func(func(latchkey.Tx) error) error
		want bool
	}{{first, false}, {first, false}, {first, false}, {ordinary, false}, {ordinary, false}, {ordinary, true}} {
		l.wait("somebody", step.lane)
		if got := s.Crowded(); got != step.want {
			t.Errorf("after caller %d: crowded %v", i, got)
		}
	}
	f.finish <- nil
	if err := <-held; err != nil {
		t.Error(err)
	}
	l.answers.Wait()
	if s.Crowded() {
		t.Error("crowded when nobody waits any more")
	}
}
