package wire

import (
	"slices"
	"strings"
	"testing"
)

func TestNegotiate(t *testing.T) {
	const t1, t2 = "application/vnd.atlas.2023-01-01+json", "application/vnd.atlas.2025-03-12+json"
	first := []Version{Version20230101}
	several := []Version{Version20250219, Version20230201, Version20240805}
	for _, c := range []struct {
		accept []string
		served []Version
		want   Version // "": not acceptable
	}{
		{nil, first, ""},
		{[]string{""}, first, ""},
		{[]string{t1}, first, Version20230101},
		{[]string{t2}, first, Version20230101},
		{[]string{"application/json"}, first, ""},
		{[]string{"*/*"}, first, ""},
		{[]string{"application/*"}, first, ""},
		{[]string{"text/html, */*;q=0.1"}, first, ""},
		{[]string{"*/*", t1}, first, Version20230101},
		{[]string{"text/html,,  " + t1 + " ;q=0.5"}, first, Version20230101},
		{[]string{strings.ToUpper(t1)}, first, Version20230101},
		{[]string{t1 + ";charset=utf-8"}, first, Version20230101},
		{[]string{t1 + `;x="a,b;\"c";q=1`}, first, Version20230101},
		{[]string{t1 + ";q=1.000"}, first, Version20230101},
		{[]string{t1 + ";q=0.001"}, first, Version20230101},
		{[]string{t1 + ";q=0"}, first, ""},
		{[]string{t1 + ";Q=0.000"}, first, ""},
		{[]string{t1 + ";q="}, first, ""},
		{[]string{t1 + ";q"}, first, ""},
		{[]string{t1 + ";q=2"}, first, ""},
		{[]string{t1 + ";q=1.001"}, first, ""},
		{[]string{t1 + ";q=0.0001"}, first, ""},
		{[]string{t1 + ";q=-1"}, first, ""},
		{[]string{t1 + ";q=NaN"}, first, ""},
		{[]string{t1 + ";q=0, " + t2}, first, Version20230101},
		{[]string{"application/vnd.atlas.2024-01-17+json"}, first, ""},
		{[]string{"application/vnd.atlas.2022-01-01+json"}, first, ""},
		{[]string{"application/vnd.atlas.2023-1-1+json"}, first, ""},
		{[]string{"application/vnd.atlas.2023-01-01"}, first, ""},
		{[]string{"application/vnd.atlas.2023-01-01+csv"}, first, ""},
		{[]string{"application/vnd.atlas.+json"}, first, ""},
		{[]string{"application/vnd.atlas+json"}, first, ""},
		{[]string{"application/vnd.atlas.preview+json"}, first, ""},
		{[]string{"application/vnd.atlas.upcoming+json"}, first, ""},
		{[]string{"application/vnd.atlas.preview+json"}, []Version{Version20250312, Preview}, Preview},
		{[]string{t2}, []Version{Preview, Version20250312}, Version20250312},
		{[]string{t2}, []Version{Preview}, ""},
		{[]string{t1}, several, ""},
		{[]string{"application/vnd.atlas.2023-02-01+json"}, several, Version20230201},
		{[]string{"application/vnd.atlas.2023-10-01+json"}, several, Version20230201},
		{[]string{"application/vnd.atlas.2024-11-13+json"}, several, Version20240805},
		{[]string{t2}, several, Version20250219},
		{[]string{t1 + "," + t2}, several, Version20250219},
		{[]string{"application/vnd.atlas.2024-08-05+json;q=0.1, " + t2}, several, Version20240805},
		{[]string{t1 + "; x=\"open"}, first, ""},
		{[]string{t1, "\x00"}, first, ""},
		{[]string{t1 + "\x7f"}, first, ""},
		{[]string{t1 + strings.Repeat(",", 31)}, first, Version20230101},
		{[]string{t1 + strings.Repeat(",", 32)}, first, ""},
		{slices.Repeat([]string{t1}, 33), first, ""},
		{[]string{t1 + ";x=" + strings.Repeat("y", maxAcceptBytes)}, first, ""},
		{[]string{t1}, nil, ""},
	} {
		got, ok := Negotiate(c.accept, c.served)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("Negotiate(%.120q, %v) = %q, %v, want %q", c.accept, c.served, got, ok, c.want)
		}
	}
}

func TestPublishedVersionsAreSorted(t *testing.T) {
	all := PublishedVersions()
	if len(all) != 10 || !slices.IsSorted(all) {
		t.Errorf("%v", all)
	}
}

func TestVersionedContentType(t *testing.T) {
	for _, v := range append(PublishedVersions(), Preview) {
		want := "application/vnd.atlas." + string(v) + "+json;charset=utf-8"
		if got := VersionedContentType(v); got != want {
			t.Errorf("%s: %s", v, got)
		}
	}
	if n := testing.AllocsPerRun(100, func() { _ = VersionedContentType(Version20230101) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestContentTypeAccepted(t *testing.T) {
	for contentType, want := range map[string][2]bool{ // dated generation, the others
		"":                                                    {true, true},
		"application/json":                                    {true, true},
		" Application/JSON ; ":                                {true, true},
		"application/json; charset=UTF-8":                     {true, true},
		`application/json;charset="utf-8"`:                    {true, true},
		"application/json;charset=latin1":                     {false, false},
		"application/json;charset=":                           {false, false},
		"application/json;charset=utf-8;charset=utf-8":        {false, false},
		"application/json;boundary=x":                         {false, false},
		"application/json;q=1":                                {false, false},
		"application/json, application/json":                  {false, false},
		"application/jsonp":                                   {false, false},
		"application/merge-patch+json":                        {false, false},
		"application/x-www-form-urlencoded":                   {false, false},
		"text/json":                                           {false, false},
		"json":                                                {false, false},
		"application/json\x00":                                {false, false},
		"application/vnd.atlas.2023-01-01+json":               {true, false},
		"application/vnd.atlas.2024-10-23+json;charset=utf8":  {false, false},
		"application/vnd.atlas.2024-10-23+json;charset=utf-8": {true, false},
		"application/vnd.atlas.2024-01-17+json":               {false, false},
		"application/vnd.atlas.preview+json":                  {false, false},
	} {
		for _, g := range Generations() {
			w := want[1]
			if g.Versioned() {
				w = want[0]
			}
			if got := ContentTypeAccepted(g, contentType); got != w {
				t.Errorf("%v: %q: %v", g, contentType, got)
			}
		}
	}
}

func FuzzNegotiate(f *testing.F) {
	for _, s := range []string{"application/vnd.atlas.2023-01-01+json", "*/*;q=0,application/vnd.atlas.preview+json", `a;x="\`, ",,;;=\"\""} {
		f.Add(s, "application/json")
	}
	served := []Version{Version20230101, Version20240805, Preview}
	f.Fuzz(func(t *testing.T, one, two string) {
		v, ok := Negotiate([]string{one, two}, served)
		if ok != (v != "") || ok && !slices.Contains(served, v) {
			t.Fatalf("Negotiate(%q, %q) = %q, %v", one, two, v, ok)
		}
		if ok && !strings.Contains(strings.ToLower(one+"\n"+two), versionedPrefix) {
			t.Fatalf("Negotiate(%q, %q) = %q: nobody asked for it", one, two, v)
		}
		if ContentTypeAccepted(PublicV1, one) && !ContentTypeAccepted(AtlasV2, one) {
			t.Fatalf("%q is accepted on v1.0 only", one)
		}
	})
}

func BenchmarkNegotiate(b *testing.B) {
	accept := []string{"application/vnd.atlas.2025-03-12+json"}
	served := []Version{Version20230101}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := Negotiate(accept, served); !ok {
			b.Fatal("not acceptable")
		}
	}
}
