package sqlstore

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/latchkey/latchkey"
)

var errRefused = errors.New("refused by the test")

// flushes lets a test decide when and how each commit ends.
type flushes struct {
	begun  chan struct{} // receives when a commit is due
	finish chan error    // nil commits, an error fails instead
}

func newFlushes() flushes { return flushes{make(chan struct{}), make(chan error)} }

func (f flushes) commit(commit func() error) error {
	f.begun <- struct{}{}
	if err := <-f.finish; err != nil {
		return err
	}
	return commit()
}

// pass lets the next n commits through.
func (f flushes) pass(n int) {
	for range n {
		<-f.begun
		f.finish <- nil
	}
}

func insertOrganization(n byte) func(latchkey.Tx) error {
	return func(tx latchkey.Tx) error {
		return tx.InsertOrganization(latchkey.Organization{ID: latchkey.OrgID("00000000000000000000000" + string('0'+n))})
	}
}

func organizations(t *testing.T, s *Store) (n int) {
	t.Helper()
	err := s.View(background, func(r latchkey.Reader) error {
		ids, err := r.Organizations()
		n = len(ids)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// waiting blocks until n callers wait in the queue.
func waiting(s *Store, n int) {
	for queued(s) != n {
		time.Sleep(time.Millisecond)
	}
}

// queued returns how many callers wait in the queue.
func queued(s *Store) int {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	return len(s.queue.waiting[laneFirst]) + len(s.queue.waiting[laneOrdinary])
}

// batchOf holds the writer in a first commit, puts the functions into the
// queue, and lets them become one batch, which waits for its own commit. The
// channels returned receive the answers.
func batchOf(t *testing.T, s *Store, f flushes, fs ...func(latchkey.Tx) error) []chan error {
	t.Helper()
	first := make(chan error, 1)
	go func() { first <- s.Update(background, insertOrganization(0)) }()
	<-f.begun
	answers := make([]chan error, len(fs))
	for i, fn := range fs {
		answers[i] = make(chan error, 1)
		go func() { answers[i] <- s.Update(background, fn) }()
		waiting(s, i+1)
	}
	f.finish <- nil
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	<-f.begun
	return answers
}

func TestAnswersComeAfterTheFlush(t *testing.T) {
	f := newFlushes()
	s := open(t, t.TempDir(), Options{commit: f.commit})
	refuse := func(latchkey.Tx) error { return errRefused }
	answers := batchOf(t, s, f, insertOrganization(1), refuse, insertOrganization(2))
	time.Sleep(20 * time.Millisecond)
	for i, a := range answers {
		if len(a) > 0 {
			t.Errorf("caller %d of the batch was answered before its flush: %v", i, <-a)
		}
	}
	if n := organizations(t, s); n != 1 {
		t.Errorf("%d organizations can be seen before the flush, want 1", n)
	}
	f.finish <- nil
	for i, want := range []error{nil, errRefused, nil} {
		if err := <-answers[i]; err != want {
			t.Errorf("caller %d: got %v, want %v", i, err, want)
		}
	}
	if n := organizations(t, s); n != 3 {
		t.Errorf("%d organizations, want 3", n)
	}
	if got, want := s.Stats(), (Stats{Commits: 2, Batches: 2, Callers: 4, Views: 2}); got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
}

func TestFailedCommitFailsTheBatch(t *testing.T) {
	f := newFlushes()
	s := open(t, t.TempDir(), Options{commit: f.commit})
	refuse := func(latchkey.Tx) error { return errRefused }
	answers := batchOf(t, s, f, insertOrganization(1), refuse, insertOrganization(2))
	broken := errors.New("the disk is gone")
	f.finish <- broken
	for i, a := range answers {
		if err := <-a; !errors.Is(err, latchkey.ErrUnavailable) || !errors.Is(err, broken) || errors.Is(err, errRefused) {
			t.Errorf("caller %d: got %v, want ErrUnavailable", i, err)
		}
	}
	if n := organizations(t, s); n != 1 {
		t.Errorf("%d organizations, want 1", n)
	}
	go f.pass(1)
	if err := s.Update(background, insertOrganization(1)); err != nil {
		t.Errorf("Update after the failure: %v", err)
	}
}

func TestNothingWrittenIsNoFlush(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	before := s.Stats()
	for range 5 {
		err := s.Update(background, func(tx latchkey.Tx) error {
			_, err := tx.Organizations()
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Update(background, func(tx latchkey.Tx) error {
			return errors.Join(insertOrganization(1)(tx), errRefused)
		})
		if !errors.Is(err, errRefused) {
			t.Fatal(err)
		}
	}
	if after := s.Stats(); after.Commits != before.Commits || after.Callers != before.Callers+10 {
		t.Errorf("stats %+v, before %+v", after, before)
	}
}

func TestFullQueue(t *testing.T) {
	f := newFlushes()
	s := open(t, t.TempDir(), Options{commit: f.commit, QueueLength: 2})
	answers := make(chan error, 3)
	go func() { answers <- s.Update(background, insertOrganization(0)) }()
	<-f.begun
	for n := 1; n <= 2; n++ {
		go func() { answers <- s.Update(background, insertOrganization(byte(n))) }()
		waiting(s, n)
	}
	if err := s.Update(background, insertOrganization(3)); !errors.Is(err, latchkey.ErrUnavailable) {
		t.Errorf("a caller too many: %v", err)
	}
	f.finish <- nil
	f.pass(1)
	for range 3 {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
	if n := organizations(t, s); n != 3 {
		t.Errorf("%d organizations, want 3", n)
	}
}

func TestCancelledWhileWaiting(t *testing.T) {
	f := newFlushes()
	s := open(t, t.TempDir(), Options{commit: f.commit})
	first := make(chan error, 1)
	go func() { first <- s.Update(background, insertOrganization(0)) }()
	<-f.begun
	ctx, cancel := context.WithCancel(background)
	second := make(chan error, 1)
	go func() {
		second <- s.Update(ctx, func(latchkey.Tx) error { t.Error("run"); return nil })
	}()
	waiting(s, 1)
	cancel()
	if err := <-second; !errors.Is(err, context.Canceled) || !errors.Is(err, latchkey.ErrUnavailable) {
		t.Errorf("a caller that gave up: %v", err)
	}
	waiting(s, 0)
	f.finish <- nil
	if err := <-first; err != nil {
		t.Error(err)
	}
}

func TestCancelledWhileWaitingToRead(t *testing.T) {
	s := open(t, t.TempDir(), Options{Readers: 1})
	err := s.View(background, func(latchkey.Reader) error {
		ctx, cancel := context.WithTimeout(background, time.Millisecond)
		defer cancel()
		err := s.View(ctx, func(latchkey.Reader) error { t.Error("run"); return nil })
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, latchkey.ErrUnavailable) {
			t.Errorf("a caller that gave up: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestGoexit: a function that ends the goroutine, as t.FailNow does, fails its
// batch and not the store.
func TestGoexit(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	err := s.Update(background, func(tx latchkey.Tx) error {
		if err := insertOrganization(1)(tx); err != nil {
			return err
		}
		runtime.Goexit()
		return nil
	})
	if !errors.Is(err, errGoexit) {
		t.Errorf("got %v, want %v", err, errGoexit)
	}
	if err := s.Update(background, insertOrganization(1)); err != nil {
		t.Errorf("Update afterwards: %v", err)
	}
}

func TestPanicKeepsTheStack(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	defer func() {
		p, ok := recover().(*Panic)
		if !ok || p.Value != "raised" || len(p.Stack) == 0 {
			t.Errorf("raised %v", p)
		}
	}()
	_ = s.Update(background, func(latchkey.Tx) error { panic("raised") })
}

// TestCloseServesTheQueue: what was accepted is carried out.
func TestCloseServesTheQueue(t *testing.T) {
	f := newFlushes()
	dir := t.TempDir()
	s := open(t, dir, Options{commit: f.commit})
	var wg sync.WaitGroup
	update := func(n byte) {
		wg.Go(func() {
			if err := s.Update(background, insertOrganization(n)); err != nil {
				t.Error(err)
			}
		})
	}
	update(0)
	<-f.begun
	for n := byte(1); n <= 3; n++ {
		update(n)
		waiting(s, int(n))
	}
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	<-s.stopped
	f.finish <- nil
	f.pass(1)
	wg.Wait()
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if n := organizations(t, open(t, dir, Options{})); n != 4 {
		t.Errorf("%d organizations after Close, want 4", n)
	}
}

func TestNoGoroutineStays(t *testing.T) {
	before := goleak.IgnoreCurrent()
	s, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Update(background, insertOrganization(1)); err != nil {
		t.Error(err)
	}
	if n := organizations(t, s); n != 1 {
		t.Errorf("%d organizations, want 1", n)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	goleak.VerifyNone(t, before)
}

func TestClock(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 678_999_999, time.FixedZone("", 3600))
	s := open(t, t.TempDir(), Options{Clock: func() time.Time { return now }})
	e := latchkey.Event{OrgID: "o"}
	err := s.Update(background, func(tx latchkey.Tx) error {
		if got, want := tx.Now(), time.Date(2026, 1, 2, 2, 4, 5, 678_000_000, time.UTC); got != want {
			t.Errorf("Now is %v, want %v", got, want)
		}
		return tx.AppendEvent(&e)
	})
	if err != nil || !e.Created.Equal(now.Truncate(time.Millisecond)) {
		t.Errorf("event of %v (%v)", e.Created, err)
	}
}
