package model

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// What a run must at least contain, in percent of its calls.
const (
	leastRefused   = 30
	leastDelicate  = 10 // about the caller itself or the last owner
	leastSucceeded = 25
)

// tally is what a run did.
type tally struct {
	calls, refused, delicate int
	ops                      map[string][2]int // succeeded, refused
	codes                    map[string]int
	other                    map[string]int
}

func newTally() *tally {
	return &tally{ops: make(map[string][2]int), codes: make(map[string]int), other: make(map[string]int)}
}

func (y *tally) count(r *reference, c *call, want outcome) {
	y.calls++
	n := y.ops[c.op]
	code := fmt.Sprint(want.status, " ", want.code)
	if want.challenge != "" && want.code == "" {
		code = "401 (" + want.challenge + ")"
	}
	y.codes[code]++
	by := "by a key"
	switch {
	case c.atEndpoint():
		by = "of the token endpoint"
	case c.caller.token != "":
		by = "by a service account"
	}
	about := "about others"
	if c.aboutAccounts() {
		about = "about accounts"
	}
	if !c.atEndpoint() {
		by += " " + about
	}
	if want.status < 300 {
		y.other["allowed "+by]++
	} else {
		y.other["refused "+by]++
	}
	if want.status >= 300 {
		y.refused++
		n[1]++
	} else {
		n[0]++
	}
	y.ops[c.op] = n
	target := r.principals[c.key]
	if c.key == c.caller.id || target != nil && r.lastOwner(target) {
		y.delicate++
	}
}

// String prints the distribution.
func (y *tally) String() string {
	var b strings.Builder
	percent := func(n int) float64 { return 100 * float64(n) / float64(max(1, y.calls)) }
	fmt.Fprintf(&b, "%d calls: %.1f %% refused, %.1f %% about the caller itself or the last owner\n", y.calls, percent(y.refused), percent(y.delicate))
	for _, op := range slices.Sorted(maps.Keys(y.ops)) {
		fmt.Fprintf(&b, "  %-32s %5d succeeded %5d refused\n", op, y.ops[op][0], y.ops[op][1])
	}
	codes := slices.SortedFunc(maps.Keys(y.codes), func(a, b string) int {
		return cmp.Or(cmp.Compare(y.codes[b], y.codes[a]), cmp.Compare(a, b))
	})
	for _, code := range codes {
		fmt.Fprintf(&b, "  %6d × %s\n", y.codes[code], code)
	}
	for _, what := range slices.Sorted(maps.Keys(y.other)) {
		fmt.Fprintf(&b, "  %6d × %s\n", y.other[what], what)
	}
	return b.String()
}

// enough is how many calls a run has to make before it is judged.
const enough = 2000

// judge fails the test when the run was not of the kind it has to be.
func (y *tally) judge(t *testing.T) {
	if y.calls < enough {
		return
	}
	for _, least := range []struct {
		what    string
		n, want int
	}{
		{"refused", y.refused, leastRefused},
		{"about the caller itself or the last owner", y.delicate, leastDelicate},
		{"successful", y.calls - y.refused, leastSucceeded},
	} {
		if least.n*100 < least.want*y.calls {
			t.Errorf("%d of %d calls were %s; want at least %d %%", least.n, y.calls, least.what, least.want)
		}
	}
	for _, what := range []string{
		"third live secrets refused", "second secrets", "first secrets that end earlier now", "secrets that expired", "tokens that died of time",
		"allowed by a service account about accounts", "allowed by a service account about others", "refused by a service account about others",
	} {
		if y.other[what] == 0 {
			t.Errorf("there were no %s", what)
		}
	}
	for op := range operations {
		if n := y.ops[op]; n[0] == 0 || n[1] == 0 {
			t.Errorf("%s succeeded %d times and was refused %d times; want each", op, n[0], n[1])
		}
	}
}
