package op_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
)

// lists asks for event lists that stand still in their second look at the
// credentials, which is the one that reads much, until they are released.
type lists struct {
	*testing.T
	st      *stage
	entered chan latchkey.OrgID
	release chan bool
	over    chan bool
}

// list asks for the events of an organization as its owner.
func (l *lists) list(ctx context.Context, of op.Setup) error {
	call := l.st.call("")
	looks := 0
	call.Proof.Check = func(r latchkey.Reader, p latchkey.ProjectID) (latchkey.Credential, error) {
		if looks++; looks == 2 {
			select {
			case l.entered <- of.Org.ID:
			case <-ctx.Done():
				l.Error("a list runs that nobody waits for")
			case <-l.over:
			}
			select {
			case <-l.release:
			case <-ctx.Done():
			case <-l.over:
			}
		}
		return r.Credential(string(of.Owner.Key.PublicKey), p)
	}
	out, err := op.Do(ctx, l.st.service, op.ListOrgEvents, call, op.OrgEventsInput{
		Org: of.Org.ID, EventSelection: op.EventSelection{Page: latchkey.Page{Number: 1, Size: 10}},
	})
	if err == nil && out.Total == 0 {
		err = errors.New("no events")
	}
	return err
}

// TestHeavyOperationsLeaveReaders holds that event lists, however many are asked
// for, leave views to other calls, that of one organization one runs at a time
// and another's need not wait for it, that those which wait are answered in the
// end, and that one whose caller goes away meanwhile is unavailable.
func TestHeavyOperationsLeaveReaders(t *testing.T) {
	st := newStage(t)
	other, err := st.service.CreateOrganization(context.Background(), "init", op.SetupOptions{OrgName: "other"})
	if err != nil {
		t.Fatal(err)
	}
	third, err := st.service.CreateOrganization(context.Background(), "init", op.SetupOptions{OrgName: "third"})
	if err != nil {
		t.Fatal(err)
	}
	const each = 4
	l := &lists{T: t, st: st, entered: make(chan latchkey.OrgID), release: make(chan bool), over: make(chan bool)}
	t.Cleanup(func() { close(l.over) }) // should the test end early, nobody waits for it
	done := make(chan error, 3*each)
	ask := func(of op.Setup) {
		for range each {
			go func() { done <- l.list(context.Background(), of) }()
		}
	}
	ask(st.setup)
	first := <-l.entered
	ask(other)
	if second := <-l.entered; first != st.setup.Org.ID || second != other.Org.ID {
		t.Fatalf("lists of %s and %s run, want one of each organization", first, second)
	}
	// As many as may run now do. Whoever gives up waiting never read anything.
	gone, leave := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer leave()
	for _, of := range []op.Setup{st.setup, third} {
		if got := codeOf(l.list(gone, of)); got != latchkey.CodeUnavailable {
			t.Errorf("a list that nobody waits for: code %d", got)
		}
	}
	for range 10 {
		soon, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if _, err := op.Do(soon, st.service, op.GetOrg, st.call(""), op.OrgInput{Org: st.setup.Org.ID}); err != nil {
			t.Fatalf("a read beside them: %v", err)
		}
	}
	select {
	case <-l.entered:
		t.Fatal("a third list runs at the same time")
	default:
	}
	l.release <- true
	l.release <- true
	for range 2*each - 2 {
		<-l.entered
		l.release <- true
	}
	for range 2 * each {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// TestWrongCredentialsDoNotWait: who proves nothing is refused while lists of
// others run.
func TestWrongCredentialsDoNotWait(t *testing.T) {
	st := newStage(t)
	l := &lists{T: t, st: st, entered: make(chan latchkey.OrgID), release: make(chan bool), over: make(chan bool)}
	t.Cleanup(func() { close(l.over) })
	done := make(chan error, 1)
	go func() { done <- l.list(context.Background(), st.setup) }()
	<-l.entered
	call := st.call("")
	call.Proof.Check = func(latchkey.Reader, latchkey.ProjectID) (latchkey.Credential, error) {
		return latchkey.Credential{}, latchkey.Refuse(latchkey.CodeUnauthenticated)
	}
	soon, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_, err := op.Do(soon, st.service, op.ListOrgEvents, call, op.OrgEventsInput{Org: st.setup.Org.ID})
	if codeOf(err) != latchkey.CodeUnauthenticated {
		t.Errorf("got %v", err)
	}
	l.release <- true
	if err := <-done; err != nil {
		t.Error(err)
	}
}
