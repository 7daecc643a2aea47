package wire

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

// refusedAs checks the code and the parameters of a refusal.
func refusedAs(t *testing.T, what string, e *latchkey.Error, code latchkey.Code, params ...any) {
	t.Helper()
	if e == nil || e.Code != code || !slices.Equal(e.Params, params) {
		t.Errorf("%s: got %v, want code %d %q", what, e, code, params)
	}
}

func mustQuery(t testing.TB, raw string) Query {
	t.Helper()
	q, refusal := ParseQuery(raw)
	if refusal != nil {
		t.Fatalf("ParseQuery(%q): %v", raw, refusal)
	}
	return q
}

func TestQuerySingle(t *testing.T) {
	for _, c := range []struct {
		raw   string
		value string
		given bool
		bad   bool
	}{
		{raw: ""},
		{raw: "&&&"},
		{raw: "Name=x&nam=y&names=z"},
		{raw: "name=", given: true},
		{raw: "name", given: true},
		{raw: "name=a+b%20c%2B", value: "a b c+", given: true},
		{raw: "name=a=b", value: "a=b", given: true},
		{raw: "name=a;b", value: "a;b", given: true},
		{raw: "%6Eame=x", value: "x", given: true},
		{raw: "other=%zz&name=x&other=2&%zz", value: "x", given: true},
		{raw: "name=%F0%9F%94%91", value: "🔑", given: true},
		{raw: "name=a&name=a", bad: true},
		{raw: "name&%6eame", bad: true},
		{raw: "name=%", bad: true},
		{raw: "name=%4", bad: true},
		{raw: "name=%zz", bad: true},
		{raw: "name=%ff", bad: true},
		{raw: "name=a%00b", bad: true},
	} {
		value, given, refusal := mustQuery(t, c.raw).Single("name")
		if c.bad {
			refusedAs(t, c.raw, refusal, latchkey.CodeInvalidQuery, "name")
		} else if refusal != nil || value != c.value || given != c.given {
			t.Errorf("%q: got %q, %v, %v", c.raw, value, given, refusal)
		}
	}
}

func TestQueryBool(t *testing.T) {
	for raw, want := range map[string]bool{"": true, "b=true": true, "b=TRUE": true, "b=false": false, "b=False": false} {
		if got, refusal := mustQuery(t, raw).Bool("b", true); refusal != nil || got != want {
			t.Errorf("%q: got %v, %v", raw, got, refusal)
		}
	}
	for _, raw := range []string{"b", "b=", "b=1", "b=yes", "b=true&b=true", "b=%20true", "b=tru%65%00"} {
		_, refusal := mustQuery(t, raw).Bool("b", true)
		refusedAs(t, raw, refusal, latchkey.CodeInvalidQuery, "b")
	}
}

func TestQueryList(t *testing.T) {
	for raw, want := range map[string][]string{
		"": nil, "other=x": nil, "l=a": {"a"}, "l=a&l=b": {"a", "b"}, "l=b,a&x=1&%6c=a": {"b", "a", "a"}, "l=a%2Cb": {"a", "b"}, "l=a+b": {"a b"},
	} {
		if got, refusal := mustQuery(t, raw).List("l"); refusal != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %q, %v", raw, got, refusal)
		}
	}
	for _, raw := range []string{"l", "l=", "l=,", "l=a,", "l=a,,b", "l=a&l=", "l=%ff", "l=a&l=%zz", "l=%00"} {
		_, refusal := mustQuery(t, raw).List("l")
		refusedAs(t, raw, refusal, latchkey.CodeInvalidQuery, "l")
	}
}

func TestQueryTime(t *testing.T) {
	want := time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)
	for _, value := range []string{
		"2026-03-01T12:30:00Z", "2026-03-01T12:30:00", "2026-03-01T14:00:00%2B01:30", "2026-03-01T14:00:00%2B0130", "2026-03-01T12:30:00.000Z",
	} {
		if got, given, refusal := mustQuery(t, "t="+value).Time("t"); refusal != nil || !given || got != want {
			t.Errorf("%q: got %v, %v, %v", value, got, given, refusal)
		}
	}
	if got, _, _ := mustQuery(t, "t=2026-03-01T12:30:00.0625Z").Time("t"); got.Sub(want) != 62500*time.Microsecond {
		t.Errorf("a fraction of a second: %v", got)
	}
	if _, given, refusal := mustQuery(t, "u=x").Time("t"); given || refusal != nil {
		t.Errorf("not given: %v, %v", given, refusal)
	}
	for _, raw := range []string{
		"t", "t=", "t=now", "t=2026-03-01", "t=1772368200", "t=2026-02-30T00:00:00Z", "t=2026-03-01T12:30:00+01:00", "t=2026-03-01t12:30:00z",
		"t=2026-03-01T12:30:00Z&t=2026-03-01T12:30:00Z", "t=12026-03-01T12:30:00Z", "t=2026-03-01T12:30Z", "t=2026-03-01T1:30:00Z", "t=%2B2026-03-01T12:30:00Z",
	} {
		_, _, refusal := mustQuery(t, raw).Time("t")
		refusedAs(t, raw, refusal, latchkey.CodeInvalidQuery, "t")
	}
}

func TestQueryLimits(t *testing.T) {
	mustQuery(t, strings.Repeat("a=1&", maxQueryParams))
	_, refusal := ParseQuery(strings.Repeat("a=1&", maxQueryParams) + "last=1")
	refusedAs(t, "65 parameters", refusal, latchkey.CodeInvalidQuery, "last")
	mustQuery(t, "a="+strings.Repeat("x", maxQueryBytes-2))
	_, refusal = ParseQuery("a=" + strings.Repeat("x", maxQueryBytes-1))
	refusedAs(t, "long query", refusal, latchkey.CodeInvalidQuery, "query")
}

func FuzzQuery(f *testing.F) {
	for _, s := range []string{"", "name=a+b&pretty=true", "name=%zz&%6eame=1", "a\"<>'\x00=\xff&b;c", "name=&includeCount=true"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		q, refusal := ParseQuery(raw)
		if refusal != nil {
			return
		}
		value, given, refusal := q.Single("name")
		if values, err := url.ParseQuery(raw); err == nil && refusal == nil {
			if given != values.Has("name") || value != values.Get("name") {
				t.Fatalf("%q: got %q, %v; net/url says %q", raw, value, given, values["name"])
			}
		}
		out := string(q.appendOthers(nil))
		if strings.ContainsFunc(out, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"'<>\\^`{|}#[]", r) }) {
			t.Fatalf("%q printed as %q", raw, out)
		}
		again, refusal := ParseQuery(out)
		if refusal != nil && len(out) <= maxQueryBytes {
			t.Fatalf("%q printed as %q: %v", raw, out, refusal)
		}
		if refusal == nil && string(again.appendOthers(nil)) != out {
			t.Fatalf("%q printed as %q, then as %q", raw, out, again.appendOthers(nil))
		}
	})
}

func BenchmarkQuery(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		q, _ := ParseQuery("includeCount=true&itemsPerPage=100&pageNum=1")
		if _, refusal := ParsePaging(q, false); refusal != nil {
			b.Fatal(refusal)
		}
	}
}
