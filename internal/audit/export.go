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
	line  []byte

	at    place
	check chain // of the links between the events that are written
	out   Exported
}

// Export writes the events of the organization from the number first on, and
// the checkpoints that were signed for them, as lines with a header before them.
// It reads page by page, so the organization may be in use meanwhile; what is
// recorded before the last page is read is in it.
//
// It returns latchkey.ErrNotFound when the organization has no such event,
// ErrChainBroken, the errors of the store, of w and of the context.
func Export(ctx context.Context, store latchkey.Store, org latchkey.OrgID, first int64, w io.Writer, told Progress) (Exported, error) {
	x := exporter{org: org, store: store, told: told, w: newWriter(w)}
	if err := x.begin(ctx, first); err != nil {
		return x.out, err
	}
	if _, err := x.w.Write(AppendHeader(nil, &Header{org, first})); err != nil {
		return x.out, err
	}
	err := x.run(ctx)
	return x.out, err
}

func newWriter(w io.Writer) *bufio.Writer { return bufio.NewWriterSize(w, 1<<20) }

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
		x.check.lastSigned = -1
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
			return errors.Join(err, x.w.Flush())
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
		if err != nil {
			return errors.Join(err, x.w.Flush())
		}
		if x.told != nil {
			x.told(x.out.Last, newest)
		}
	}
	return x.w.Flush()
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
	if err == nil {
		_, err = x.w.Write(x.line)
	}
	if err != nil {
		return err
	}
	if l.Event != nil {
		x.out.Last = l.Event.Seq
	} else {
		x.out.Checkpoints++
	}
	return nil
}
