package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/latchkey/latchkey"
)

// exportMode is the mode of a new export: it tells who may do what.
const exportMode = 0o600

// ExportFile is Export to a file. If the file is an export of that organization
// already, it is continued: its last line must be that of the data, and only
// what is newer is written. A last line that is not complete, because an export
// was cut off there, is written again. So the file is an export at every moment,
// but for such a line.
//
// It also returns ErrAnotherExport, when the file is something else, begins
// with another event or has other events than the data, or another process
// writes to it; then the file stays as it was. A first of 0 is that of the file, or 1.
func ExportFile(ctx context.Context, store latchkey.Store, org latchkey.OrgID, first int64, path string, told Progress) (out Exported, err error) {
	f, isNew, err := openExport(path)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return out, fmt.Errorf("%w: %s: another export writes to it (%w)", ErrAnotherExport, path, err)
	}
	old, err := readTail(f, org, max(first, 1))
	if err != nil {
		return out, fmt.Errorf("%s: %w", path, err)
	}
	if old.end == 0 { // nothing of it can stay
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return out, err
		}
		w := &startOver{f: f}
		if out, err = Export(ctx, store, org, max(first, 1), w, told); err != nil && !w.begun && isNew {
			err = errors.Join(err, os.Remove(path))
		}
	} else {
		if first != 0 && first != old.header.First {
			return out, fmt.Errorf("%w: %s begins with event %d, not with %d", ErrAnotherExport, path, old.header.First, first)
		}
		x := newExporter(store, org, f, told)
		out, err = x.continueFile(ctx, f, old)
	}
	if err == nil {
		err = errors.Join(f.Sync(), syncDirectory(filepath.Dir(path)))
	}
	return out, err
}

// openExport opens a file that an export is written to, and says whether it made
// it: no other file is ever deleted.
func openExport(path string) (f *os.File, isNew bool, err error) {
	f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, exportMode)
	if errors.Is(err, fs.ErrExist) {
		f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, exportMode) // through a link that leads nowhere, too
		return f, false, err
	}
	return f, err == nil, err
}

// startOver empties the file when the first byte for it comes.
type startOver struct {
	f     *os.File
	begun bool
}

func (s *startOver) Write(b []byte) (int, error) {
	if !s.begun {
		if err := s.f.Truncate(0); err != nil {
			return 0, err
		}
		s.begun = true
	}
	return s.f.Write(b)
}

// continueFile checks that the data goes on from the end of the file, and appends.
func (x *exporter) continueFile(ctx context.Context, f *os.File, old tail) (Exported, error) {
	if err := x.begin(ctx, old.header.First); err != nil {
		return x.out, fmt.Errorf("%w: %s: the data has no such event as it begins with: %w", ErrAnotherExport, f.Name(), err)
	}
	if old.seq > 0 {
		event, text, err := x.lineOf(ctx, old)
		switch {
		case err != nil:
			return x.out, err
		case event == nil:
			return x.out, fmt.Errorf("%w: %s goes up to event %d, which the data does not have: was an older copy of the data restored? keep the file, and export to a new one", ErrAnotherExport, f.Name(), old.seq)
		case !bytes.Equal(text, old.text):
			return x.out, fmt.Errorf("%w: the last line of %s, about event %d, is not what the data says: one of them was changed, or an older copy of the data was restored; keep the file, and export to a new one", ErrAnotherExport, f.Name(), old.seq)
		}
		x.at = place{old.seq, old.seq - 1}
		x.check.first, x.check.lastSigned = old.seq+1, -1
		if old.checkpoint {
			x.at.checkpoint = old.seq
			x.check.lastSigned = old.seq
		}
		x.check.last, x.check.prev = old.seq, event.Hash
	}
	x.out = Exported{First: x.at.event + 1, Last: x.at.event}
	if err := f.Truncate(old.end); err != nil {
		return x.out, err
	}
	if _, err := f.Seek(old.end, io.SeekStart); err != nil {
		return x.out, err
	}
	err := x.run(ctx)
	return x.out, err
}

// lineOf returns what the data says where the file ends: the event, nil if it
// is not there, and the line.
func (x *exporter) lineOf(ctx context.Context, old tail) (event *latchkey.Event, text []byte, err error) {
	err = x.store.View(ctx, func(r latchkey.Reader) error {
		events, err := r.Events(x.org, old.seq-1, 1)
		if err != nil || len(events) == 0 || events[0].Seq != old.seq {
			return err
		}
		event = &events[0]
		if !old.checkpoint {
			text, err = AppendEvent(nil, event)
			return err
		}
		checkpoints, err := r.Checkpoints(x.org, old.seq-1, 1)
		if len(checkpoints) > 0 {
			text = AppendCheckpoint(nil, &checkpoints[0])
		}
		return err
	})
	return event, text, err
}

// tail is what the end of an export tells.
type tail struct {
	size       int64 // of the file
	end        int64 // where its last complete line ends; 0 if it has none
	header     Header
	seq        int64  // the number of its last event; 0 if it has none
	checkpoint bool   // whether a checkpoint for that event follows
	text       []byte // the last line
}

// readTail reads the first and the last line of an export of the organization.
func readTail(f *os.File, org latchkey.OrgID, first int64) (tail, error) {
	info, err := f.Stat()
	switch {
	case err != nil:
		return tail{}, err
	case !info.Mode().IsRegular():
		return tail{}, fmt.Errorf("%w: it is no regular file; without --out the export goes to standard output", ErrAnotherExport)
	}
	t := tail{size: info.Size()}
	begin, err := readPart(f, 0, min(t.size, maxHeader))
	if err != nil || t.size == 0 {
		return t, err
	}
	n := bytes.IndexByte(begin, '\n') + 1
	if n == 0 {
		if bytes.HasPrefix(AppendHeader(nil, &Header{org, first}), begin) {
			return t, nil // cut off in the first line
		}
		return t, fmt.Errorf("%w: it is no export", ErrAnotherExport)
	}
	line, err := ParseLine(begin[:n])
	switch {
	case err != nil || line.Header == nil:
		return t, fmt.Errorf("%w: it is no export (%w)", ErrAnotherExport, errors.Join(err))
	case line.Header.Org != org:
		return t, fmt.Errorf("%w: it is an export of organization %s", ErrAnotherExport, line.Header.Org)
	}
	t.header = *line.Header
	var end int64
	t.text, end, err = lastLine(f, t.size)
	if err != nil {
		return t, err
	}
	t.end = end
	if end == int64(n) {
		return t, nil // the header is all
	}
	line, err = ParseLine(t.text)
	switch {
	case err != nil:
		return t, fmt.Errorf("%w: its last line was changed: %w", ErrAnotherExport, err)
	case line.Event != nil:
		t.seq = line.Event.Seq
	case line.Checkpoint != nil:
		t.seq, t.checkpoint = line.Checkpoint.Seq, true
	default:
		return t, fmt.Errorf("%w: it has two headers", ErrAnotherExport)
	}
	return t, nil
}

// maxHeader is more than any header needs.
const maxHeader = 4 << 10

// maxTail holds the longest last line, and one after it that is not complete.
const maxTail = 2*maxDeletedLine + 2

// lastLine returns the last complete line of the file and where it ends.
func lastLine(f *os.File, size int64) (line []byte, end int64, err error) {
	for n := int64(64 << 10); ; n = min(4*n, maxTail) {
		part, err := readPart(f, max(0, size-n), min(size, n))
		if err != nil {
			return nil, 0, err
		}
		stop := bytes.LastIndexByte(part, '\n')
		if start := bytes.LastIndexByte(part[:max(0, stop)], '\n'); stop > 0 && (start >= 0 || n >= size) {
			return part[start+1 : stop+1], max(0, size-n) + int64(stop) + 1, nil
		}
		if n >= size {
			return nil, 0, io.ErrUnexpectedEOF // the file got shorter
		}
		if n == maxTail {
			return nil, 0, fmt.Errorf("%w: its last line is longer than any line of an export", ErrAnotherExport)
		}
	}
}

func readPart(f *os.File, from, n int64) ([]byte, error) {
	part := make([]byte, n)
	_, err := f.ReadAt(part, from)
	return part, err
}

func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
