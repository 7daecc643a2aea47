package sqlstore

import (
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey/latchkey"
)

// Events reads a part of the organization's chain, in order.
func (r *reader) Events(org latchkey.OrgID, after int64, limit int) ([]latchkey.Event, error) {
	var list []latchkey.Event
	err := r.rows(qEvents, []any{string(org), after, limit}, func(rows *sql.Rows) error {
		var (
			e          latchkey.Event
			created    int64
			prev, hash sql.RawBytes
		)
		err := rows.Scan((*string)(&e.OrgID), &e.Seq, (*string)(&e.ID), &created, (*string)(&e.Type),
			(*string)(&e.Source), &e.Operation, (*string)(&e.CallerID), (*string)(&e.CallerPublicKey),
			&e.RemoteAddress, (*string)(&e.ProjectID), (*string)(&e.TargetID), (*string)(&e.TargetPublicKey),
			&prev, &hash, &e.Payload)
		if err != nil {
			return err
		}
		e.Created = fromMillis(created)
		if len(prev) != sha256.Size || len(hash) != sha256.Size {
			return fmt.Errorf("%w: hashes of event %d", latchkey.ErrCorrupt, e.Seq)
		}
		copy(e.PrevHash[:], prev)
		copy(e.Hash[:], hash)
		if err := json.Unmarshal(e.Payload, &e.Change); err != nil {
			return fmt.Errorf("%w: payload of event %d: %w", latchkey.ErrCorrupt, e.Seq, err)
		}
		list = append(list, e)
		return nil
	})
	return list, err
}

// AppendEvent numbers, seals and stores the event. An event without a time
// gets that of now.
func (t *tx) AppendEvent(e *latchkey.Event) error {
	var (
		last int64
		hash []byte
		prev [sha256.Size]byte
	)
	switch err := t.row(qChainHead, []any{string(e.OrgID)}, &last, &hash); {
	case errors.Is(err, latchkey.ErrNotFound):
	case err != nil:
		return err
	case len(hash) != sha256.Size:
		return fmt.Errorf("%w: hash of event %d", latchkey.ErrCorrupt, last)
	default:
		copy(prev[:], hash)
	}
	if e.Created.IsZero() {
		e.Created = t.Now()
	}
	e.Created = e.Created.UTC().Truncate(time.Millisecond)
	e.Seq = last + 1
	if err := e.Seal(prev); err != nil {
		return fmt.Errorf("event %s: %w", e.Type, err)
	}
	_, err := t.exec(qInsertEvent, string(e.OrgID), e.Seq, string(e.ID), millis(e.Created), string(e.Type),
		string(e.Source), e.Operation, string(e.CallerID), string(e.CallerPublicKey), e.RemoteAddress,
		string(e.ProjectID), string(e.TargetID), string(e.TargetPublicKey), e.PrevHash[:], e.Hash[:], e.Payload)
	return err
}
