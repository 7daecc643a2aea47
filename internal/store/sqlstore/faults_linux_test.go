package sqlstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/store/storetest"
)

const faultOrg = latchkey.OrgID("000000000000000000000001")

func appendEvent(tx latchkey.Tx) error {
	return tx.AppendEvent(&latchkey.Event{OrgID: faultOrg, Operation: strings.Repeat("x", 2000)})
}

// countEvents verifies the chain and returns its length.
func countEvents(t *testing.T, s *Store) int {
	t.Helper()
	n := 0
	err := s.View(background, func(r latchkey.Reader) error {
		events, err := r.Events(faultOrg, 0, 1<<30)
		var prev [32]byte
		for _, e := range events {
			n++
			if e.Seq != int64(n) || !e.Verify(prev) {
				return fmt.Errorf("event %d does not verify", e.Seq)
			}
			prev = e.Hash
		}
		return err
	})
	if err != nil {
		t.Fatalf("read the chain: %v", err)
	}
	return n
}

func TestFullDisk(t *testing.T) {
	dir := storetest.SmallDisk(t, 4<<20)
	s := open(t, dir, Options{})
	want := 0
	for round := range 3 {
		for range 10 {
			if err := s.Update(background, appendEvent); err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
			want++
		}
		free := storetest.Fill(t, dir)
		failed := 0
		for failed < 5 { // what SQLite had allocated may still take some
			switch err := s.Update(background, appendEvent); {
			case err == nil:
				want++
			case errors.Is(err, latchkey.ErrUnavailable):
				failed++
			default:
				t.Fatalf("round %d: on a full disk: %v", round, err)
			}
			if got := countEvents(t, s); got != want {
				t.Fatalf("round %d: %d events on a full disk, want %d", round, got, want)
			}
		}
		// Beside a change that cannot be committed nobody else is told of success.
		answers := make(chan error, 32)
		for range cap(answers) {
			go func() { answers <- s.Update(background, appendEvent) }()
		}
		for range cap(answers) {
			if err := <-answers; !errors.Is(err, latchkey.ErrUnavailable) {
				t.Errorf("round %d: on a full disk: %v", round, err)
			}
		}
		free()
		if got := countEvents(t, s); got != want {
			t.Fatalf("round %d: %d events after the disk was full, want %d", round, got, want)
		}
	}
	if err := s.Update(background, appendEvent); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := countEvents(t, open(t, dir, Options{})); got != want+1 {
		t.Errorf("%d events after opening again, want %d", got, want+1)
	}
}

func TestReadOnlyDisk(t *testing.T) {
	dir := storetest.SmallDisk(t, 8<<20)
	s := open(t, dir, Options{})
	if err := s.Update(background, appendEvent); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	undo := storetest.MakeReadOnly(t, dir)
	_, err := Open(dir, Options{})
	if !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), dir) {
		t.Errorf("open on a read-only disk: %v", err)
	}
	t.Log(err)
	if _, err := Open(filepath.Join(dir, "new"), Options{}); !errors.Is(err, syscall.EROFS) {
		t.Errorf("open a new directory on a read-only disk: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "new")); err == nil {
		t.Error("a directory was made on a read-only disk")
	}
	undo()
	if got := countEvents(t, open(t, dir, Options{})); got != 1 {
		t.Errorf("%d events, want 1", got)
	}
}

// TestFullDiskInsideAChange lets the disk fill up before the commit, in the
// middle of one caller's change, when SQLite rolls back everybody's.
func TestFullDiskInsideAChange(t *testing.T) {
	f := newFlushes()
	s := open(t, storetest.SmallDisk(t, 4<<20), Options{commit: f.commit})
	first := make(chan error, 1)
	go func() { first <- s.Update(background, appendEvent) }()
	<-f.begun
	statements := 0
	tooMuch := func(tx latchkey.Tx) error {
		for range 64 { // of 1 MiB, more than the page cache holds
			statements++
			e := latchkey.Event{OrgID: faultOrg, Operation: strings.Repeat("x", 1<<20)}
			if err := tx.AppendEvent(&e); err != nil {
				_ = tx.InsertOrganization(latchkey.Organization{ID: "stray"}) // would not be in a transaction
				return nil
			}
		}
		return errors.New("there was room for everything")
	}
	answers := make([]chan error, 3)
	for i, change := range []func(latchkey.Tx) error{appendEvent, tooMuch, appendEvent} {
		answers[i] = make(chan error, 1)
		go func() { answers[i] <- s.Update(background, change) }()
		waiting(s, i+1)
	}
	f.finish <- nil
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	for i, a := range answers[:2] {
		if err := <-a; !errors.Is(err, latchkey.ErrUnavailable) || !strings.Contains(err.Error(), "disk is full") {
			t.Errorf("caller %d beside a change that filled the disk: %v", i, err)
		}
	}
	t.Logf("the disk was full after %d statements", statements)
	f.pass(1) // the third caller is not run in a lost transaction but in the next
	if err := <-answers[2]; err != nil {
		t.Errorf("the change after one that filled the disk: %v", err)
	}
	if got := countEvents(t, s); got != 2 {
		t.Errorf("%d events, want 2", got)
	}
	err := s.View(background, func(r latchkey.Reader) error {
		_, err := r.Organization("stray")
		return err
	})
	if !errors.Is(err, latchkey.ErrNotFound) {
		t.Errorf("an organization was stored outside a transaction: %v", err)
	}
}
