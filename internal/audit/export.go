package audit

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/latchkey/latchkey"
)

// Progress is told how far an export is: the number of the last event that was
// written, and that of the newest there is.
type Progress func(seq, newest int64)

// Exported says what an export wrote.
type Exported struct {
	First, Last int64 // the numbers of the events; Last is below First if there was none
	Checkpoints int
}

// Errors of exports.
var (
	// ErrChainBroken is wrapped when the data is not what was recorded; what
	// came before that was written.
	ErrChainBroken = errors.New("the chain is broken here: run latchkey audit verify")
	// ErrAnotherExport is wrapped when a file cannot be continued with this data.
	ErrAnotherExport = errors.New("the file cannot be continued with this data")
)

// exporter writes the lines of one organization's chain.
type exporter struct {
	org   latchkey.OrgID
	store latchkey.Store
	told  Progress
	w     *bufio.Writer
	sunk  *counter // what w writes to
	line  []byte

	at    place
	check chain // of the links between the events that are written
	out   Exported
	made  int64    // how many bytes the lines so far have
	owed  []lineAt // of the lines of this page
}

// lineAt is where a line ends that was given to the buffer, and what it is of.
type lineAt struct {
	end        int64
	seq        int64
	checkpoint bool
}

// counter counts what was written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// Export writes the events of the organization from the number first on, and
// the checkpoints that were signed for them, as lines with a header before them.
// It reads page by page, so the organization may be in use meanwhile; what is
// recorded before the last page is read is in it.
//
// It returns latchkey.ErrNotFound when the organization has no such event,
// ErrChainBroken, the errors of the store, of w and of the context.
func Export(ctx context.Context, store latchkey.Store, org latchkey.OrgID, first int64, w io.Writer, told Progress) (Exported, error) {
	x := newExporter(store, org, w, told)
	if err := x.begin(ctx, first); err != nil {
		return x.out, err
	}
	n, err := x.w.Write(AppendHeader(nil, &Header{org, first}))
	if err != nil {
		return x.out, err
	}
	x.made = int64(n)
	err = x.run(ctx)
	return x.out, err
}

func newExporter(store latchkey.Store, org latchkey.OrgID, w io.Writer, told Progress) *exporter {
	sunk := &counter{w: w}
	return &exporter{org: org, store: store, told: told, sunk: sunk, w: bufio.NewWriterSize(sunk, 1<<20)}
}

// begin puts the exporter before the event with the number first.
func (x *exporter) begin(ctx context.Context, first int64) error {
	if first < 1 {
		return fmt.Errorf("event %d: %w", first, latchkey.ErrNotFound)
	}
	x.at = place{first - 1, first - 1}
	x.check = newChain(x.org, nil, nil)
	x.check.stopped = true // links only
	x.check.last = first - 1
	if first > 1 {
		x.check.first, x.check.lastSigned = first, -1
	}
	x.out = Exported{First: first, Last: first - 1}
	return x.store.View(ctx, func(r latchkey.Reader) error {
		events, err := r.Events(x.org, max(0, first-2), 2)
		switch {
		case err != nil:
			return err
		case first > 1 && len(events) > 0 && events[0].Seq == first-1:
			x.check.prev = events[0].Hash
			events = events[1:]
		}
		if len(events) == 0 {
			return fmt.Errorf("event %d: %w", first, latchkey.ErrNotFound)
		}
		return nil
	})
}

// run writes all that follows on the place.
func (x *exporter) run(ctx context.Context) error {
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return errors.Join(err, x.flush())
		}
		var page []Line
		var newest int64
		err := x.store.View(ctx, func(r latchkey.Reader) (err error) {
			if newest, _, err = r.ChainHead(x.org); err != nil {
				return err
			}
			page, more, err = nextPage(r, x.org, &x.at)
			return err
		})
		for i := 0; err == nil && i < len(page); i++ {
			err = x.write(page[i])
		}
		if err = errors.Join(err, x.flush()); err != nil {
			return err
		}
		if x.told != nil {
			x.told(x.out.Last, newest)
		}
	}
	return x.flush()
}

// flush writes what is in the buffer, and counts the lines that went out whole.
func (x *exporter) flush() error {
	err := x.w.Flush()
	for _, l := range x.owed {
		switch {
		case l.end > x.sunk.n:
		case l.checkpoint:
			x.out.Checkpoints++
		default:
			x.out.Last = l.seq
		}
	}
	x.owed = x.owed[:0]
	return err
}

// write writes one line, if it follows on those before it.
func (x *exporter) write(l Line) error {
	x.check.line(l)
	if len(x.check.findings) > 0 {
		return fmt.Errorf("%s: %w", x.check.findings[0], ErrChainBroken)
	}
	x.line = x.line[:0]
	var err error
	if l.Event != nil {
		x.line, err = AppendEvent(x.line, l.Event)
	} else {
		x.line = AppendCheckpoint(x.line, l.Checkpoint)
	}
	if err != nil {
		return err
	}
	x.made += int64(len(x.line))
	at := lineAt{end: x.made, checkpoint: l.Event == nil}
	if l.Event != nil {
		at.seq = l.Event.Seq
	}
	x.owed = append(x.owed, at)
	_, err = x.w.Write(x.line)
	return err
}
