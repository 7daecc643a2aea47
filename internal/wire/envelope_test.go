package wire

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestAppendEnvelope(t *testing.T) {
	for _, c := range []struct {
		body   string
		status int
		list   bool
		want   string
	}{
		{`{"id":"a"}`, 200, false, `{"content":{"id":"a"},"status":200}`},
		{`{"detail":"x","error":404}`, 404, false, `{"content":{"detail":"x","error":404},"status":404}`},
		{`{}`, 202, false, `{"content":{},"status":202}`},
		{`["a"]`, 200, false, `{"content":["a"],"status":200}`},
		{`["a"]`, 200, true, `{"content":["a"],"status":200}`},
		{``, 204, false, ``},
		{``, 204, true, ``},
		{`{"links":[{"rel":"zelf"}],"results":[{"zzz":1}],"totalCount":1}`, 200, true,
			`{"links":[{"rel":"zelf"}],"results":[{"zzz":1}],"status":200,"totalCount":1}`},
		{`{"links":[],"results":["z","total"]}`, 200, true, `{"links":[],"results":["z","total"],"status":200}`},
		{`{"links":[],"results":[{"a":"\"}],\"z"}],"totalCount":0}`, 200, true,
			`{"links":[],"results":[{"a":"\"}],\"z"}],"status":200,"totalCount":0}`},
		{`{"totalCount":0}`, 200, true, `{"status":200,"totalCount":0}`},
		{`{}`, 200, true, `{"status":200}`},
	} {
		got := string(AppendEnvelope([]byte("x"), []byte(c.body), c.status, c.list))[1:]
		if got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.body, got, c.want)
		}
	}
}

func FuzzAppendEnvelope(f *testing.F) {
	f.Add([]byte(`{"links":[],"results":[{"a":1}],"totalCount":1}`))
	f.Add([]byte(`{"a":{"z":"},\""},"t":[]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var compact bytes.Buffer
		var members map[string]json.RawMessage
		if json.Compact(&compact, text) != nil || compact.Bytes()[0] != '{' || json.Unmarshal(text, &members) != nil {
			t.Skip("no JSON of the kind that is judged")
		}
		out := AppendEnvelope(nil, compact.Bytes(), 200, true)
		var got map[string]json.RawMessage
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%s became %s: %v", text, out, err)
		}
		if _, had := members["status"]; !had && (len(got) != len(members)+1 || string(got["status"]) != "200") {
			t.Fatalf("%s became %s", text, out)
		}
	})
}
