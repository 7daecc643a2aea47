package sqlstore

import (
	"errors"
	"fmt"
	"sort"
	"strconv"
	"time"

	"github.com/latchkey/latchkey"
)

// Event finds an event by its id. The id begins with the second in which the
// event happened, and times rise with numbers, so only that second is searched.
func (r *reader) Event(org latchkey.OrgID, id latchkey.EventID) (latchkey.Event, error) {
	seconds, err := strconv.ParseUint(string(id[:min(8, len(id))]), 16, 32)
	if err != nil {
		return latchkey.Event{}, latchkey.ErrNotFound
	}
	from := time.Unix(int64(seconds), 0)
	low, high, err := r.between(org, from, from.Add(time.Second-time.Millisecond))
	if err != nil {
		return latchkey.Event{}, err
	}
	list, err := r.events(qEvent, string(org), low, high, string(id))
	if err == nil && len(list) == 0 {
		err = latchkey.ErrNotFound
	}
	if err != nil {
		return latchkey.Event{}, err
	}
	return list[0], nil
}

// between returns the numbers of the first and the last event of a span of
// time, both ends included; a zero time is no limit. High is below low when
// there is none.
func (r *reader) between(org latchkey.OrgID, from, until time.Time) (low, high int64, err error) {
	head, _, err := r.ChainHead(org)
	if err != nil {
		return 0, 0, err
	}
	low, high = 1, head
	if !from.IsZero() {
		if low, err = r.firstAt(org, head, from); err != nil {
			return 0, 0, err
		}
	}
	if !until.IsZero() {
		after, err := r.firstAt(org, head, until.Truncate(time.Millisecond).Add(time.Millisecond))
		if err != nil {
			return 0, 0, err
		}
		high = after - 1
	}
	return low, high, nil
}

// firstAt returns the number of the first event at or after the time, or one
// above the last.
func (r *reader) firstAt(org latchkey.OrgID, head int64, at time.Time) (int64, error) {
	var failed error
	n := sort.Search(int(head), func(i int) bool {
		var created int64
		err := r.row(qEventTime, []any{string(org), int64(i) + 1}, &created)
		if errors.Is(err, latchkey.ErrNotFound) {
			err = fmt.Errorf("%w: event %d is not there", latchkey.ErrCorrupt, i+1)
		}
		if err != nil && failed == nil {
			failed = err
		}
		return failed != nil || created >= millis(at)
	})
	return int64(n) + 1, failed
}

// EventFeed lists events newest first. Without a filter but time, the numbers
// of a page follow from the numbers of its ends: every page costs the same.
// With one, all matches are counted in an index unless nobody asks how many
// there are, and those from the nearer end of the list to the page once more.
func (r *reader) EventFeed(org latchkey.OrgID, f latchkey.EventFilter, page latchkey.Page) ([]latchkey.Event, int, error) {
	low, high, err := r.between(org, f.From, f.Until)
	if err != nil || low > high {
		return nil, 0, err
	}
	if f.Project == "" && f.Reader == "" && len(f.Types) == 0 {
		total := int(high - low + 1)
		list, err := r.events(qEventRange, string(org), low, high-int64(page.Offset()), page.Size)
		return list, total, err
	}
	c, err := r.choose(org, f)
	if err != nil {
		return nil, 0, err
	}
	return c.page(low, high, page)
}

// choice is a condition on the events of an organization.
type choice struct {
	r         *reader
	org       latchkey.OrgID
	uncounted bool
	// An index counts the matches in a range alone, but looks every project of
	// a reader up for that.
	list, count queryID
	args        []any // of the condition, but for its range
	// In a range of up to so many events it is cheaper to look at each of them,
	// and whether the reader sees it.
	short     int64
	shortArgs []any
}

// shortPerProject is how many events cost as much to look at as one project
// does to look up, about: BenchmarkEventFeedOfManyProjects.
const shortPerProject = 3

// choose finds the condition that a filter is.
func (r *reader) choose(org latchkey.OrgID, f latchkey.EventFilter) (choice, error) {
	if len(f.Types) > latchkey.MaxFilterTypes {
		return choice{}, fmt.Errorf("a filter names %d types of events, at most %d fit", len(f.Types), latchkey.MaxFilterTypes)
	}
	c := choice{r: r, org: org, uncounted: f.Uncounted, args: []any{string(org)}}
	if f.Project == "" && f.Reader == "" {
		c.list, c.count = qEventsOfTypes, qEventsOfTypesCount
	} else {
		c.list, c.count = qEventsOfProjects, qEventsOfProjectsCount
		c.args = append(c.args, string(f.Project), string(org), string(f.Reader), len(f.Types))
	}
	for i := range latchkey.MaxFilterTypes {
		switch {
		case i < len(f.Types):
			c.args = append(c.args, string(f.Types[i]))
		case len(f.Types) > 0:
			c.args = append(c.args, string(f.Types[0]))
		default:
			c.args = append(c.args, "")
		}
	}
	if f.Reader != "" && f.Project == "" {
		projects, err := r.count(qMembershipsOf, string(org), string(f.Reader))
		if err != nil {
			return choice{}, err
		}
		c.short = shortPerProject * int64(projects)
		c.shortArgs = append([]any{string(org)}, c.args[2:]...) // all but the project
	}
	return c, nil
}

// matches counts the matches in a range of numbers.
func (c *choice) matches(low, high int64) (int, error) {
	if high-low < c.short {
		return c.r.count(qEventsSeenCount, with(c.shortArgs, low, high)...)
	}
	return c.r.count(c.count, with(c.args, low, high)...)
}

// read reads some of the matches in a range of numbers, newest first.
func (c *choice) read(low, high int64, limit, offset int) ([]latchkey.Event, error) {
	if high-low < c.short {
		return c.r.events(qEventsSeen, with(c.shortArgs, low, high, limit, offset)...)
	}
	return c.r.events(c.list, with(append([]any{string(c.org)}, c.args...), low, high, limit, offset)...)
}

// with returns arguments with more of them behind.
func with(args []any, more ...any) []any { return append(args[:len(args):len(args)], more...) }

// page reads a page of the matches in a range of numbers, and counts them all
// unless nobody asks. It finds the numbers at both ends of the page first, so
// that no more than a few pages are sorted.
func (c *choice) page(low, high int64, page latchkey.Page) ([]latchkey.Event, int, error) {
	all, offset, limit := span{low, high, 0, unknown}, page.Offset(), page.Size
	if c.uncounted {
		limit++ // which tells whether there is another page
	} else {
		total, err := c.matches(low, high)
		if err != nil || offset >= total {
			return nil, total, err
		}
		all.inside, limit = total, min(limit, total-offset)
	}
	first, err := narrow(c.matches, all, offset, page.Size)
	if err != nil || first.inside == 0 {
		return nil, 0, err
	}
	rest := span{low, first.high, first.above, unknown}
	if !c.uncounted {
		rest.inside = all.inside - first.above
	}
	last, err := narrow(c.matches, rest, offset+limit-1, page.Size)
	if err != nil {
		return nil, 0, err
	}
	if last.inside == 0 {
		last.low = low // there are fewer than would fit
	}
	events, err := c.read(last.low, first.high, limit, offset-first.above)
	if err != nil || !c.uncounted {
		return events, all.inside, err
	}
	return events[:min(len(events), page.Size)], offset + len(events), nil
}
