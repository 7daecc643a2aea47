package wire

import (
	"encoding/json"
	"net/url"
	"strconv"
	"testing"

	"github.com/latchkey/latchkey"
)

// TestParsePagingCounted: a list that always has its count reads no includeCount.
func TestParsePagingCounted(t *testing.T) {
	for _, raw := range []string{"includeCount=false&pageNum=2", "includeCount=x&pageNum=2", "pageNum=2&includeCount=true&includeCount=false"} {
		p, refusal := ParsePaging(mustQuery(t, raw), true)
		if refusal != nil || !p.IncludeCount || p.Page.Number != 2 {
			t.Errorf("%s: %+v, %v", raw, p, refusal)
		}
	}
}

func TestParsePaging(t *testing.T) {
	for raw, want := range map[string]Paging{
		"":                                    {latchkey.Page{Number: 1, Size: 100}, true},
		"pageNum=2&itemsPerPage=1":            {latchkey.Page{Number: 2, Size: 1}, true},
		"itemsPerPage=500&includeCount=FALSE": {latchkey.Page{Number: 1, Size: 500}, false},
		"pageNum=007":                         {latchkey.Page{Number: 7, Size: 100}, true},
		"pageNum=2147483647":                  {latchkey.Page{Number: maxPageNum, Size: 100}, true},
		"PageNum=0&itemsperpage=0":            {latchkey.Page{Number: 1, Size: 100}, true},
	} {
		if got, refusal := ParsePaging(mustQuery(t, raw), false); refusal != nil || got != want {
			t.Errorf("%q: got %+v, %v", raw, got, refusal)
		}
	}
	for raw, name := range map[string]string{
		"pageNum=0":                       "pageNum",
		"pageNum=":                        "pageNum",
		"pageNum":                         "pageNum",
		"pageNum=-1":                      "pageNum",
		"pageNum=%2B1":                    "pageNum",
		"pageNum=1.0":                     "pageNum",
		"pageNum=1e3":                     "pageNum",
		"pageNum=x":                       "pageNum",
		"pageNum=2147483648":              "pageNum",
		"pageNum=99999999999999999999999": "pageNum",
		"pageNum=18446744073709551617":    "pageNum",
		"pageNum=1&pageNum=1":             "pageNum",
		"pageNum=%D9%A1":                  "pageNum",
		"itemsPerPage=0":                  "itemsPerPage",
		"itemsPerPage=501":                "itemsPerPage",
		"itemsPerPage=x":                  "itemsPerPage",
		"itemsPerPage=10&itemsPerPage=20": "itemsPerPage",
		"includeCount=1":                  "includeCount",
		"includeCount=x&pageNum=0":        "pageNum",
	} {
		_, refusal := ParsePaging(mustQuery(t, raw), false)
		refusedAs(t, raw, refusal, latchkey.CodeInvalidQuery, name)
	}
}

func TestLargestOffsetDoesNotOverflow(t *testing.T) {
	if offset := (latchkey.Page{Number: maxPageNum, Size: maxItemsPerPage}).Offset(); offset < 0 {
		t.Errorf("offset %d", offset)
	}
}

func TestAppendLinks(t *testing.T) {
	const href = "https://keys.example.com/api/atlas/v2/orgs"
	for _, c := range []struct {
		raw        string
		total, got int
		want       []string // self, and what else; without href
	}{
		{"includeCount=true&itemsPerPage=100&pageNum=1", 1, 1, []string{"self ?includeCount=true&pageNum=1&itemsPerPage=100"}},
		{"pretty=true", 100, 100, []string{"self ?pretty=true&pageNum=1&itemsPerPage=100"}},
		{"includeCount=true&name=", 1, 1, []string{"self ?includeCount=true&name=&pageNum=1&itemsPerPage=100"}},
		{"", 0, 0, []string{"self ?pageNum=1&itemsPerPage=100"}},
		{"includeCount=true&itemsPerPage=1&pageNum=1", 9, 1, []string{
			"self ?includeCount=true&pageNum=1&itemsPerPage=1", "next ?includeCount=true&itemsPerPage=1&pageNum=2"}},
		{"pageNum=2&a=b&itemsPerPage=4", 9, 4, []string{
			"self ?a=b&pageNum=2&itemsPerPage=4", "previous ?a=b&itemsPerPage=4&pageNum=1", "next ?a=b&itemsPerPage=4&pageNum=3"}},
		{"pageNum=3&itemsPerPage=4", 9, 1, []string{
			"self ?pageNum=3&itemsPerPage=4", "previous ?itemsPerPage=4&pageNum=2"}},
		{"pageNum=2&itemsPerPage=4", 8, 4, []string{
			"self ?pageNum=2&itemsPerPage=4", "previous ?itemsPerPage=4&pageNum=1"}},
		{"pageNum=50", 9, 0, []string{"self ?pageNum=50&itemsPerPage=100", "previous ?itemsPerPage=100&pageNum=49"}},
		{"itemsPerPage=2", -1, 2, []string{"self ?pageNum=1&itemsPerPage=2", "next ?itemsPerPage=2&pageNum=2"}},
		{"itemsPerPage=2", -1, 1, []string{"self ?pageNum=1&itemsPerPage=2"}},
		{"%70ageNum=1&b&a=%zz\"<'>", 1, 1, []string{"self ?b&a=%25zz%22%3C%27%3E&pageNum=1&itemsPerPage=100"}},
	} {
		q := mustQuery(t, c.raw)
		p, refusal := ParsePaging(q, false)
		if refusal != nil {
			t.Fatalf("%q: %v", c.raw, refusal)
		}
		want := `"links":[`
		for i, link := range c.want {
			if i > 0 {
				want += ","
			}
			rel, query, _ := cutSpace(link)
			want += `{"href":"` + href + query + `","rel":"` + rel + `"}`
		}
		want += "]"
		if got := string(AppendLinks(nil, href, q, p, c.total, c.got)); got != want {
			t.Errorf("%q\n got %s\nwant %s", c.raw, got, want)
		}
	}
}

func cutSpace(s string) (string, string, bool) {
	for i := range len(s) {
		if s[i] == ' ' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

func FuzzLinks(f *testing.F) {
	f.Add("includeCount=true&itemsPerPage=1&pageNum=3", 9)
	f.Add("pretty=true&a=%zz\"\\", 1000)
	f.Fuzz(func(t *testing.T, raw string, total int) {
		q, refusal := ParseQuery(raw)
		if refusal != nil {
			return
		}
		p, refusal := ParsePaging(q, false)
		if refusal != nil {
			return
		}
		out := AppendLinks([]byte("{"), "http://h/x", q, p, total, 1)
		var body struct {
			Links []struct{ Href, Rel string }
		}
		if err := json.Unmarshal(append(out, '}'), &body); err != nil {
			t.Fatalf("%q: %s: %v", raw, out, err)
		}
		numbers := map[string]int{"self": p.Page.Number, "previous": p.Page.Number - 1, "next": p.Page.Number + 1}
		for _, link := range body.Links {
			u, err := url.Parse(link.Href)
			if err != nil {
				t.Fatalf("%q: %v", raw, err)
			}
			again, refusal := ParseQuery(u.RawQuery)
			if refusal != nil { // two parameters more can be too many
				continue
			}
			asked, refusal := ParsePaging(again, false)
			if refusal != nil || asked.Page.Number != numbers[link.Rel] || asked.Page.Size != p.Page.Size || asked.IncludeCount != p.IncludeCount {
				t.Fatalf("%q: link %v asks for %+v, %v", raw, link, asked, refusal)
			}
		}
	})
}

func BenchmarkAppendLinks(b *testing.B) {
	q := mustQuery(b, "includeCount=true&itemsPerPage="+strconv.Itoa(100)+"&pageNum=2")
	p, _ := ParsePaging(q, false)
	dst := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendLinks(dst[:0], "http://127.0.0.1:8080/api/atlas/v2/groups/5f0000000000000000000001/apiKeys", q, p, 1000, 100)
	}
}
