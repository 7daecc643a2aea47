package op_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
)

// TestHeavyOperationsLeaveReaders holds that event lists, however many are asked
// for, leave views to other calls, that those which wait are answered in the
// end, and that one whose caller goes away meanwhile is unavailable.
func TestHeavyOperationsLeaveReaders(t *testing.T) {
	st := newStage(t)
	const lists = 6
	entered, release, done, over := make(chan bool), make(chan bool), make(chan error, lists), make(chan bool)
	t.Cleanup(func() { close(over) }) // should the test end early, nobody waits for it
	list := func(ctx context.Context) error {
		call := st.call("")
		check := call.Proof.Check
		call.Proof.Check = func(r latchkey.Reader, p latchkey.ProjectID) (latchkey.Credential, error) {
			select {
			case entered <- true:
			case <-ctx.Done():
				t.Error("a list runs that nobody waits for")
			case <-over:
			}
			select {
			case <-release:
			case <-ctx.Done():
			case <-over:
			}
			return check(r, p)
		}
		out, err := op.Do(ctx, st.service, op.ListOrgEvents, call, op.OrgEventsInput{
			Org: st.setup.Org.ID, EventSelection: op.EventSelection{Page: latchkey.Page{Number: 1, Size: 10}},
		})
		if err == nil && out.Total == 0 {
			err = errors.New("no events")
		}
		return err
	}
	for range lists {
		go func() { done <- list(context.Background()) }()
	}
	<-entered
	<-entered
	// As many as may run now do. Whoever gives up waiting never read anything.
	gone, leave := context.WithCancel(context.Background())
	leave()
	if got := codeOf(list(gone)); got != latchkey.CodeUnavailable {
		t.Errorf("a list that nobody waits for: code %d", got)
	}
	for range 10 {
		soon, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if _, err := op.Do(soon, st.service, op.GetOrg, st.call(""), op.OrgInput{Org: st.setup.Org.ID}); err != nil {
			t.Fatalf("a read beside them: %v", err)
		}
	}
	select {
	case <-entered:
		t.Fatal("a third list runs at the same time")
	default:
	}
	release <- true
	release <- true
	for range lists - 2 {
		<-entered
		release <- true
	}
	for range lists {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
