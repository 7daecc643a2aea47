package storetest

import (
	"fmt"
	"reflect"
	"sync"
	"testing"

	"github.com/latchkey/latchkey"
)

// checkChain reads an organization's chain in parts and verifies every link.
func checkChain(t testing.TB, s latchkey.Store, org latchkey.OrgID) []latchkey.Event {
	t.Helper()
	var all []latchkey.Event
	view(t, s, func(r latchkey.Reader) error {
		var prev [32]byte
		for {
			part, err := r.Events(org, int64(len(all)), 100)
			if err != nil || len(part) == 0 {
				return err
			}
			for _, e := range part {
				all = append(all, e)
				if e.Seq != int64(len(all)) || e.OrgID != org || !e.Verify(prev) {
					return fmt.Errorf("event %d at place %d of the chain does not verify", e.Seq, len(all))
				}
				prev = e.Hash
			}
		}
	})
	return all
}

func testEventChain(t *testing.T, target Target) {
	s := target.Open(t)
	insert(t, s, organization(1), organization(2))
	name, tags := "ü\x00", []latchkey.Tag{{Key: "k", Value: "v"}}
	full := latchkey.Event{
		OrgID: orgID(1), ID: id[latchkey.EventID](4, 1), Created: start.Add(1234), Type: latchkey.EventKeyRolesChanged,
		Source: latchkey.SourceAPI, Operation: "updateRoles", CallerID: keyID(1), CallerPublicKey: publicKey(1),
		RemoteAddress: "2001:db8::1", ProjectID: projectID(1), TargetID: keyID(2), TargetPublicKey: publicKey(2),
		Change: latchkey.Change{
			Name: &name, Tags: &tags, ProjectRoles: []string{"GROUP_OWNER"}, RolesBefore: []string{"GROUP_READ_ONLY"},
			Assignments: map[latchkey.PrincipalID][]string{keyID(3): {"GROUP_OWNER"}},
		},
	}
	timeless := latchkey.Event{OrgID: orgID(1), Type: latchkey.EventOrgCreated}
	foreign := latchkey.Event{OrgID: orgID(2)}
	update(t, s, func(tx latchkey.Tx) error {
		for _, e := range []*latchkey.Event{&full, &foreign, &timeless} {
			if err := tx.AppendEvent(e); err != nil {
				return err
			}
		}
		return nil
	})
	if full.Seq != 1 || timeless.Seq != 2 || foreign.Seq != 1 {
		t.Errorf("numbers %d, %d and %d, want 1, 2 and 1", full.Seq, timeless.Seq, foreign.Seq)
	}
	if !full.Created.Equal(start) || timeless.Created.IsZero() {
		t.Errorf("times %v and %v, want whole milliseconds and now", full.Created, timeless.Created)
	}
	got := checkChain(t, s, orgID(1))
	if want := []latchkey.Event{full, timeless}; !reflect.DeepEqual(got, want) {
		t.Errorf("events:\n got %+v\nwant %+v", got, want)
	}
	view(t, s, func(r latchkey.Reader) error {
		part, err := r.Events(orgID(1), 1, 10)
		equal(t, "events after the first", part, []latchkey.Event{timeless})
		if err != nil {
			return err
		}
		part, err = r.Events(orgID(1), 0, 1)
		equal(t, "events up to the limit", part, []latchkey.Event{full})
		return err
	})
}

// testConcurrentChain lets 64 callers append to the chains of two
// organizations, a third of them in vain.
func testConcurrentChain(t *testing.T, target Target) {
	const callers, each = 64, 12
	s := target.Open(t)
	insert(t, s, organization(1), organization(2))
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			for n := range each {
				err := s.Update(background, func(tx latchkey.Tx) error {
					e := latchkey.Event{OrgID: orgID(1 + caller%2), Operation: fmt.Sprintf("%d.%d", caller, n)}
					if err := tx.AppendEvent(&e); err != nil {
						return err
					}
					if n%3 == 2 {
						return errRefused
					}
					return nil
				})
				if (n%3 == 2) != (err == errRefused) || n%3 != 2 && err != nil {
					t.Errorf("caller %d, call %d: %v", caller, n, err)
				}
			}
		})
	}
	wg.Wait()
	for org := 1; org <= 2; org++ {
		if got, want := len(checkChain(t, s, orgID(org))), callers/2*each*2/3; got != want {
			t.Errorf("organization %d: %d events, want %d", org, got, want)
		}
	}
}
