package sqlstore

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

// account stores a service account of the organization whose secrets expire at
// those times.
func account(t *testing.T, s *Store, org latchkey.OrgID, expires ...time.Time) {
	t.Helper()
	err := s.Update(context.Background(), func(tx latchkey.Tx) error {
		a := latchkey.ServiceAccount{Name: "account", Principal: latchkey.Principal{
			ID: latchkey.NewClientID(tx.Now()), OrgID: org, Desc: "account", OrgRoles: latchkey.Roles(latchkey.OrgMember), Created: tx.Now(),
		}}
		for _, end := range expires {
			a.Secrets = append(a.Secrets, latchkey.Secret{ID: latchkey.NewID[latchkey.SecretID](tx.Now()), Tail: "tail", Created: tx.Now(), Expires: end})
		}
		return tx.InsertAccount(a)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestSecretEnds: live secrets of every organization, no others, and no answer
// that would take too long.
func TestSecretEnds(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	s := open(t, t.TempDir(), Options{Clock: func() time.Time { return now }})
	var want []time.Time
	for i := range 3 {
		org := latchkey.NewID[latchkey.OrgID](now)
		err := s.Update(context.Background(), func(tx latchkey.Tx) error {
			return tx.InsertOrganization(latchkey.Organization{ID: org, Name: "org", Created: now, Settings: latchkey.DefaultSettings()})
		})
		if err != nil {
			t.Fatal(err)
		}
		end := now.Add(time.Duration(i+1) * time.Hour)
		account(t, s, org, now, end) // the first has just expired
		want = append(want, end)
	}
	got, err := s.SecretEnds(context.Background(), 3)
	slices.SortFunc(got, time.Time.Compare)
	if err != nil || !slices.EqualFunc(got, want, time.Time.Equal) {
		t.Errorf("got %v (%v), want %v", got, err, want)
	}
	if got, err := s.SecretEnds(context.Background(), 2); !errors.Is(err, ErrTooMany) {
		t.Errorf("more than the limit: %v, %v", got, err)
	}
}

// TestFlushesAreTold: each commit once, with all whose work it was about, and
// those that fail, too; refusals of a full lane are counted where they belong.
func TestFlushesAreTold(t *testing.T) {
	broken := errors.New("broken")
	fail := false
	s := open(t, t.TempDir(), Options{QueueLength: 1, commit: func(commit func() error) error {
		if fail {
			return broken
		}
		return commit()
	}})
	told := make(chan Flush, 10)
	s.OnFlush(func(f Flush) { told <- f })
	write := func(tx latchkey.Tx) error {
		return tx.InsertOrganization(latchkey.Organization{ID: latchkey.NewID[latchkey.OrgID](tx.Now()), Name: "org", Created: tx.Now(), Settings: latchkey.DefaultSettings()})
	}
	if err := s.Update(context.Background(), write); err != nil {
		t.Fatal(err)
	}
	if f := <-told; f.Callers != 1 || f.Err != nil || f.Took <= 0 {
		t.Errorf("a commit was told as %+v", f)
	}
	if err := s.Update(context.Background(), func(latchkey.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	fail = true
	if err := s.Update(context.Background(), write); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if f := <-told; !errors.Is(f.Err, broken) {
		t.Errorf("a failed commit was told as %+v", f)
	}
	if len(told) > 0 {
		t.Errorf("told of a commit of nothing: %+v", <-told)
	}

	// One is in the writer, one waits, one is refused.
	began, end := make(chan struct{}), make(chan struct{})
	answers := make(chan error, 2)
	go func() {
		answers <- s.UpdateFirst(context.Background(), func(latchkey.Tx) error { close(began); <-end; return nil })
	}()
	<-began
	go func() { answers <- s.Update(context.Background(), func(latchkey.Tx) error { return nil }) }()
	for s.Stats().Ordinary.Waiting == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := s.Update(context.Background(), write); !errors.Is(err, latchkey.ErrQueueFull) {
		t.Errorf("a full lane: %v", err)
	}
	st := s.Stats()
	if st.Ordinary != (LaneStats{1, 1}) || st.First != (LaneStats{}) {
		t.Errorf("lanes: %+v, %+v", st.Ordinary, st.First)
	}
	close(end)
	for range 2 {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
}
