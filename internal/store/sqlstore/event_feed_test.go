package sqlstore

import (
	"strings"
	"testing"

	"github.com/latchkey/latchkey"
)

// TestEventsAreChosenByIndex holds that what filters events is found in an
// index, and that no more than a page of whole events is read.
func TestEventsAreChosenByIndex(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	for q, want := range map[queryID]string{
		qEventsOfTypes:         "COVERING INDEX event_of_type (org_id=? AND type=? AND seq>? AND seq<?)",
		qEventsOfTypesCount:    "COVERING INDEX event_of_type (org_id=? AND type=? AND seq>? AND seq<?)",
		qEventsOfProjects:      "COVERING INDEX event_of_project (org_id=? AND project_id=? AND seq>? AND seq<?)",
		qEventsOfProjectsCount: "COVERING INDEX event_of_project (org_id=? AND project_id=? AND seq>? AND seq<?)",
		qEventRange:            "PRIMARY KEY (org_id=? AND seq>? AND seq<?)",
		qEventTime:             "PRIMARY KEY (org_id=? AND seq=?)",
		qChainHead:             "PRIMARY KEY (org_id=?)",
	} {
		plan := plan(t, s, q)
		if !strings.Contains(plan, want) || strings.Contains(plan, "SCAN event") {
			t.Errorf("%s:\n%s", queries[q].name, plan)
		}
	}
}

// plan says how SQLite runs a query.
func plan(t *testing.T, s *Store, q queryID) string {
	t.Helper()
	args := make([]any, strings.Count(queries[q].sql, "?"))
	rows, err := s.db.Query("EXPLAIN QUERY PLAN "+queries[q].sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var id, parent, unused int
		var line string
		if err := rows.Scan(&id, &parent, &unused, &line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// TestNarrow holds that a part of a range is found with few counts, wherever
// the match is.
func TestNarrow(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	const events = 3000
	err := s.Update(background, func(tx latchkey.Tx) error {
		for n := range events {
			e := latchkey.Event{OrgID: eventsOrg, Type: latchkey.EventKeyCreated}
			if n%100 == 7 {
				e.Type = latchkey.EventKeyDeleted
			}
			if err := tx.AppendEvent(&e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.View(background, func(r latchkey.Reader) error {
		for _, typ := range []latchkey.EventType{latchkey.EventKeyCreated, latchkey.EventKeyDeleted} {
			c, err := r.(*reader).choose(eventsOrg, latchkey.EventFilter{Types: []latchkey.EventType{typ}})
			if err != nil {
				return err
			}
			total, err := c.matches(1, events)
			if err != nil {
				return err
			}
			for rank := range total {
				part, err := c.narrow(span{1, events, 0}, rank, 10)
				if err != nil {
					return err
				}
				in, err := c.matches(part.low, part.high)
				if err != nil {
					return err
				}
				above, err := c.matches(part.high+1, events)
				if err != nil {
					return err
				}
				if part.above != above || rank < above || rank >= above+in || in > 10 {
					t.Fatalf("%s %d is looked for in %+v, with %d in it and %d above", typ, rank, part, in, above)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// eventsOrg is an organization for tests that store nothing but events.
const eventsOrg latchkey.OrgID = "000000010000000000000000"
