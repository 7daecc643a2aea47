package audit_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/audit"
	"github.com/latchkey/latchkey/internal/store/sqlstore"
)

// reading opens the data for reading.
func reading(t testing.TB, dir string) *sqlstore.Store {
	t.Helper()
	store, err := sqlstore.OpenReadOnly(dir, sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func export(t testing.TB, store latchkey.Store, org latchkey.OrgID, first int64) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := audit.Export(context.Background(), store, org, first, &b, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestExport(t *testing.T) {
	dir, h := sample(t, 2100) // more than two pages, and checkpoints of every thousandth event
	store := reading(t, dir)
	var b bytes.Buffer
	var told []int64
	out, err := audit.Export(context.Background(), store, h.org, 1, &b, func(seq, newest int64) { told = append(told, seq, newest) })
	if err != nil {
		t.Fatal(err)
	}
	if out.First != 1 || out.Last < 2100 || out.Checkpoints < 4 || len(told) < 6 || told[len(told)-1] != out.Last || told[len(told)-2] != out.Last {
		t.Errorf("wrote %+v, told %v", out, told)
	}
	report := verifyExport(t, b.Bytes(), audit.Containing(lastCheckpoint(t, dir, h.org)))
	if !report.OK() || report.Events != out.Last || report.Checkpoints != out.Checkpoints || !report.Replayed {
		t.Errorf("report = %+v", report)
	}
	for _, at := range []string{`"line":"checkpoint","orgId":"` + string(h.org) + `","seq":1000,`, `"line":"checkpoint","orgId":"` + string(h.org) + `","seq":2000,`} {
		if !bytes.Contains(b.Bytes(), []byte(at)) {
			t.Errorf("no %s", at)
		}
	}
	for _, first := range []int64{2, 999, 1000, 1001, out.Last} {
		part := export(t, store, h.org, first)
		if report := verifyExport(t, part, audit.From(first)); first < out.Last && (!report.OK() || report.First != first || report.Last != out.Last) {
			t.Errorf("from %d: %+v", first, report)
		}
		if !strings.HasSuffix(b.String(), strings.Join(lines(part)[1:], "")) {
			t.Errorf("from %d: not the end of the whole export", first)
		}
	}
}

func TestExportRefuses(t *testing.T) {
	dir, h := sample(t, 1)
	store := reading(t, dir)
	ctx := context.Background()
	for name, ask := range map[string]struct {
		org   latchkey.OrgID
		first int64
	}{"unknown organization": {"000000000000000000000000", 1}, "event that is not there yet": {h.other, 6}, "event zero": {h.other, 0}} {
		var b bytes.Buffer
		if _, err := audit.Export(ctx, store, ask.org, ask.first, &b, nil); !errors.Is(err, latchkey.ErrNotFound) || b.Len() > 0 {
			t.Errorf("%s: %v, %q; want ErrNotFound and nothing written", name, err, &b)
		}
		path := filepath.Join(t.TempDir(), "out")
		if ask.first == 0 {
			continue // to a file that means that of the file
		}
		if _, err := audit.ExportFile(ctx, store, ask.org, ask.first, path, nil); !errors.Is(err, latchkey.ErrNotFound) {
			t.Errorf("%s: %v; want ErrNotFound", name, err)
		}
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v; want no file", name, err)
		}
	}
	broken := errors.New("broken")
	if _, err := audit.Export(ctx, store, h.org, 1, failing{broken}, nil); !errors.Is(err, broken) {
		t.Errorf("%v; want the error of the writer", err)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := audit.Export(gone, store, h.org, 1, io.Discard, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v; want that of the context", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// TestExportOfBrokenChain holds that an export never carries what is not whole,
// and keeps what came before it.
func TestExportOfBrokenChain(t *testing.T) {
	whole, h := sample(t, 1)
	for name, statements := range map[string]string{
		"event changed":       `UPDATE event SET operation = 'x' WHERE org_id = 'ORG' AND seq = 4`,
		"event gone":          `DELETE FROM event WHERE org_id = 'ORG' AND seq = 4`,
		"tail gone":           `DELETE FROM event WHERE org_id = 'ORG' AND seq >= 4`,
		"checkpoint of other": `UPDATE checkpoint SET hash = zeroblob(32) WHERE org_id = 'ORG'`,
	} {
		dir := copyDir(t, whole)
		tamper(t, dir, strings.ReplaceAll(statements, "'ORG'", "'"+string(h.other)+"'"))
		var b bytes.Buffer
		out, err := audit.Export(context.Background(), reading(t, dir), h.other, 1, &b, nil)
		if !errors.Is(err, audit.ErrChainBroken) || out.Last < 3 {
			t.Errorf("%s: %+v, %v; want ErrChainBroken after event 3", name, out, err)
		}
		if report := verifyExport(t, b.Bytes()); report.Last != out.Last || report.Events < 3 {
			t.Errorf("%s: what was written is %+v", name, report)
		}
	}
}

// TestResume cuts an export off, everywhere in its header, around its first and
// last lines and here and there between, and wants the same export when it is
// continued.
func TestResume(t *testing.T) {
	dir, h := sample(t, 1)
	store := reading(t, dir)
	whole := export(t, store, h.org, 1)
	l := lines(whole)
	header, second, last := len(l[0]), len(l[0])+len(l[1]), len(whole)-len(l[len(l)-1])
	near := func(cut, end int) bool { return cut >= end-2 && cut <= end+2 }
	path := filepath.Join(t.TempDir(), "export")
	for cut := range len(whole) + 1 {
		if cut > header+2 && !near(cut, second) && !near(cut, last) && !near(cut, len(whole)) && cut%1009 != 0 {
			continue
		}
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := audit.ExportFile(context.Background(), store, h.org, 0, path, nil)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, whole) {
			t.Fatalf("cut at %d of %d: %v, another export of %d bytes; wrote %+v", cut, len(whole), err, len(got), out)
		}
		if cut == len(whole) && (out.Last != out.First-1 || out.Checkpoints != 0) {
			t.Errorf("nothing new: wrote %+v", out)
		}
	}
}

// TestResumeWithNews continues an export while changes are made.
func TestResumeWithNews(t *testing.T) {
	dir, path := t.TempDir(), filepath.Join(t.TempDir(), "export")
	h := newHome(t, dir)
	store := reading(t, dir)
	ctx := context.Background()
	if _, err := audit.ExportFile(ctx, store, h.org, 0, path, nil); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.fill(300)
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		if _, err := audit.ExportFile(ctx, store, h.org, 1, path, nil); err != nil {
			t.Fatal(err)
		}
	}
	h.signCheckpoints() // after the last event was exported
	out, err := audit.ExportFile(ctx, store, h.org, 0, path, nil)
	if err != nil || out.Last != out.First-1 || out.Checkpoints != 1 {
		t.Errorf("after another checkpoint: %+v, %v; want that alone", out, err)
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, export(t, store, h.org, 1)) {
		t.Errorf("%v; the export differs from one that was made at once", err)
	}
	if report := verifyExport(t, got, audit.Containing(lastCheckpoint(t, dir, h.org))); !report.OK() || report.Covered != report.Last {
		t.Errorf("report = %+v", report)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// TestNotContinued holds that a file that is not the beginning of this data's
// export stays as it is.
func TestNotContinued(t *testing.T) {
	dir, h := sample(t, 1)
	store := reading(t, dir)
	whole, foreign := string(export(t, store, h.org, 1)), string(export(t, store, h.other, 1))
	l := lines([]byte(whole))
	last := l[len(l)-1]
	for name, test := range map[string]struct {
		text  string
		first int64
		want  string
	}{
		"something else":           {"my diary\nday one\n", 0, "no export"},
		"something without a line": {"my diary", 0, "no export"},
		"a long line":              {strings.Repeat("x", 1<<20), 0, "no export"},
		"a line that is an event":  {l[1], 0, "no export"},
		"another organization's":   {foreign, 0, "an export of organization " + string(h.other)},
		"a later beginning":        {whole, 7, "begins with event 1, not with 7"},
		"another event at its end": {strings.Join(l[:5], "") + flipHash(l[5]), 0, "is not what the data says"},
		"another checkpoint":       {whole[:len(whole)-len(last)] + flipHash(last), 0, "is not what the data says"},
		"a changed last line":      {whole[:len(whole)-2] + " }\n", 0, "is not what the data says"},
		"no last line":             {whole + "x\n", 0, "its last line was changed"},
		"two headers":              {whole + l[0], 0, "two headers"},
		"more than the data has":   {whole + strings.Replace(last, `"seq":`, `"seq":1`, 1), 0, "which the data does not have"},
		"a first event too high":   {string(audit.AppendHeader(nil, &audit.Header{Org: h.org, First: 1 << 40})), 0, "no such event"},
	} {
		path := filepath.Join(t.TempDir(), "export")
		if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := audit.ExportFile(context.Background(), store, h.org, test.first, path, nil)
		if !errors.Is(err, audit.ErrAnotherExport) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v; want ErrAnotherExport with %q", name, err, test.want)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != test.text {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

// flipHash changes the first digit of the line's hash.
func flipHash(line string) string {
	i := strings.Index(line, `"hash":"`) + len(`"hash":"`)
	digit := "0"
	if line[i] == '0' {
		digit = "1"
	}
	return line[:i] + digit + line[i+1:]
}

// TestForeignFileStays holds that a failed export deletes no file that it did
// not make.
func TestForeignFileStays(t *testing.T) {
	dir, _ := sample(t, 1)
	store := reading(t, dir)
	const nobody = latchkey.OrgID("000000000000000000000000")
	at := t.TempDir()
	empty, linked, made := filepath.Join(at, "empty"), filepath.Join(at, "linked"), filepath.Join(at, "made")
	if err := errors.Join(os.WriteFile(empty, nil, 0o600), os.Symlink(empty, linked)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{empty, linked, made} {
		if _, err := audit.ExportFile(context.Background(), store, nobody, 0, path, nil); !errors.Is(err, latchkey.ErrNotFound) {
			t.Errorf("%s: %v; want ErrNotFound", path, err)
		}
		if _, err := os.Lstat(path); (err == nil) != (path != made) {
			t.Errorf("%s afterwards: %v", path, err)
		}
	}
}

// TestLongTail holds that a file without line feeds is not read as a whole.
func TestLongTail(t *testing.T) {
	dir, h := sample(t, 1)
	store := reading(t, dir)
	path := filepath.Join(t.TempDir(), "export")
	text := audit.AppendHeader(nil, &audit.Header{Org: h.org, First: 1})
	if err := errors.Join(os.WriteFile(path, append(text, "x\n"...), 0o600), os.Truncate(path, 1<<30)); err != nil {
		t.Fatal(err)
	}
	_, err := audit.ExportFile(context.Background(), store, h.org, 0, path, nil)
	if !errors.Is(err, audit.ErrAnotherExport) || !strings.Contains(err.Error(), "longer than any line") {
		t.Errorf("%v; want that the last line is too long", err)
	}
}

// TestExportCountsWhatIsWritten cuts the writer off, and wants the export to say
// what is there.
func TestExportCountsWhatIsWritten(t *testing.T) {
	dir, h := sample(t, 30)
	store := reading(t, dir)
	whole := export(t, store, h.org, 1)
	for limit := 0; limit < len(whole); limit += 997 {
		full := &cutWriter{limit: limit}
		out, err := audit.Export(context.Background(), store, h.org, 1, full, nil)
		if !errors.Is(err, errFull) {
			t.Fatalf("after %d bytes: %v", limit, err)
		}
		events := bytes.Count(whole[:limit], []byte("\n{\"line\":\"event\"")) // begun
		signed := bytes.Count(whole[:limit], []byte("\n{\"line\":\"checkpoint\""))
		if limit > 0 && whole[limit-1] != '\n' { // the last line is not complete
			last := whole[bytes.LastIndexByte(whole[:limit], '\n')+1 : limit]
			switch {
			case bytes.HasPrefix(last, []byte(`{"line":"event"`)):
				events--
			case bytes.HasPrefix(last, []byte(`{"line":"checkpoint"`)):
				signed--
			}
		}
		if out.Last != int64(events) || out.Checkpoints != signed {
			t.Errorf("after %d bytes: wrote %+v; want %d events and %d checkpoints", limit, out, events, signed)
		}
	}
}

var errFull = errors.New("full")

// cutWriter takes so many bytes.
type cutWriter struct{ limit int }

func (c *cutWriter) Write(b []byte) (int, error) {
	n := min(len(b), c.limit)
	c.limit -= n
	if n < len(b) {
		return n, errFull
	}
	return n, nil
}

func TestExportFileFails(t *testing.T) {
	dir, h := sample(t, 1)
	store := reading(t, dir)
	ctx := context.Background()
	if _, err := audit.ExportFile(ctx, store, h.org, 0, filepath.Join(t.TempDir(), "none", "export"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v; want that the directory is not there", err)
	}
	if _, err := audit.ExportFile(ctx, store, h.org, 0, os.DevNull, nil); !errors.Is(err, audit.ErrAnotherExport) || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("%v; want that it is no regular file", err)
	}
	path := filepath.Join(t.TempDir(), "export")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if _, err := audit.ExportFile(ctx, store, h.org, 0, path, nil); !errors.Is(err, audit.ErrAnotherExport) || !strings.Contains(err.Error(), "another export writes to it") {
		t.Errorf("%v; want that another export writes to it", err)
	}
}
