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
	return r.events(qEvents, string(org), after, limit)
}

// events reads the events that a query answers.
func (r *reader) events(q queryID, args ...any) ([]latchkey.Event, error) {
	var list []latchkey.Event
	err := r.rows(q, args, func(rows *sql.Rows) error {
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
		if err := hashes(&e.PrevHash, prev, &e.Hash, hash); err != nil {
			return fmt.Errorf("event %d: %w", e.Seq, err)
		}
		if err := json.Unmarshal(e.Payload, &e.Change); err != nil {
			return fmt.Errorf("%w: payload of event %d: %w", latchkey.ErrCorrupt, e.Seq, err)
		}
		list = append(list, e)
		return nil
	})
	return list, err
}

// hashes copies stored hashes, pairs of destination and bytes.
func hashes(prev *[sha256.Size]byte, prevBytes []byte, hash *[sha256.Size]byte, hashBytes []byte) error {
	if len(prevBytes) != sha256.Size || len(hashBytes) != sha256.Size {
		return fmt.Errorf("%w: a hash is not %d bytes long", latchkey.ErrCorrupt, sha256.Size)
	}
	copy(prev[:], prevBytes)
	copy(hash[:], hashBytes)
	return nil
}

// chainHead reads the newest event's number, hash and time; all zero when there is none.
func (r *reader) chainHead(org latchkey.OrgID) (seq int64, hash [sha256.Size]byte, created time.Time, err error) {
	var bytes []byte
	var ms int64
	switch err := r.row(qChainHead, []any{string(org)}, &seq, &bytes, &ms); {
	case errors.Is(err, latchkey.ErrNotFound):
		return 0, hash, created, nil
	case err != nil:
		return 0, hash, created, err
	case len(bytes) != sha256.Size:
		return 0, hash, created, fmt.Errorf("%w: hash of event %d", latchkey.ErrCorrupt, seq)
	}
	copy(hash[:], bytes)
	return seq, hash, fromMillis(ms), nil
}

// ChainHead reads the newest event's number and hash.
func (r *reader) ChainHead(org latchkey.OrgID) (int64, [sha256.Size]byte, error) {
	seq, hash, _, err := r.chainHead(org)
	return seq, hash, err
}

// AppendEvent numbers, seals and stores the event. An event without a time
// gets that of now, and none is older than the one before it: feeds look for
// times by number.
func (t *tx) AppendEvent(e *latchkey.Event) error {
	last, prev, newest, err := t.chainHead(e.OrgID)
	if err != nil {
		return err
	}
	if e.Created.IsZero() {
		e.Created = t.Now()
	}
	e.Created = e.Created.UTC().Truncate(time.Millisecond)
	if e.Created.Before(newest) {
		e.Created = newest
		e.ID = latchkey.NewID[latchkey.EventID](newest)
	}
	e.Seq = last + 1
	if err := e.Seal(prev); err != nil {
		return fmt.Errorf("event %s: %w", e.Type, err)
	}
	_, err = t.exec(qInsertEvent, string(e.OrgID), e.Seq, string(e.ID), millis(e.Created), string(e.Type),
		string(e.Source), e.Operation, string(e.CallerID), string(e.CallerPublicKey), e.RemoteAddress,
		string(e.ProjectID), string(e.TargetID), string(e.TargetPublicKey), e.PrevHash[:], e.Hash[:], e.Payload)
	return err
}
