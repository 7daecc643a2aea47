package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/latchkey/latchkey"
)

var (
	patchMembers = []Member{
		{Name: "desc", Kind: String},
		{Name: "roles", Kind: StringArray},
		{Name: "id", Kind: String, ReadOnly: true},
	}
	allMembers = []Member{
		{Name: "s", Kind: String},
		{Name: "b", Kind: Bool},
		{Name: "i", Kind: Int},
		{Name: "list", Kind: StringArray},
		{Name: "obj", Kind: NestedObject, Members: []Member{
			{Name: "s", Kind: String},
			{Name: "objs", Kind: ObjectArray, Members: []Member{{Name: "key", Kind: String}}},
		}},
		{Name: "objs", Kind: ObjectArray, Members: []Member{{Name: "key", Kind: String}, {Name: "n", Kind: Int}}},
		{Name: "any", Kind: Any},
		{Name: "id", Kind: String, ReadOnly: true},
	}
)

func TestParseObject(t *testing.T) {
	o, refusal := ParseObject([]byte(` {"s":"a\u00e9\"🔑", "b":true,"i":-9223372036854775808,"list":["x","y","x"],
		"obj":{"s":"in","objs":[{"key":"k"}]},"objs":[{"key":"k1","n":0},{}],"any":[{"a":[null]}],"\u0069d":"1"} `), allMembers)
	if refusal != nil {
		t.Fatal(refusal)
	}
	if s, ok := o.String("s"); !ok || s != "aé\"🔑" {
		t.Errorf("s = %q, %v", s, ok)
	}
	if b, ok := o.Bool("b"); !ok || !b {
		t.Errorf("b = %v, %v", b, ok)
	}
	if i, ok := o.Int("i"); !ok || i != -1<<63 {
		t.Errorf("i = %v, %v", i, ok)
	}
	if list, ok := o.Strings("list"); !ok || !slices.Equal(list, []string{"x", "y", "x"}) {
		t.Errorf("list = %q, %v", list, ok)
	}
	nested, ok := o.Object("obj")
	if s, _ := nested.String("s"); !ok || s != "in" {
		t.Errorf("obj.s = %q, %v", s, ok)
	}
	objs, ok := o.Objects("objs")
	if n, has := objs[0].Int("n"); !ok || len(objs) != 2 || !has || n != 0 || objs[1].Has("key") {
		t.Errorf("objs = %v, %v", objs, ok)
	}
	if id, ok := o.String("id"); !ok || id != "1" || !o.Has("any") || o.Has("none") {
		t.Errorf("id = %q, %v", id, ok)
	}
	if _, ok := o.Strings("s"); ok {
		t.Error("a string is read as an array")
	}
}

func TestNullIsAbsent(t *testing.T) {
	o, refusal := ParseObject([]byte(`{"s":null,"b":null,"i":null,"list":null,"obj":null,"objs":null,"any":null,"id":null}`), allMembers)
	if refusal != nil {
		t.Fatal(refusal)
	}
	for _, m := range allMembers {
		if o.Has(m.Name) {
			t.Errorf("%s is there", m.Name)
		}
	}
}

func TestEmptyListIsThere(t *testing.T) {
	o, refusal := ParseObject([]byte(`{"roles":[]}`), patchMembers)
	if list, ok := o.Strings("roles"); refusal != nil || !ok || list == nil || len(list) != 0 {
		t.Errorf("%v, %v, %v", list, ok, refusal)
	}
}

func nest(levels int) string {
	return `{"any":` + strings.Repeat("[", levels-1) + strings.Repeat("]", levels-1) + `}`
}

func TestParseObjectRefuses(t *testing.T) {
	const (
		malformed = latchkey.CodeMalformedJSON
		kind      = latchkey.CodeUnexpectedJSON
		member    = latchkey.CodeUnexpectedJSONMember
		unknown   = latchkey.CodeUnknownAttribute
		invalid   = latchkey.CodeValidation
	)
	type row struct {
		body   string
		code   latchkey.Code
		params []any
	}
	rows := []row{
		{``, malformed, nil},
		{"  \n", malformed, nil},
		{`{`, malformed, nil},
		{`{"s"`, malformed, nil},
		{`{"s":}`, malformed, nil},
		{`{"s":"a",}`, malformed, nil},
		{`{'s':"a"}`, malformed, nil},
		{`{s:"a"}`, malformed, nil},
		{`{"s":"a"`, malformed, nil},
		{`{"s":"a"}}`, malformed, nil},
		{`{"s":"a"} x`, malformed, nil},
		{`{"s":"a"}{"s":"a"}`, malformed, nil},
		{`{"s":"a"}//`, malformed, nil},
		{"\ufeff{}", malformed, nil},
		{`{"i":01}`, malformed, nil},
		{`{"i":+1}`, malformed, nil},
		{`{"i":NaN}`, malformed, nil},
		{`{"b":True}`, malformed, nil},
		{`{"s":"a","s":"b"}`, malformed, nil},
		{`{"s":"a","\u0073":"b"}`, malformed, nil},
		{`{"x":1,"x":1}`, malformed, nil},
		{`{"any":{"a":[{"x":1,"x":1}]}}`, malformed, nil},
		{`{"obj":{"s":"a","s":"b"}}`, malformed, nil},
		{"{\"s\":\"\xff\"}", malformed, nil},
		{"{\"\xff\":1}", malformed, nil},
		{"{\"any\":[\"\xed\xa0\x80\"]}", malformed, nil},
		{`{"s":"\ud800"}`, malformed, nil},
		{`{"s":"\udc00\ud800"}`, malformed, nil},
		{`{"any":"\ud800x"}`, malformed, nil},
		{"{\"s\":\"a\nb\"}", malformed, nil},
		{"{\"s\":\"a\x00b\"}", malformed, nil},
		{`{"s":"\x"}`, malformed, nil},
		{nest(17), malformed, nil},
		{`{"unknown":` + strings.Repeat(`{"a":`, 16) + "1" + strings.Repeat("}", 16) + "}", malformed, nil},
		{strings.Repeat("[", 17) + strings.Repeat("]", 17), malformed, nil},
		{strings.Repeat("[", 30_000), malformed, nil},
		{`{"x":1,"s":"a","s":"b"}`, malformed, nil},
		{`[1,2`, malformed, nil},

		{`null`, kind, nil},
		{`[]`, kind, nil},
		{`[{"s":"a"}]`, kind, nil},
		{`"s"`, kind, nil},
		{`1`, kind, nil},
		{`true`, kind, nil},

		{`{"s":1}`, member, []any{"s"}},
		{`{"s":["a"]}`, member, []any{"s"}},
		{`{"s":{}}`, member, []any{"s"}},
		{`{"b":"true"}`, member, []any{"b"}},
		{`{"b":0}`, member, []any{"b"}},
		{`{"i":"1"}`, member, []any{"i"}},
		{`{"i":1.0}`, member, []any{"i"}},
		{`{"i":1e2}`, member, []any{"i"}},
		{`{"i":9223372036854775808}`, member, []any{"i"}},
		{`{"list":"a"}`, member, []any{"list"}},
		{`{"list":{"a":1}}`, member, []any{"list"}},
		{`{"list":["a",1]}`, member, []any{"list"}},
		{`{"list":["a",null]}`, member, []any{"list"}},
		{`{"list":[["a"]]}`, member, []any{"list"}},
		{`{"obj":[]}`, member, []any{"obj"}},
		{`{"obj":{"s":2}}`, member, []any{"s"}},
		{`{"objs":{}}`, member, []any{"objs"}},
		{`{"objs":[{},null]}`, member, []any{"objs"}},
		{`{"objs":[["a"]]}`, member, []any{"objs"}},
		{`{"id":7}`, member, []any{"id"}},

		{`{"x":1}`, unknown, []any{"x"}},
		{`{"x":null}`, unknown, []any{"x"}},
		{`{"S":"a"}`, unknown, []any{"S"}},
		{`{"liſt":[]}`, unknown, []any{"liſt"}},
		{`{"":1}`, unknown, []any{""}},
		{`{"\u0078\n":1}`, unknown, []any{"x\n"}},
		{`{"s":"a","y":{"s":1},"x":1}`, unknown, []any{"y"}},
		{`{"obj":{"deep":1},"x":1}`, unknown, []any{"deep"}},
		{`{"objs":[{"key":"a"},{"Key":"b"}]}`, unknown, []any{"Key"}},

		{`{"s":"a\u0000b"}`, invalid, []any{"s must not contain the character U+0000"}},
		{`{"list":["a","\u0000"]}`, invalid, []any{"list must not contain the character U+0000"}},
		{`{"any":[{"a":"\u0000"}]}`, invalid, []any{"any must not contain the character U+0000"}},
		{`{"any":{"\u0000":1}}`, invalid, []any{"any must not contain the character U+0000"}},
		{`{"objs":[{"key":"\u0000"}]}`, invalid, []any{"key must not contain the character U+0000"}},

		// The first fault in the order of the body.
		{`{"s":1,"x":1}`, member, []any{"s"}},
		{`{"x":1,"s":1}`, unknown, []any{"x"}},
		{`{"s":"\u0000","x":1}`, invalid, []any{"s must not contain the character U+0000"}},
		{`{"list":[1,"\u0000"],"x":1}`, member, []any{"list"}},
	}
	for _, c := range rows {
		o, refusal := ParseObject([]byte(c.body), allMembers)
		refusedAs(t, fmt.Sprintf("%.80q", c.body), refusal, c.code, c.params...)
		if o.values != nil {
			t.Errorf("%.80q: refused, and yet an object", c.body)
		}
	}
}

func TestBackslashBeforeU0000IsNoNUL(t *testing.T) {
	o, refusal := ParseObject([]byte(`{"s":"\\u0000"}`), allMembers)
	if s, _ := o.String("s"); refusal != nil || s != `\u0000` {
		t.Errorf("%q, %v", s, refusal)
	}
}

func TestBodyLimits(t *testing.T) {
	list := func(n int) string {
		return "[" + strings.TrimSuffix(strings.Repeat(`"a",`, n), ",") + "]"
	}
	if _, refusal := ParseObject([]byte(nest(16)), allMembers); refusal != nil {
		t.Errorf("16 levels: %v", refusal)
	}
	if o, refusal := ParseObject([]byte(`{"list":`+list(64)+`}`), allMembers); refusal != nil || !o.Has("list") {
		t.Errorf("64 elements: %v", refusal)
	}
	_, refusal := ParseObject([]byte(`{"list":`+list(65)+`}`), allMembers)
	refusedAs(t, "65 elements", refusal, latchkey.CodeValidation, "list must not have more than 64 elements")
	if len(refusal.Fields) != 1 || refusal.Fields[0].Field != "list" {
		t.Errorf("fields %v", refusal.Fields)
	}
	if _, refusal := ParseObject([]byte(`{"any":`+list(1000)+`}`), allMembers); refusal != nil {
		t.Errorf("1,000 strings: %v", refusal)
	}
	_, refusal = ParseObject([]byte(`{"any":`+list(1001)+`}`), allMembers)
	refusedAs(t, "1,001 strings", refusal, latchkey.CodeValidation, "the body must not contain more than 1000 strings")
}

func TestParseArray(t *testing.T) {
	objs, refusal := ParseArray([]byte(`[{"desc":"a"},{}]`), patchMembers, 2)
	if refusal != nil || len(objs) != 2 || !objs[0].Has("desc") || objs[1].Has("desc") {
		t.Errorf("%v, %v", objs, refusal)
	}
	if objs, refusal := ParseArray([]byte(` [ ] `), patchMembers, 2); refusal != nil || objs == nil || len(objs) != 0 {
		t.Errorf("%v, %v", objs, refusal)
	}
	for _, c := range []struct {
		body   string
		code   latchkey.Code
		params []any
	}{
		{``, latchkey.CodeMalformedJSON, nil},
		{`[{}`, latchkey.CodeMalformedJSON, nil},
		{`[{}] []`, latchkey.CodeMalformedJSON, nil},
		{`[1,{"desc":"a","desc":"b"}]`, latchkey.CodeMalformedJSON, nil},
		{`{"desc":"a"}`, latchkey.CodeUnexpectedJSON, nil},
		{`null`, latchkey.CodeUnexpectedJSON, nil},
		{`[null]`, latchkey.CodeUnexpectedJSON, nil},
		{`["a"]`, latchkey.CodeUnexpectedJSON, nil},
		{`[{},[]]`, latchkey.CodeUnexpectedJSON, nil},
		{`[{"x":1},3]`, latchkey.CodeUnknownAttribute, []any{"x"}},
		{`[{"desc":1}]`, latchkey.CodeUnexpectedJSONMember, []any{"desc"}},
		{`[{},{},{}]`, latchkey.CodeValidation, []any{"the body must not have more than 2 elements"}},
		{`[{},{},{"x":1}]`, latchkey.CodeValidation, []any{"the body must not have more than 2 elements"}},
	} {
		objs, refusal := ParseArray([]byte(c.body), patchMembers, 2)
		refusedAs(t, c.body, refusal, c.code, c.params...)
		if objs != nil {
			t.Errorf("%s: refused, and yet %v", c.body, objs)
		}
	}
}

func TestParsedBodyDoesNotShareItsBytes(t *testing.T) {
	body := []byte(`{"desc":"test","roles":["GROUP_OWNER"]}`)
	o, _ := ParseObject(body, patchMembers)
	clear(body)
	desc, _ := o.String("desc")
	roles, _ := o.Strings("roles")
	if desc != "test" || roles[0] != "GROUP_OWNER" {
		t.Errorf("%q, %q", desc, roles)
	}
}

// FuzzParseObject compares with encoding/json: whatever is accepted holds
// exactly the values that a generic decoder sees, and what the generic
// decoder refuses is refused as malformed.
func FuzzParseObject(f *testing.F) {
	for _, s := range []string{
		`{"desc":"test","roles":["GROUP_READ_ONLY"]}`,
		`{"s":"a\u00e9","b":false,"i":-7,"list":["x",""],"obj":{"s":null,"objs":[{"key":"k"}]},"objs":[{"n":1}],"any":[{}],"id":"1"}`,
		`{"s":"a","s":"b"}`, `{"S":1}`, `{"any":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}`, `{"s":"\ud800"}`, `[]`, ``,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		o, refusal := ParseObject(body, allMembers)
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.UseNumber()
		var generic any
		err := dec.Decode(&generic)
		if err == nil {
			if _, more := dec.Token(); more != io.EOF {
				err = fmt.Errorf("more after the value")
			}
		}
		switch {
		case err != nil && (refusal == nil || refusal.Code != latchkey.CodeMalformedJSON):
			t.Fatalf("%q: encoding/json says %v, we say %v", body, err, refusal)
		case refusal != nil:
			problem := AtlasV2.Problem(refusal, "/").AppendJSON(nil)
			if !json.Valid(problem) || !bytes.Contains(problem, []byte(`"error":400`)) {
				t.Fatalf("%q: %s", body, problem)
			}
		default:
			sameObject(t, body, o, generic.(map[string]any), allMembers)
		}
	})
}

func sameObject(t *testing.T, body []byte, o Object, want map[string]any, members []Member) {
	present := 0
	for name, v := range want {
		i := slices.IndexFunc(members, func(m Member) bool { return m.Name == name })
		if i < 0 {
			t.Fatalf("%q: %q was accepted", body, name)
		}
		if v == nil {
			if o.Has(name) {
				t.Fatalf("%q: null %q is there", body, name)
			}
			continue
		}
		present++
		if !sameValue(t, body, o, v, members[i]) {
			t.Fatalf("%q: member %q differs from %v", body, name, v)
		}
	}
	if len(o.values) != present {
		t.Fatalf("%q: %d members, want %d", body, len(o.values), present)
	}
}

func sameValue(t *testing.T, body []byte, o Object, want any, m Member) bool {
	switch m.Kind {
	case String:
		s, ok := o.String(m.Name)
		return ok && any(s) == want && !strings.Contains(s, "\x00")
	case Bool:
		b, ok := o.Bool(m.Name)
		return ok && any(b) == want
	case Int:
		n, ok := o.Int(m.Name)
		number, isNumber := want.(json.Number)
		parsed, err := strconv.ParseInt(string(number), 10, 64)
		return ok && isNumber && err == nil && n == parsed
	case StringArray:
		list, ok := o.Strings(m.Name)
		wanted, isList := want.([]any)
		return ok && isList && slices.EqualFunc(list, wanted, func(s string, v any) bool { return any(s) == v })
	case NestedObject:
		nested, ok := o.Object(m.Name)
		sameObject(t, body, nested, want.(map[string]any), m.Members)
		return ok
	case ObjectArray:
		objs, ok := o.Objects(m.Name)
		wanted := want.([]any)
		for i := range objs {
			sameObject(t, body, objs[i], wanted[i].(map[string]any), m.Members)
		}
		return ok && len(objs) == len(wanted)
	}
	return o.Has(m.Name)
}

func BenchmarkParseObject(b *testing.B) {
	for name, body := range map[string]string{
		"patch":   `{"desc":"test key","roles":["GROUP_READ_ONLY","GROUP_CLUSTER_MANAGER"]}`,
		"roles":   `{"roles":["GROUP_READ_ONLY"]}`,
		"refused": `{"roles":["GROUP_READ_ONLY"],"x":1}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				_, _ = ParseObject([]byte(body), patchMembers)
			}
		})
	}
}
