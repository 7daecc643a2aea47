package audit

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/latchkey/latchkey"
)

// VerifyExport checks an export by itself, without the data that it was made
// of: that it has the one form that exports have, to the byte; that its events
// are numbered without a gap, chained by their hashes and can follow on one
// another; and that its checkpoints are complete and signed with one of the
// keys, which must come from elsewhere than the export.
//
// What is wrong is in the report, and what the report calls Covered is all that
// is vouched for: events after the last checkpoint hang together, but are signed
// by nothing, and lines that were cut off after a checkpoint are missed only if
// Containing names a later one. Events are played again only once a signature
// vouches for them, so that an export that somebody made up costs what it is long
// and no more. The error is that of r or of the context.
func VerifyExport(ctx context.Context, r io.Reader, keys PublicKeys, list ...Option) (ExportReport, error) {
	o := chosen(list)
	if keys == nil {
		keys = PublicKeys{}
	}
	x := exportVerification{chain: newChain("", keys, nil), asked: o}
	lines := lineReader{r: bufio.NewReaderSize(r, readBuffer)}
	for n := int64(1); ; n++ {
		if n%eventPage == 0 && ctx.Err() != nil {
			return x.report(), ctx.Err()
		}
		text, err := lines.next()
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, errTorn) && !errors.Is(err, errTooLong) {
			return x.report(), err
		}
		var line Line
		if err == nil {
			line, err = parseUnread(text)
		}
		if err == nil {
			err = x.take(line, n)
		}
		if err != nil {
			x.find(Finding{Kind: KindUnreadable, Line: n, What: err.Error() + "; nothing further was looked at"})
			x.stopped, x.cut = true, true
			break
		}
	}
	x.end()
	return x.report(), nil
}

// readBuffer holds most lines of an export whole.
const readBuffer = 16 << 10

// exportVerification is that of one export.
type exportVerification struct {
	chain
	asked  options
	header *Header
	cut    bool                 // whether it was not read to its end
	joined *latchkey.Checkpoint // that was kept of the event before the first one; nil for none

	pending  []latchkey.Event // since the last checkpoint, not replayed yet
	payloads []byte           // of those
}

// maxPending is how many bytes the payloads between two checkpoints may have. A
// project with all the roles in it is a few megabytes.
const maxPending = 128 << 20

// take takes the line with that number.
func (x *exportVerification) take(line Line, n int64) error {
	switch {
	case n == 1 && line.Header != nil:
		x.begin(line.Header)
		return nil
	case n == 1:
		return fmt.Errorf("%w: the first line is no header", ErrNotALine)
	case line.Header != nil:
		return fmt.Errorf("%w: a header that is not the first line", ErrNotALine)
	}
	if line.Event == nil {
		return x.signed(line.Checkpoint)
	}
	if x.events == 0 && x.joined == nil && x.header.First > 1 && line.Event.Seq == x.header.First {
		x.prev = line.Event.PrevHash // of an event that is not here
	}
	if x.linked(line.Event) && !x.stopped {
		x.hold(line.Event)
	}
	return nil
}

// hold keeps an event until a checkpoint vouches for it.
func (x *exportVerification) hold(e *latchkey.Event) {
	if len(x.pending) >= checkpointEvery || len(x.payloads)+len(e.Payload) > maxPending {
		x.find(Finding{Kind: KindCheckpoint, Seq: e.Seq, What: fmt.Sprintf(
			"more than %d events, or %d bytes of them, have no checkpoint before it: checkpoints were taken away; nothing from there on was replayed", checkpointEvery, maxPending)})
		x.stopped, x.pending, x.payloads = true, nil, nil
		return
	}
	held := *e
	at := len(x.payloads)
	x.payloads = append(x.payloads, e.Payload...)
	held.Payload = x.payloads[at:len(x.payloads):len(x.payloads)]
	x.pending = append(x.pending, held)
}

// signed takes a checkpoint, and replays what it vouches for as long as nothing
// is wrong.
func (x *exportVerification) signed(c *latchkey.Checkpoint) error {
	x.checkpoint(c)
	if len(x.findings) > 0 {
		x.stopped = true
	}
	for i := 0; i < len(x.pending) && !x.stopped; i++ {
		e := &x.pending[i]
		if err := readChange(e); err != nil {
			return err
		}
		x.replay(e)
		*e = latchkey.Event{}
	}
	x.pending, x.payloads = x.pending[:0], x.payloads[:0]
	return nil
}

// begin sets the chain to what the header says.
func (x *exportVerification) begin(h *Header) {
	x.header = h
	x.chain = newChain(h.Org, x.keys, x.asked.keep)
	x.first, x.last = h.First, h.First-1
	if len(x.asked.orgs) > 0 && !slices.Contains(x.asked.orgs, h.Org) {
		x.find(Finding{Kind: KindOrganization, What: "this is another organization than the one that was asked for"})
	}
	for _, k := range x.asked.keep {
		if k.OrgID != h.Org {
			x.find(Finding{Kind: KindCheckpoint, Seq: k.Seq, What: fmt.Sprintf("the checkpoint that was given belongs to organization %s", k.OrgID)})
		}
	}
	if h.First > 1 {
		x.stopped, x.lastSigned = true, -1
		x.join()
	}
	if h.First != x.asked.from {
		x.find(Finding{Kind: KindChain, Seq: h.First, What: fmt.Sprintf("the export begins with this event, not with event %d", x.asked.from)})
	}
}

// join makes the export follow on the checkpoint that was kept of the event
// before its first one, if there is one: the end of the part before it.
func (x *exportVerification) join() {
	for i := range x.keep {
		if k := &x.keep[i]; k.Seq == x.header.First-1 && x.keys.signed(k) {
			x.joined, x.keepFound[i] = k, true
			x.prev, x.lastSigned = k.Hash, k.Seq
		}
	}
}

// end checks what can be known after the last line only.
func (x *exportVerification) end() {
	switch {
	case x.cut:
	case x.header == nil:
		x.find(Finding{Kind: KindUnreadable, What: "the export is empty"})
	case x.events == 0:
		x.find(Finding{Kind: KindChain, What: "there are no events"})
	case x.checkpoints == 0:
		x.find(Finding{Kind: KindCheckpoint, What: "there is no checkpoint: nothing vouches for the events; export again when the server has signed one, which takes a minute"})
	}
	if !x.cut && x.header != nil {
		if x.checkpoints > 0 {
			x.covered(x.asked.covered)
		}
		x.kept("the export")
	}
}

// lineReader reads lines with their line feeds.
type lineReader struct {
	r   *bufio.Reader
	buf []byte
}

// How long lines may be. Only the event of a deleted project names every
// principal that was in it.
const (
	maxLine        = 1 << 20
	maxDeletedLine = 64 << 20
)

var (
	errTorn    = errors.New("the last line is not complete: the export was cut off; latchkey audit export --out with the same file completes it")
	errTooLong = fmt.Errorf("%w: it is longer than %d bytes, or %d if it is about a deleted project", ErrNotALine, maxLine, maxDeletedLine)
)

// tooLong reports whether a line that begins so may not be as long as it is.
func tooLong(line []byte) bool {
	if len(line) <= maxLine {
		return false
	}
	const deleted = typeMember + `"` + string(latchkey.EventProjectDeleted) + `",`
	return len(line) > maxDeletedLine || !bytes.Contains(line[:readBuffer], []byte(deleted))
}

// next returns the next line, which is valid until the next call. It returns
// io.EOF after the last one, errTorn if that has no line feed, errTooLong and
// the errors of the reader.
func (l *lineReader) next() ([]byte, error) {
	part, err := l.r.ReadSlice('\n')
	if err == nil {
		return part, nil
	}
	l.buf = append(l.buf[:0], part...)
	for errors.Is(err, bufio.ErrBufferFull) && !tooLong(l.buf) {
		part, err = l.r.ReadSlice('\n')
		l.buf = append(l.buf, part...)
	}
	switch {
	case tooLong(l.buf):
		return nil, errTooLong
	case err == io.EOF && len(l.buf) == 0:
		return nil, io.EOF
	case err == io.EOF:
		return nil, errTorn
	case err != nil:
		return nil, err
	}
	return l.buf, nil
}
