package audit_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/audit"
)

// TestLinesStay pins the form of every kind of line: other programs read them.
func TestLinesStay(t *testing.T) {
	s := chainOf(t, stateOrg, 4, 4)
	const zeros = "0000000000000000000000000000000000000000000000000000000000000000"
	first, third, checkpoint := s.lines[1].Event, s.lines[3].Event, s.lines[5].Checkpoint
	for i, want := range map[int]string{
		0: `{"line":"header","format":"latchkey audit export","version":1,"orgId":"100000000000000000000001","first":1}`,
		1: `{"line":"event","orgId":"100000000000000000000001","seq":1,"id":"000000000000000000000001","created":1700000000501,` +
			`"type":"ORG_CREATED","source":"api","operation":"updateGroupApiKeyRoles","callerId":"300000000000000000000009",` +
			`"callerPublicKey":"ijklmnop","remoteAddress":"192.0.2.7","projectId":"","targetId":"","targetPublicKey":"","prevHash":"` + zeros +
			`","hash":"` + hexOf(first.Hash[:]) + `","payload":{"name":"A \"name\" with \\ and 日本","settings":{"genAIFeaturesEnabled":true}}}`,
		3: `{"line":"event","orgId":"100000000000000000000001","seq":3,"id":"000000000000000000000003","created":1700000000503,` +
			`"type":"API_KEY_CREATED","source":"api","operation":"updateGroupApiKeyRoles","callerId":"300000000000000000000009",` +
			`"callerPublicKey":"ijklmnop","remoteAddress":"192.0.2.7","projectId":"","targetId":"300000000000000000000001",` +
			`"targetPublicKey":"abcdefgh","prevHash":"` + hexOf(third.PrevHash[:]) + `","hash":"` + hexOf(third.Hash[:]) +
			`","payload":{"desc":"a\nb\u0000c","orgRoles":["ORG_MEMBER"]}}`,
		5: `{"line":"checkpoint","orgId":"100000000000000000000001","seq":4,"hash":"` + hexOf(checkpoint.Hash[:]) +
			`","previous":0,"created":1700000000504,"signer":1,"signature":"` + hexOf(checkpoint.Signature) + `"}`,
	} {
		if got := string(appendLine(t, nil, s.lines[i])); got != want+"\n" {
			t.Errorf("line %d = %s; want %s", i, got, want)
		}
	}
}

func hexOf(raw []byte) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for _, c := range raw {
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

// odd is an event with all that strings can hold.
func odd(t testing.TB) latchkey.Event {
	t.Helper()
	e := latchkey.Event{
		OrgID: stateOrg, Seq: 1<<63 - 1, ID: "", Created: time.UnixMilli(0).UTC(), Type: "A\"B\\C", Source: "\x00\x1f\t\n", Operation: "日本\u2028\u00a0",
		RemoteAddress: "fe80::1%eth0", CallerID: "</script>", Change: latchkey.Change{Name: ptr("x\ny\u2028")},
	}
	if err := e.Seal([32]byte{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestLinesComeBack(t *testing.T) {
	strange := odd(t)
	for _, l := range append(chainOf(t, stateOrg, 30, 10).lines, audit.Line{Event: &strange}) {
		text := appendLine(t, nil, l)
		got, err := audit.ParseLine(text)
		if err != nil || !reflect.DeepEqual(got, l) {
			t.Errorf("%s is read back as %+v, %v", text, got, err)
		}
		if got.Event != nil && !got.Event.Verify(l.Event.PrevHash) {
			t.Errorf("%s has another hash when it is read back", text)
		}
	}
}

func TestNotExportable(t *testing.T) {
	for name, change := range map[string]func(*latchkey.Event){
		"no UTF-8":               func(e *latchkey.Event) { e.Operation = "\xff" },
		"no number":              func(e *latchkey.Event) { e.Seq = 0 },
		"time before 1970":       func(e *latchkey.Event) { e.Created = time.UnixMilli(-1) },
		"payload of two lines":   func(e *latchkey.Event) { e.Payload = []byte("{\n}") },
		"payload that is cut":    func(e *latchkey.Event) { e.Payload = []byte(`{"name":`) },
		"payload and more":       func(e *latchkey.Event) { e.Payload = []byte(`{},"x":{}`) },
		"no payload":             func(e *latchkey.Event) { e.Payload = nil },
		"payload that is no map": func(e *latchkey.Event) { e.Payload = []byte(`3`) },
	} {
		e := odd(t)
		change(&e)
		if b, err := audit.AppendEvent([]byte("x"), &e); err == nil || string(b) != "x" {
			t.Errorf("%s: %q, %v; want an error", name, b, err)
		}
	}
}

// TestParseLineRefuses reads lines that say the same in another way, or
// something else; each must be refused.
func TestParseLineRefuses(t *testing.T) {
	s := chainOf(t, stateOrg, 5, 5)
	header, event, named, checkpoint := string(appendLine(t, nil, s.lines[0])), string(appendLine(t, nil, s.lines[5])),
		string(appendLine(t, nil, s.lines[1])), string(appendLine(t, nil, s.lines[6]))
	for name, text := range map[string]string{
		"nothing":                    "",
		"line feed":                  "\n",
		"no line feed":               strings.TrimSuffix(event, "\n"),
		"two lines":                  event + event,
		"carriage return":            strings.Replace(event, "}\n", "}\r\n", 1),
		"byte order mark":            "\ufeff" + event,
		"another kind":               strings.Replace(event, `"line":"event"`, `"line":"news"`, 1),
		"another format":             strings.Replace(header, "latchkey audit export", "latchkey audit exports", 1),
		"later version":              strings.Replace(header, `"version":1`, `"version":2`, 1),
		"first event zero":           strings.Replace(header, `"first":1`, `"first":0`, 1),
		"member after the header":    strings.Replace(header, `"first":1`, `"first":1,"x":1`, 1),
		"white space":                strings.Replace(event, `,"id"`, ` ,"id"`, 1),
		"white space at the end":     strings.Replace(event, "}\n", "} \n", 1),
		"order":                      strings.Replace(event, `"source":"api","operation":"updateGroupApiKeyRoles"`, `"operation":"updateGroupApiKeyRoles","source":"api"`, 1),
		"case of a member":           strings.Replace(event, `"source"`, `"Source"`, 1),
		"member missing":             strings.Replace(event, `"source":"api",`, ``, 1),
		"member twice":               strings.Replace(event, `"source":"api",`, `"source":"api","source":"api",`, 1),
		"number zero":                strings.Replace(event, `"seq":5`, `"seq":0`, 1),
		"number with a zero before":  strings.Replace(event, `"seq":5`, `"seq":05`, 1),
		"number with a sign":         strings.Replace(event, `"seq":5`, `"seq":+5`, 1),
		"number below zero":          strings.Replace(event, `"created":`, `"created":-`, 1),
		"number with a fraction":     strings.Replace(event, `"seq":5`, `"seq":5.0`, 1),
		"number too large":           strings.Replace(event, `"seq":5`, `"seq":9223372036854775808`, 1),
		"number as a string":         strings.Replace(event, `"seq":5`, `"seq":"5"`, 1),
		"no number":                  strings.Replace(event, `"seq":5`, `"seq":`, 1),
		"needless escape":            strings.Replace(event, `"source":"api"`, `"source":"\u0061pi"`, 1),
		"escaped slash":              strings.Replace(event, `"source":"api"`, `"source":"\/api"`, 1),
		"control character":          strings.Replace(event, `"source":"api"`, "\"source\":\"api\x01\"", 1),
		"short escape":               strings.Replace(event, `"source":"api"`, `"source":"api\n"`, 1),
		"upper-case escape":          strings.Replace(event, `"source":"api"`, `"source":"api\u001F"`, 1),
		"lone surrogate":             strings.Replace(event, `"source":"api"`, `"source":"\ud800"`, 1),
		"no UTF-8":                   strings.Replace(event, `"source":"api"`, "\"source\":\"\xff\"", 1),
		"string without an end":      event[:60],
		"backslash at the end":       event[:60] + `\`,
		"upper-case hash":            strings.Replace(event, `"hash":"`+hexOf(s.lines[5].Event.Hash[:]), `"hash":"`+strings.ToUpper(hexOf(s.lines[5].Event.Hash[:])), 1),
		"short hash":                 strings.Replace(event, `"hash":"`, `"hash":"0`, 1),
		"payload is an array":        event[:strings.Index(event, `"payload":`)] + `"payload":[]}` + "\n",
		"payload is cut":             event[:strings.Index(event, `"payload":`)] + `"payload":{}` + "\n",
		"payload and more":           strings.Replace(event, "}\n", `,"x":1}`+"\n", 1) + "x",
		"another member":             event[:len(event)-2] + `,"x":1}` + "\n",
		"payload of another type":    strings.Replace(named, `"name":"`, `"name":["`, 1),
		"signature short":            strings.Replace(checkpoint, `"signature":"`+hexOf(s.lines[6].Checkpoint.Signature[:1]), `"signature":"`, 1),
		"signature long":             strings.Replace(checkpoint, `"signature":"`, `"signature":"00`, 1),
		"signer too large":           strings.Replace(checkpoint, `"signer":1`, `"signer":4294967296`, 1),
		"member after the signature": strings.Replace(checkpoint, "}\n", `,"x":1}`+"\n", 1),
	} {
		if line, err := audit.ParseLine([]byte(text)); !errors.Is(err, audit.ErrNotALine) || line != (audit.Line{}) {
			t.Errorf("%s: %+v, %v; want ErrNotALine for %s", name, line, err, text)
		}
	}
}

func TestParseCheckpoint(t *testing.T) {
	c := chainOf(t, stateOrg, 5, 5).newest()
	line := string(audit.AppendCheckpoint(nil, &c))
	for _, text := range []string{line, strings.TrimSpace(line), "\n" + strings.ReplaceAll(line, ",", ",\n  ")} {
		if got, err := audit.ParseCheckpoint(text); err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "{}", line + line, string(audit.AppendHeader(nil, &audit.Header{Org: stateOrg, First: 1}))} {
		if _, err := audit.ParseCheckpoint(text); !errors.Is(err, audit.ErrNotALine) {
			t.Errorf("%q: %v; want ErrNotALine", text, err)
		}
	}
}

// FuzzParseLine holds that what is read as a line is written again as the same
// bytes, and that reading it never fails in another way.
func FuzzParseLine(f *testing.F) {
	strange := odd(f)
	for _, l := range append(chainOf(f, stateOrg, 5, 3).lines, audit.Line{Event: &strange}) {
		f.Add(appendLine(f, nil, l))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		before := bytes.Clone(text)
		line, err := audit.ParseLine(text)
		if !bytes.Equal(text, before) {
			t.Fatalf("%q was changed to %q", before, text)
		}
		if err != nil {
			if !errors.Is(err, audit.ErrNotALine) {
				t.Fatalf("%q: %v is not ErrNotALine", text, err)
			}
			return
		}
		if again := appendLine(t, nil, line); !bytes.Equal(again, text) {
			t.Errorf("%q is written as %q", text, again)
		}
	})
}
