package audit_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/audit"
)

func TestVerifyExport(t *testing.T) {
	s := chainOf(t, stateOrg, 60, 25)
	text := s.text(t)
	report := verifyExport(t, text, audit.Containing(s.newest()), audit.Organizations(stateOrg))
	if !report.OK() || report.Org != stateOrg || report.First != 1 || report.Last != 60 || report.Events != 60 ||
		report.Checkpoints != 3 || report.Covered != 60 || !report.Replayed || !report.Anchored {
		t.Errorf("report = %+v", report)
	}
	newest := s.newest()
	if got := string(report.Newest); got != string(audit.AppendCheckpoint(nil, &newest)) {
		t.Errorf("newest checkpoint = %s", got)
	}
	const want = "ok: organization 100000000000000000000001, events 1 to 60, 3 checkpoints\n" +
		"covered: events 1 to 60, by the checkpoint that signer 1 signed at 2023-11-14T22:13:20Z\n" +
		"complete: up to event 60, where the checkpoint that was given is\n"
	if got := reportText(t, report); got != want {
		t.Errorf("text = %s; want %s", got, want)
	}
}

// TestUncovered holds that the report says what nothing vouches for.
func TestUncovered(t *testing.T) {
	s := chainOf(t, stateOrg, 25, 25)
	for range 2 {
		s.append(t, event(latchkey.EventOrgRenamed, "", "", latchkey.Change{Name: ptr("x")}))
	}
	report := verifyExport(t, s.text(t))
	if !report.OK() || report.Covered != 25 || report.Last != 27 || report.Anchored {
		t.Errorf("report = %+v", report)
	}
	for _, want := range []string{"not covered yet: events 26 to 27 came after the last checkpoint", "not checked: whether events after 27 were cut off"} {
		if got := reportText(t, report); !strings.Contains(got, want) {
			t.Errorf("text = %s; want %q in it", got, want)
		}
	}
}

// TestExportFindings changes an export, once per row, and wants a finding of
// that kind whose line has that text.
func TestExportFindings(t *testing.T) {
	const chain, replay, unreadable, checkpoint = audit.KindChain, audit.KindReplay, audit.KindUnreadable, audit.KindCheckpoint
	whole := chainOf(t, stateOrg, 60, 25)
	foreign := chainOf(t, "100000000000000000000002", 60, 25)
	impossible, misshapen := chainOf(t, stateOrg, 30, 25), chainOf(t, stateOrg, 30, 25)
	impossible.append(t, event(latchkey.EventKeyCreated, "", stateKey, latchkey.Change{Desc: ptr("again"), OrgRoles: []string{"ORG_OWNER"}}))
	impossible.sign()
	misshapen.append(t, event(latchkey.EventOrgRenamed, "", "", latchkey.Change{}))
	misshapen.reseal(t, `{"name":["x"]}`)
	misshapen.sign()
	sparse := chainOf(t, stateOrg, 1001, 2000)
	tests := []struct {
		name    string
		change  func(lines []string) []string
		options []audit.Option
		kind    audit.Kind
		text    string
	}{
		{"empty", func([]string) []string { return nil }, nil, unreadable, "is empty"},
		{"no header", func(l []string) []string { return l[1:] }, nil, unreadable, "line 1: no line of an export: the first line is no header"},
		{"header only", func(l []string) []string { return l[:1] }, nil, chain, "there are no events"},
		{"two headers", func(l []string) []string { return insert(l, 5, l[0]) }, nil, unreadable, "line 6: no line of an export: a header that is not"},
		{"later format", replace(0, `"version":1`, `"version":2`), nil, unreadable, "use the release that wrote it"},
		{"begins later", replace(0, `"first":1`, `"first":2`), nil, chain, "event 2: the export begins with this event, not with event 1"},
		{"asked for a later beginning", same, []audit.Option{audit.From(7)}, chain, "not with event 7"},
		{"asked for another organization", same, []audit.Option{audit.Organizations(foreign.org)}, audit.KindOrganization, "another organization"},
		{"header of another organization", replace(0, "0001\"", "0002\""), nil, chain, "event 1: it belongs to organization 100000000000000000000001"},
		{"event changed", replace(7, `"source":"api"`, `"source":"command"`), nil, chain, "event 7: the hash is not"},
		{"payload changed", replace(7, `"payload":{`, `"payload":{ `), nil, chain, "event 7: the hash is not"},
		{"event taken away", func(l []string) []string { return remove(l, 7) }, nil, chain, "event 8: events 7 to 7 are missing"},
		{"event twice", func(l []string) []string { return insert(l, 7, l[7]) }, nil, chain, "event 7: it comes after event 7"},
		{"events swapped", func(l []string) []string { l[7], l[8] = l[8], l[7]; return l }, nil, chain, "event 8: events 7 to 7 are missing"},
		{"event of another organization", func(l []string) []string { return insert(remove(l, 7), 7, lines(foreign.text(t))[7]) }, nil, chain, "event 7: it belongs to"},
		{"what cannot follow", func([]string) []string { return lines(impossible.text(t)) }, nil, replay, "event 31: key 300000000000000000000001: API_KEY_CREATED: key 300000000000000000000001 exists"},
		{"a payload of another form", func([]string) []string { return lines(misshapen.text(t)) }, nil, unreadable, "the payload of event 31"},
		{"more events than lie between checkpoints", func([]string) []string { return lines(sparse.text(t)) }, nil, checkpoint, "event 1001: more than 1000 events"},
		{"the end is not covered", func(l []string) []string { return l[:60] }, []audit.Option{audit.AllCovered()}, checkpoint, "event 57: no checkpoint was signed for it yet"},
		{"a line that is too long", func([]string) []string { return lines(long(t, latchkey.EventOrgRenamed).text(t)) }, nil, unreadable, "longer than 1048576 bytes"},
		{"a header that is written to the terminal", replace(0, string(stateOrg), `\u001b[2J`), nil, unreadable, `"\x1b[2J" is no id`},
		{"white space", replace(7, `,"id"`, `, "id"`), nil, unreadable, "line 8: no line of an export"},
		{"carriage return", replace(7, "}\n", "}\r\n"), nil, unreadable, "line 8"},
		{"empty line", func(l []string) []string { return insert(l, 7, "\n") }, nil, unreadable, "line 8"},
		{"line feed missing at the end", replace(63, "}\n", "}"), nil, unreadable, "the last line is not complete"},
		{"something after the end", func(l []string) []string { return append(l, "x") }, nil, unreadable, "the last line is not complete"},
		{"checkpoint taken away", func(l []string) []string { return remove(l, 26) }, nil, checkpoint, "event 50: its checkpoint follows one at event 25, but the one before it is at event 0"},
		{"checkpoint twice", func(l []string) []string { return insert(l, 26, l[26]) }, nil, checkpoint, "event 25: its checkpoint follows one at event 0, but"},
		{"checkpoint moved", func(l []string) []string { return insert(remove(l, 26), 28, l[26]) }, nil, checkpoint, "event 25: its checkpoint does not come right after it"},
		{"checkpoint of a missing event", func(l []string) []string { return append(l[:20], l[26]) }, nil, checkpoint, "event 25: a checkpoint was signed for it, but it is not there"},
		{"checkpoint of another organization", func(l []string) []string { return insert(remove(l, 26), 26, lines(foreign.text(t))[26]) }, nil, checkpoint, "belongs to organization"},
		{"checkpoint's time changed", replace(26, `"created":1`, `"created":2`), nil, checkpoint, "was not signed with a key"},
		{"checkpoint's previous one changed", replace(26, `"previous":0`, `"previous":1`), nil, checkpoint, "event 25: its checkpoint follows one at event 1"},
		{"no checkpoint", func(l []string) []string { return l[:20] }, nil, checkpoint, "nothing vouches for the events"},
		{"cut off", func(l []string) []string { return l[:27] }, []audit.Option{audit.Containing(whole.newest())}, checkpoint,
			"event 60: the checkpoint that was given was signed for it, but the export ends at event 25"},
		{"newest checkpoint taken away", func(l []string) []string { return l[:63] }, []audit.Option{audit.Containing(whole.newest())}, checkpoint,
			"event 60: the checkpoint that was given is not in the export"},
		{"checkpoint of another organization given", same, []audit.Option{audit.Containing(foreign.newest())}, checkpoint, "belongs to organization 100000000000000000000002"},
		{"forged checkpoint given", same, []audit.Option{audit.Containing(latchkey.Checkpoint{OrgID: stateOrg, Seq: 60, Signature: make([]byte, 64)})}, checkpoint,
			"the checkpoint that was given, of signer 0, was not signed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			changed := strings.Join(test.change(lines(whole.text(t))), "")
			report := verifyExport(t, []byte(changed), test.options...)
			if report.OK() || report.Covered != 0 || report.Newest != nil {
				t.Fatalf("not found: %+v", report)
			}
			for _, f := range report.Findings {
				if f.Kind == test.kind && strings.Contains(f.String(), test.text) {
					return
				}
			}
			t.Errorf("no finding of kind %q with %q; findings:\n%v", test.kind, test.text, report.Findings)
		})
	}
}

// lines returns the lines with their line feeds.
func lines(text []byte) []string {
	l := strings.SplitAfter(string(text), "\n")
	return l[:len(l)-1]
}

func same(l []string) []string { return l }

func remove(l []string, i int) []string { return append(append([]string{}, l[:i]...), l[i+1:]...) }

func insert(l []string, i int, line string) []string {
	return append(append(append([]string{}, l[:i]...), line), l[i:]...)
}

func replace(i int, old, text string) func([]string) []string {
	return func(l []string) []string {
		l[i] = strings.Replace(l[i], old, text, 1)
		return l
	}
}

func TestWrongKey(t *testing.T) {
	text := chainOf(t, stateOrg, 30, 25).text(t)
	other := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)).Public().(ed25519.PublicKey)
	for name, keys := range map[string]audit.PublicKeys{"another key": {other}, "no key": {}, "nil": nil} {
		report, err := audit.VerifyExport(context.Background(), bytes.NewReader(text), keys)
		if err != nil || report.OK() {
			t.Errorf("%s: %+v %v; want a finding", name, report, err)
		}
	}
	report, err := audit.VerifyExport(context.Background(), bytes.NewReader(text), audit.PublicKeys{other, testKeys()[0]})
	if err != nil || !report.OK() {
		t.Errorf("with the right key behind another one: %+v %v", report, err)
	}
}

// long is a chain whose last event, of that type, is longer than most may be.
func long(t *testing.T, kind latchkey.EventType) *script {
	t.Helper()
	s := chainOf(t, stateOrg, 30, 25)
	s.append(t, event(kind, stateProject, "", latchkey.Change{Name: ptr(strings.Repeat("x", 2<<20))}))
	s.sign()
	return s
}

// TestLongLines holds that only the event of a deleted project may be long.
func TestLongLines(t *testing.T) {
	report := verifyExport(t, long(t, latchkey.EventProjectDeleted).text(t))
	if len(report.Findings) != 1 || report.Findings[0].Kind != audit.KindReplay { // it does not list who had roles
		t.Errorf("findings: %v; want that the long line was replayed", report.Findings)
	}
}

// TestNothingSigned holds that an event that no signature vouches for costs
// little more than its line.
func TestNothingSigned(t *testing.T) {
	s := chainOf(t, stateOrg, 30, 25)
	s.append(t, event(latchkey.EventAccountCreated, "", "mdb_sa_id_aaaaaaaaaaaaaaaaaaaaaaaa", latchkey.Change{}))
	s.reseal(t, `{"secrets":[`+strings.Repeat("{},", 300_000)+`{}]}`)
	text := s.text(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	report := verifyExport(t, text)
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 10*uint64(len(text)) {
		t.Errorf("%d bytes were allocated for an export of %d", grown, len(text))
	}
	if !report.OK() || report.Covered != 30 || report.Last != 31 {
		t.Errorf("report = %+v", report)
	}
}

// TestNothingForTerminals holds that what an export says reaches a terminal as
// plain text only.
func TestNothingForTerminals(t *testing.T) {
	const evil = "\x1b[2J\u009b\u202eok: "
	s := chainOf(t, stateOrg, 30, 25)
	e := event(latchkey.EventKeyRolesChanged, evil, evil, latchkey.Change{OrgRoles: []string{evil + strings.Repeat("x", 100_000)}})
	s.append(t, e)
	s.sign()
	changed := lines(s.text(t))
	foreign := chainOf(t, "100000000000000000000002", 4, 4)
	foreign.lines[2].Event.OrgID = evil
	changed = append(changed, string(appendLine(t, nil, foreign.lines[2])))
	report := verifyExport(t, []byte(strings.Join(changed, "")))
	if len(report.Findings) < 2 {
		t.Fatalf("findings: %v", report.Findings)
	}
	out, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{reportText(t, report), string(out)} {
		if len(text) > 10_000 || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' }) {
			t.Errorf("%d bytes with characters that terminals obey: %.2000q", len(text), text)
		}
	}
}

// TestPartsJoin verifies an export part by part, each with the checkpoint that
// the one before it ended with.
func TestPartsJoin(t *testing.T) {
	s := chainOf(t, stateOrg, 60, 25)
	all := lines(s.text(t))
	at := *s.lines[26].Checkpoint // of event 25
	part := func(first int64, from int) []byte {
		return []byte(string(audit.AppendHeader(nil, &audit.Header{Org: stateOrg, First: first})) + strings.Join(all[from:], ""))
	}
	report := verifyExport(t, part(26, 27), audit.From(26), audit.Containing(at))
	if !report.OK() || report.Anchored || !strings.Contains(reportText(t, report), "joined: it goes on where the checkpoint that was given is, event 25") {
		t.Errorf("report = %+v\n%s", report, reportText(t, report))
	}
	if report := verifyExport(t, part(26, 27), audit.From(26), audit.Containing(at, s.newest())); !report.OK() || !report.Anchored {
		t.Errorf("with the newest checkpoint, too: %+v", report)
	}
	sibling := chainOf(t, stateOrg, 24, 30)
	sibling.append(t, event(latchkey.EventOrgRenamed, "", "", latchkey.Change{Name: ptr("sibling")}))
	sibling.sign()
	if report := verifyExport(t, part(26, 27), audit.From(26), audit.Containing(sibling.newest())); report.OK() {
		t.Error("a part is joined to another chain")
	}
	whole := string(part(20, 20))
	for name, left := range map[string]string{"checkpoint": all[26], "everything up to a checkpoint": strings.Join(all[20:27], "")} {
		if report := verifyExport(t, []byte(strings.Replace(whole, left, "", 1)), audit.From(20)); report.OK() {
			t.Errorf("%s left out: not found", name)
		}
	}
	// What was left out before the first event that is there is told by the number
	// of the checkpoint before, even by somebody who chooses that event.
	header := string(audit.AppendHeader(nil, &audit.Header{Org: stateOrg, First: 20}))
	renumbered := strings.Replace(strings.Join(all[27:], ""), `"seq":26,`, `"seq":20,`, 1)
	if report := verifyExport(t, []byte(header+renumbered), audit.From(20)); report.OK() {
		t.Error("events left out at the beginning: not found")
	}
}

// TestPartialExport verifies an export that does not begin with the first event.
func TestPartialExport(t *testing.T) {
	all := lines(chainOf(t, stateOrg, 60, 25).text(t))
	header := string(audit.AppendHeader(nil, &audit.Header{Org: stateOrg, First: 30}))
	part := header + strings.Join(all[31:], "")
	report := verifyExport(t, []byte(part), audit.From(30))
	if !report.OK() || report.First != 30 || report.Covered != 60 || report.Replayed {
		t.Errorf("report = %+v", report)
	}
	if got := reportText(t, report); !strings.Contains(got, "not replayed") {
		t.Errorf("text = %s", got)
	}
	part = strings.Replace(part, `"operation":"u`, `"operation":"v`, 1)
	if report := verifyExport(t, []byte(part), audit.From(30)); report.OK() {
		t.Error("a change is not found")
	}
}

func TestVerifyExportFails(t *testing.T) {
	broken := errors.New("broken")
	_, err := audit.VerifyExport(context.Background(), iotest.ErrReader(broken), testKeys())
	if !errors.Is(err, broken) {
		t.Errorf("err = %v; want that of the reader", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := audit.VerifyExport(ctx, bytes.NewReader(chainOf(t, stateOrg, 1100, 2000).text(t)), testKeys()); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v; want that of the context", err)
	}
	endless := io.MultiReader(strings.NewReader(`{"line":"header`), iotest.OneByteReader(strings.NewReader("x")), &zeros{n: 100 << 20})
	report, err := audit.VerifyExport(context.Background(), endless, testKeys())
	if err != nil || report.OK() || !strings.Contains(report.Findings[0].What, "longer than") {
		t.Errorf("%v %v; want that the line is too long", report.Findings, err)
	}
}

// zeros is n zeros.
type zeros struct{ n int }

func (z *zeros) Read(b []byte) (int, error) {
	if z.n <= 0 {
		return 0, io.EOF
	}
	b = b[:min(len(b), z.n)]
	clear(b)
	z.n -= len(b)
	return len(b), nil
}

// BenchmarkVerifyExport verifies an export of LATCHKEY_EXPORT_EVENTS events,
// 100,000 without it.
func BenchmarkVerifyExport(b *testing.B) {
	n := 100_000
	if text := os.Getenv("LATCHKEY_EXPORT_EVENTS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	s := chainOf(b, stateOrg, n, 1000)
	text := s.text(b)
	kept := s.newest()
	s = nil
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if report := verifyExport(b, text, audit.Containing(kept)); !report.OK() || report.Events != int64(n) {
			b.Fatalf("%+v", report)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/event")
}
