package ratelimit

import (
	"strings"
	"testing"
)

func TestParseRule(t *testing.T) {
	for _, test := range []struct {
		text string
		want Rule
		err  string // part of it; "" when the text is a rule
	}{
		{"events_group 300/100", Rule{"events_group", Limit{300, 100}}, ""},
		{"  events_group \t 1/1000000 ", Rule{"events_group", Limit{1, 1_000_000}}, ""},
		{"root_ip off", Rule{Set: "root_ip"}, ""},
		{"oauthToken_ip 5/5", Rule{"oauthToken_ip", Limit{5, 5}}, ""},
		{"", Rule{}, "is no limit"},
		{"events_group", Rule{}, "is no limit"},
		{"events_group 1/1 x", Rule{}, "is no limit"},
		{"events_group=1/1", Rule{}, "is no limit"},
		{"nothing_group 1/1", Rule{}, "there is no endpoint set"},
		{"Events_group 1/1", Rule{}, "there is no endpoint set"},
		{"events_group 1", Rule{}, "neither CAPACITY/REFILL nor off"},
		{"events_group OFF", Rule{}, "neither CAPACITY/REFILL nor off"},
		{"events_group 0/1", Rule{}, "the capacity"},
		{"events_group 1/0", Rule{}, "the refill"},
		{"events_group -1/1", Rule{}, "the capacity"},
		{"events_group +1/1", Rule{}, "the capacity"},
		{"events_group 1/1000001", Rule{}, "the refill"},
		{"events_group 99999999999999999999/1", Rule{}, "the capacity"},
		{"events_group 1/1/1", Rule{}, "the refill"},
		{"events_group 1_0/1", Rule{}, "the capacity"},
		{"events_group 0x1/1", Rule{}, "the capacity"},
	} {
		got, err := ParseRule(test.text)
		if got != test.want || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%q: %+v, %v", test.text, got, err)
		}
	}
}

func TestWith(t *testing.T) {
	published := Published()
	changed := published.With(Rule{"events_group", Limit{1, 2}}, Rule{Set: "root_ip"})
	if changed["events_group"] != (Limit{1, 2}) || changed["projects_group"] != (Limit{1200, 500}) {
		t.Errorf("%v", changed)
	}
	if _, ok := changed["root_ip"]; ok || len(published) != len(Sets()) || published["events_group"] != (Limit{300, 100}) {
		t.Errorf("%v of %v", changed, published)
	}
	if one := Limits(nil).With(Rule{"events_group", Limit{1, 2}}); len(one) != 1 {
		t.Errorf("%v", one)
	}
}

// FuzzParseRule: what is read is within bounds, and written it reads the same.
func FuzzParseRule(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRule(text)
		if err != nil {
			if r != (Rule{}) || err.Error() == "" || strings.ContainsAny(err.Error(), "\n\x00\x1b") {
				t.Fatalf("%q: %+v, %q", text, r, err)
			}
			return
		}
		l := r.Limit
		if byID(r.Set).ID != r.Set || l != (Limit{}) && (l.Capacity < 1 || l.Refill < 1 || l.Capacity > mostTokens || l.Refill > mostTokens) {
			t.Fatalf("%q: %+v", text, r)
		}
		if again, err := ParseRule(r.String()); err != nil || again != r {
			t.Fatalf("%q reads again as %+v, %v", r, again, err)
		}
	})
}
