package wire

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestAppendPretty(t *testing.T) {
	for compact, want := range map[string]string{
		`{}`:             `{ }`,
		`[]`:             `[ ]`,
		`"a"`:            `"a"`,
		`[1,-2.5e3]`:     `[ 1, -2.5e3 ]`,
		`[[],[1],{}]`:    `[ [ ], [ 1 ], { } ]`,
		`{"a\"{":"},["}`: "{\n  \"a\\\"{\" : \"},[\"\n}",
		`[{"a":1},{"b":[]}]`: `[ {
  "a" : 1
}, {
  "b" : [ ]
} ]`,
		`{"desc":"test","id":"5f0000000000000000000001","links":[{"href":"http://h/x","rel":"self"},{"href":"http://h/y","rel":"next"}],"n":null,"names":["a","b"],"roles":[{"o":{"p":true},"q":{}}]}`: `{
  "desc" : "test",
  "id" : "5f0000000000000000000001",
  "links" : [ {
    "href" : "http://h/x",
    "rel" : "self"
  }, {
    "href" : "http://h/y",
    "rel" : "next"
  } ],
  "n" : null,
  "names" : [ "a", "b" ],
  "roles" : [ {
    "o" : {
      "p" : true
    },
    "q" : { }
  } ]
}`,
	} {
		if got := string(AppendPretty(nil, []byte(compact))); got != want {
			t.Errorf("%s\n got %s\nwant %s", compact, got, want)
		}
	}
}

func FuzzAppendPretty(f *testing.F) {
	for _, s := range []string{`{}`, `[[[[{"a":[{}]}]]]]`, `{"a":"\\\"","b":[1,2]}`, `{"links":[{"rel":"self"}],"n":0.5}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var compact, back bytes.Buffer
		if json.Compact(&compact, text) != nil {
			t.Skip("no JSON of the kind that is judged")
		}
		pretty := AppendPretty(nil, compact.Bytes())
		if err := json.Compact(&back, pretty); err != nil || !bytes.Equal(back.Bytes(), compact.Bytes()) {
			t.Fatalf("%s became %s (%v)", compact.Bytes(), pretty, err)
		}
	})
}

func BenchmarkAppendPretty(b *testing.B) {
	body := []byte(`{"desc":"test","id":"5f0000000000000000000001","links":[{"href":"http://h/api/atlas/v2/orgs/x","rel":"self"}],"roles":[{"groupId":"5f0000000000000000000001","roleName":"GROUP_READ_ONLY"}]}`)
	dst := make([]byte, 0, 1024)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		dst = AppendPretty(dst[:0], body)
	}
}
