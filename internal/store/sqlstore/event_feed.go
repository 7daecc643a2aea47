package sqlstore

import (
	"sort"
	"strconv"
	"strings"
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
		if err != nil && failed == nil {
			failed = err
		}
		return failed != nil || created >= millis(at)
	})
	return int64(n) + 1, failed
}

// EventFeed lists events newest first. Without a project and types, the numbers
// of a page follow from the numbers of its ends: every page costs the same.
func (r *reader) EventFeed(org latchkey.OrgID, f latchkey.EventFilter, page latchkey.Page) ([]latchkey.Event, int, error) {
	low, high, err := r.between(org, f.From, f.Until)
	if err != nil || low > high {
		return nil, 0, err
	}
	if f.Project == "" && len(f.Types) == 0 && len(f.Excluded) == 0 {
		total := int(high - low + 1)
		list, err := r.events(qEventRange, string(org), low, high-int64(page.Offset()), page.Size)
		return list, total, err
	}
	count, list, args := qFilteredEventCount, qFilteredEvents, []any{string(org)}
	if f.Project != "" {
		count, list, args = qProjectEventCount, qProjectEvents, append(args, string(f.Project))
	}
	types := typeList(f.Types)
	args = append(args, low, high, types, types, typeList(f.Excluded))
	total, err := r.count(count, args...)
	if err != nil {
		return nil, 0, err
	}
	events, err := r.events(list, append(args, page.Size, page.Offset())...)
	return events, total, err
}

// typeList is the form in which typeFilter takes a list of types.
func typeList(types []latchkey.EventType) string {
	if len(types) == 0 {
		return ""
	}
	var b strings.Builder
	for _, t := range types {
		b.WriteByte(',')
		b.WriteString(string(t))
	}
	b.WriteByte(',')
	return b.String()
}
