package published_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/latchkey/latchkey/internal/published"
)

func TestShape(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{`{}`, ".:object"},
		{`[]`, ".:array"},
		{`"x"`, ".:string"},
		{`[{"id":"a"},{"id":null}]`, ".:array [].id:null [].id:string []:object"},
		{`{"results":[],"totalCount":0}`, ".:object results:array totalCount:integer"},
		{`{"a":1,"b":1.0,"c":1e3,"d":true,"e":null}`, ".:object a:integer b:number c:number d:boolean e:null"},
		{`{"r":[{"o":"1"},{"g":[[1]]}]}`, ".:object r:array r[].g:array r[].g[]:array r[].g[][]:integer r[].o:string r[]:object"},
	} {
		got, err := published.Shape([]byte(c.body))
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v %v, want %s", c.body, got, err, c.want)
		}
	}
	for _, body := range []string{``, `{`, `{}{}`, `{} x`, `nul`} {
		if got, err := published.Shape([]byte(body)); err == nil {
			t.Errorf("%q: %v, want an error", body, got)
		}
	}
}

func TestDescribeMarksWhatEveryObjectHas(t *testing.T) {
	members, err := published.Describe([]byte(`{"r":[{"a":1,"b":1},{"a":2}],"n":null}`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range members {
		got = append(got, m.String())
	}
	want := []string{".:object", "n:null required", "r:array required", "r[]:object", "r[].a:integer required", "r[].b:integer"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestMemberText(t *testing.T) {
	for _, text := range []string{".:object", "a.b[].c:null|string required readOnly", "m.*:any open", "p:string writeOnly"} {
		var m published.Member
		if err := m.UnmarshalText([]byte(text)); err != nil || m.String() != text {
			t.Errorf("%q: %q %v", text, m, err)
		}
	}
	for _, text := range []string{"", "a", ":string", "a:", "a:string sometimes"} {
		var m published.Member
		if err := m.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}

func FuzzShape(f *testing.F) {
	for _, body := range []string{`{}`, `[1,"a",null,{"b":[]}]`, `{"a.b":{"[]":1,"*":2}}`, `{"":{"":[[[]]]}}`, `{} {}`, `1e999`, "{\"\xff\":1}"} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		shape, err := published.Shape(body)
		if err == nil && (len(shape) == 0 || !slices.IsSorted(shape)) {
			t.Errorf("shape %q", shape)
		}
		diffs := published.Differences("updateGroupApiKeyRoles", "2023-01-01", 200, v2Type, body)
		if err != nil && len(diffs) == 0 {
			t.Error("a body that is not JSON passed")
		}
	})
}
