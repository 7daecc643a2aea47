package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

// feedTypes are the types of the events that the feed tests append.
var feedTypes = []latchkey.EventType{
	latchkey.EventKeyCreated, latchkey.EventKeyDeleted, latchkey.EventKeyRolesChanged, latchkey.EventKeyRolesChanged,
	latchkey.EventKeyRolesChanged, latchkey.EventOrgRenamed,
}

// fillFeed appends n events to the chains of two organizations, some of projects and
// often several in one millisecond. Key 1 of organization 1 is in projects 1 and 3; so
// is key 3, and in many more without events.
func fillFeed(t testing.TB, s latchkey.Store, random *rand.Rand, n int) (all []latchkey.Event) {
	t.Helper()
	insert(t, s, organization(1), organization(2), project(1, 1), project(1, 2), project(1, 3),
		inProjects(apiKey(1, 1), readOnly, projectID(1), projectID(3)), apiKey(1, 2))
	many := []latchkey.ProjectID{projectID(1), projectID(3)}
	for i := range 50 {
		insert(t, s, project(1, 100+i))
		many = append(many, projectID(100+i))
	}
	insert(t, s, inProjects(apiKey(1, 3), readOnly, many...))
	at := start
	for len(all) < n {
		update(t, s, func(tx latchkey.Tx) error {
			for range min(50, n-len(all)) {
				at = at.Add(time.Duration(random.IntN(3)) * 500 * time.Millisecond)
				e := latchkey.Event{OrgID: orgID(1), ID: latchkey.NewID[latchkey.EventID](at), Created: at,
					Type: feedTypes[random.IntN(len(feedTypes))]}
				if p := random.IntN(5); p > 0 {
					e.ProjectID = projectID(p) // 4 is deleted: nobody is in it
				}
				if err := tx.AppendEvent(&e); err != nil {
					return err
				}
				all = append(all, e)
				foreign := latchkey.Event{OrgID: orgID(2), ID: latchkey.NewID[latchkey.EventID](at), Created: at, Type: e.Type}
				if err := tx.AppendEvent(&foreign); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return all
}

// passes says for one event what a filter says.
func passes(f latchkey.EventFilter, e *latchkey.Event) bool {
	visible := f.Reader == "" || e.ProjectID == "" ||
		(f.Reader == keyID(1) || f.Reader == keyID(3)) && (e.ProjectID == projectID(1) || e.ProjectID == projectID(3))
	return visible &&
		(f.Project == "" || e.ProjectID == f.Project) &&
		(len(f.Types) == 0 || slices.Contains(f.Types, e.Type)) &&
		(f.From.IsZero() || !e.Created.Before(f.From)) &&
		(f.Until.IsZero() || !e.Created.After(f.Until))
}

// wantFeed is what a feed must list, newest first.
func wantFeed(all []latchkey.Event, f latchkey.EventFilter) (want []latchkey.Event) {
	for i := range all {
		if passes(f, &all[i]) {
			want = append(want, all[i])
		}
	}
	slices.Reverse(want)
	return want
}

// testEventFeed compares feeds of every kind of filter, page by page, with what
// the events say themselves.
func testEventFeed(t *testing.T, target Target) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	s := target.Open(t)
	all := fillFeed(t, s, random, 400)
	last := all[len(all)-1].Created
	times := []time.Time{{}, start, last.Add(time.Hour), start.Add(-time.Hour), all[200].Created, all[300].Created}
	types := [][]latchkey.EventType{nil, {latchkey.EventKeyDeleted}, {latchkey.EventKeyRolesChanged}, {"NEVER_RECORDED"},
		{latchkey.EventKeyCreated, latchkey.EventOrgRenamed, "NEVER_RECORDED"}, feedTypes}
	who := []latchkey.EventFilter{{}, {Project: projectID(1)}, {Project: projectID(9)},
		{Reader: keyID(1)}, {Reader: keyID(2)}, {Reader: keyID(3)}, {Reader: keyID(9)}}
	for _, f := range who {
		for _, f.Types = range types {
			for range 4 {
				f.From, f.Until = times[random.IntN(len(times))], times[random.IntN(len(times))]
				checkFeed(t, s, f, wantFeed(all, f), []int{1, 7, 100, 500}[random.IntN(4)])
			}
			f.From, f.Until = time.Time{}, time.Time{}
			checkFeed(t, s, f, wantFeed(all, f), 10)
		}
	}
	view(t, s, func(r latchkey.Reader) error {
		many := latchkey.EventFilter{Types: make([]latchkey.EventType, latchkey.MaxFilterTypes)}
		for i := range many.Types {
			many.Types[i] = latchkey.EventType(fmt.Sprint("TYPE_", i))
		}
		many.Types[latchkey.MaxFilterTypes-1] = latchkey.EventKeyDeleted
		_, n, err := r.EventFeed(orgID(1), many, latchkey.Page{Number: 1, Size: 1})
		equal(t, "how many events a filter of many types finds", n, len(wantFeed(all, many)))
		return err
	})
	if err := s.View(background, func(r latchkey.Reader) error {
		_, _, err := r.EventFeed(orgID(1), latchkey.EventFilter{Types: make([]latchkey.EventType, latchkey.MaxFilterTypes+1)}, latchkey.Page{Number: 1, Size: 1})
		return err
	}); err == nil {
		t.Error("a filter of too many types was taken")
	}
}

// checkFeed reads every page of a feed, and one behind the last, with and
// without the count of all.
func checkFeed(t *testing.T, s latchkey.Store, f latchkey.EventFilter, want []latchkey.Event, size int) {
	t.Helper()
	for number := 1; number <= len(want)/size+2; number++ {
		view(t, s, func(r latchkey.Reader) error {
			page := latchkey.Page{Number: number, Size: size}
			got, total, err := r.EventFeed(orgID(1), f, page)
			if err != nil {
				return err
			}
			from := min(page.Offset(), len(want))
			equal(t, fmt.Sprintf("page %d of %d of %+v", number, size, f), got, want[from:min(from+size, len(want))])
			equal(t, fmt.Sprintf("how many there are of %+v", f), total, len(want))
			hasNext, uncounted := page.Offset()+size < total, f
			uncounted.Uncounted = true
			again, total, err := r.EventFeed(orgID(1), uncounted, page)
			if err != nil {
				return err
			}
			equal(t, fmt.Sprintf("page %d of %d of %+v, uncounted", number, size, f), again, got)
			equal(t, fmt.Sprintf("whether there is more than page %d of %d of %+v", number, size, f), page.Offset()+size < total, hasNext)
			return nil
		})
	}
}

func testEvent(t *testing.T, target Target) {
	s := target.Open(t)
	all := fillFeed(t, s, rand.New(rand.NewPCG(1, 1)), 100)
	view(t, s, func(r latchkey.Reader) error {
		for _, e := range all {
			got, err := r.Event(orgID(1), e.ID)
			if err != nil {
				return err
			}
			equal(t, "event", got, e)
		}
		return nil
	})
	for _, id := range []latchkey.EventID{
		latchkey.NewID[latchkey.EventID](start), latchkey.NewID[latchkey.EventID](start.Add(-time.Hour)),
		latchkey.NewID[latchkey.EventID](time.Now()), "ffffffffffffffffffffffff", "000000000000000000000000", "", "x",
	} {
		viewFails(t, s, latchkey.ErrNotFound, func(r latchkey.Reader) error {
			_, err := r.Event(orgID(1), id)
			return err
		})
	}
	viewFails(t, s, latchkey.ErrNotFound, func(r latchkey.Reader) error {
		_, err := r.Event(orgID(2), all[50].ID)
		return err
	})
	viewFails(t, s, latchkey.ErrNotFound, func(r latchkey.Reader) error {
		_, err := r.Event(orgID(9), all[50].ID)
		return err
	})
}

// testEventTimes lets the clock go back: no event is older than the one before
// it, and each is found by its id and by its time.
func testEventTimes(t *testing.T, target Target) {
	s := target.Open(t)
	insert(t, s, organization(1))
	steps := []time.Duration{0, time.Second, -time.Hour, -time.Millisecond, 999 * time.Millisecond, 1001 * time.Millisecond, -time.Hour, 2 * time.Second}
	var all []latchkey.Event
	update(t, s, func(tx latchkey.Tx) error {
		all = nil
		for _, step := range steps {
			at := start.Add(step)
			e := latchkey.Event{OrgID: orgID(1), ID: latchkey.NewID[latchkey.EventID](at), Created: at, Type: latchkey.EventOrgRenamed}
			if err := tx.AppendEvent(&e); err != nil {
				return err
			}
			all = append(all, e)
		}
		return nil
	})
	newest := start
	for i, e := range all {
		if at := start.Add(steps[i]); at.After(newest) {
			newest = at
		}
		equal(t, fmt.Sprintf("time of event %d", i+1), e.Created, newest)
		if want := fmt.Sprintf("%08x", newest.Unix()); string(e.ID[:8]) != want {
			t.Errorf("event %d: its id %s does not begin with the second %s", i+1, e.ID, want)
		}
		view(t, s, func(r latchkey.Reader) error {
			got, err := r.Event(orgID(1), e.ID)
			equal(t, fmt.Sprintf("event %d", i+1), got, e)
			return err
		})
		f := latchkey.EventFilter{From: e.Created, Until: e.Created}
		checkFeed(t, s, f, wantFeed(all, f), 3)
	}
	checkChain(t, s, orgID(1))
}

func testChainHead(t *testing.T, target Target) {
	s := target.Open(t)
	insert(t, s, organization(1), organization(2))
	head := func(want latchkey.Event) {
		t.Helper()
		view(t, s, func(r latchkey.Reader) error {
			seq, hash, err := r.ChainHead(orgID(1))
			equal(t, "number of the newest event", seq, want.Seq)
			equal(t, "hash of the newest event", hash, want.Hash)
			return err
		})
	}
	head(latchkey.Event{})
	var e latchkey.Event
	for range 3 {
		update(t, s, func(tx latchkey.Tx) error {
			e = latchkey.Event{OrgID: orgID(1)}
			return tx.AppendEvent(&e)
		})
		head(e)
	}
	update(t, s, func(tx latchkey.Tx) error { return tx.AppendEvent(&latchkey.Event{OrgID: orgID(2)}) })
	updateFails(t, s, errRefused, func(tx latchkey.Tx) error {
		if err := tx.AppendEvent(&latchkey.Event{OrgID: orgID(1)}); err != nil {
			return err
		}
		return errRefused
	})
	head(e)
}
