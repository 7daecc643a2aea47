package e2e

import (
	"strings"
	"testing"
)

// TestLedger shows that the crash test can fail: its judge finds what is lost,
// torn or made up, and lets pass what may have happened.
func TestLedger(t *testing.T) {
	before := &change{desc: "before", roles: []string{"A"}}
	first := &change{desc: "first", roles: []string{"B"}, sent: 1, acked: 2}
	second := &change{desc: "second", roles: []string{"C"}, sent: 3, acked: 6}
	beside := &change{desc: "beside", roles: []string{"D"}, sent: 4, acked: 5}
	open := &change{desc: "open", roles: []string{"E"}, sent: 1}
	other := &change{key: 1, desc: "other", roles: []string{"F"}, sent: 7, acked: 8}
	for _, c := range []struct {
		name    string
		changes []*change
		desc    string
		role    string
		wrong   string // "" when the row is right
	}{
		{"nothing happened", nil, "before", "A", ""},
		{"only another key changed", []*change{other}, "before", "A", ""},
		{"the one acknowledged", []*change{first}, "first", "B", ""},
		{"the last acknowledged", []*change{first, second}, "second", "C", ""},
		{"either of two at once", []*change{first, second, beside}, "second", "C", ""},
		{"or the other", []*change{first, second, beside}, "beside", "D", ""},
		{"one that nobody acknowledged", []*change{first, second, open}, "open", "E", ""},
		{"one under way did not come", []*change{open}, "before", "A", ""},
		{"one acknowledged is lost", []*change{first}, "before", "A", "lost"},
		{"the later one is lost", []*change{first, second}, "first", "B", "lost"},
		{"both at once are lost", []*change{first, second, beside}, "first", "B", "lost"},
		{"half of each", []*change{first, second}, "second", "B", "torn"},
		{"made up", []*change{first}, "nobody's", "B", "nobody sent"},
		{"another key's", []*change{other}, "other", "F", "nobody sent"},
	} {
		l := ledger{base: []*change{before}, changes: c.changes}
		_, err := l.judge(0, c.desc, []string{c.role})
		if (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: %v, want %q", c.name, err, c.wrong)
		}
	}
}
