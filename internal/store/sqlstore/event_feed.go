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

// choice is a condition on the events of an organization whose matches in a
// range of numbers are counted by an index alone.
type choice struct {
	r           *reader
	list, count queryID
	org         latchkey.OrgID
	args        []any // of the condition, but for its range
}

// choose finds the condition that a filter is.
func (r *reader) choose(org latchkey.OrgID, f latchkey.EventFilter) (choice, error) {
	if len(f.Types) > latchkey.MaxFilterTypes {
		return choice{}, fmt.Errorf("a filter names %d types of events, at most %d fit", len(f.Types), latchkey.MaxFilterTypes)
	}
	c := choice{r: r, org: org, args: []any{string(org)}}
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
	return c, nil
}

// matches counts the matches in a range of numbers.
func (c *choice) matches(low, high int64) (int, error) {
	return c.r.count(c.count, append(c.args[:len(c.args):len(c.args)], low, high)...)
}

// page reads a page of the matches in a range of numbers, and counts them all.
// It finds the numbers at both ends of the page first, so that no more than a
// few pages are sorted.
func (c *choice) page(low, high int64, page latchkey.Page) ([]latchkey.Event, int, error) {
	total, err := c.matches(low, high)
	if err != nil || page.Offset() >= total {
		return nil, total, err
	}
	first, err := c.narrow(span{low, high, 0}, page.Offset(), page.Size)
	if err != nil {
		return nil, 0, err
	}
	last := first
	if end := min(page.Offset()+page.Size, total) - 1; end > page.Offset() {
		if last, err = c.narrow(span{low, first.high, first.above}, end, page.Size); err != nil {
			return nil, 0, err
		}
	}
	args := append([]any{string(c.org)}, c.args...)
	events, err := c.r.events(c.list, append(args, last.low, first.high, page.Size, page.Offset()-first.above)...)
	return events, total, err
}

// span is a range of numbers with how many matches have higher ones.
type span struct {
	low, high int64
	above     int
}

// narrow returns a part of the span that has the match of that rank, counted
// down from the newest, and not many more than enough. It looks from the upper
// end in steps that grow, then halves: it counts about as many matches as there
// are above that of the rank.
func (c *choice) narrow(s span, rank, enough int) (span, error) {
	found, step := false, int64(enough)
	for s.high-s.low >= int64(enough) {
		if found {
			step = (s.high - s.low) / 2
		}
		middle := max(s.low, s.high-step)
		n, err := c.matches(middle, s.high)
		switch {
		case err != nil:
			return s, err
		case rank >= s.above+n:
			s.high, s.above = middle-1, s.above+n
			step *= 2
		default:
			s.low, found = middle, true
			if n <= enough {
				return s, nil
			}
		}
	}
	return s, nil
}
