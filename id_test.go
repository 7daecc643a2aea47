package latchkey_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/latchkey/latchkey"
)

func TestNewID(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var ids []string
	seen := map[string]bool{}
	for i := range 1000 {
		id := latchkey.NewID[latchkey.PrincipalID](start.Add(time.Duration(i) * time.Second))
		if _, ok := latchkey.ParseID[latchkey.PrincipalID](string(id)); !ok {
			t.Fatalf("%q is no id", id)
		}
		if id[0] < '0' || id[0] > '9' {
			t.Fatalf("%q begins with a letter: clients would take it for a name", id)
		}
		if seen[string(id)] {
			t.Fatalf("%q came twice", id)
		}
		seen[string(id)] = true
		ids = append(ids, string(id))
	}
	if !slices.IsSorted(ids) {
		t.Error("ids of rising seconds do not rise")
	}
	same := map[latchkey.OrgID]bool{}
	for range 1000 {
		same[latchkey.NewID[latchkey.OrgID](start)] = true
	}
	if len(same) != 1000 {
		t.Errorf("%d different ids of 1000 in one second", len(same))
	}
	if got := latchkey.NewID[latchkey.EventID](time.Unix(0x65536789, 0)); !strings.HasPrefix(string(got), "65536789") {
		t.Errorf("%q does not begin with its second", got)
	}
	// The last second in which ids still begin with a decimal digit.
	if got := latchkey.NewID[latchkey.EventID](time.Date(2055, 1, 1, 0, 0, 0, 0, time.UTC)); got[0] > '9' {
		t.Errorf("%q begins with a letter", got)
	}
}

func TestParseID(t *testing.T) {
	const good = "0123456789abcdef01234567"
	if id, ok := latchkey.ParseID[latchkey.ProjectID](good); !ok || id != good {
		t.Errorf("%q, %v", id, ok)
	}
	for _, text := range []string{
		"", good[:23], good + "0", strings.ToUpper(good), good[:23] + "g", good[:23] + "/", good[:23] + ":", good[:23] + "`",
		good[:23] + " ", " " + good[:23], good[:23] + "\x00", good[:22] + "é", strings.Repeat("é", 12), "%61" + good[:21],
	} {
		if id, ok := latchkey.ParseID[latchkey.ProjectID](text); ok || id != "" {
			t.Errorf("%q is taken for the id %q", text, id)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[0-9a-gA-F]{23,25}`)).Draw(t, "text")
		want := len(text) == 24 && strings.Trim(text, "0123456789abcdef") == ""
		if _, ok := latchkey.ParseID[latchkey.PrincipalID](text); ok != want {
			t.Fatalf("%q: %v", text, ok)
		}
	})
}
