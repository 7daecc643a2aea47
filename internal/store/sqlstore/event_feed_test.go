package sqlstore

import (
	"strings"
	"testing"
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
		qEventsSeen:            "SEARCH event USING PRIMARY KEY (org_id=? AND seq>? AND seq<?)",
		qEventsSeenCount:       "SEARCH event USING PRIMARY KEY (org_id=? AND seq>? AND seq<?)",
		qMembershipsOf:         "COVERING INDEX membership_by_principal (org_id=? AND principal_id=?)",
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
