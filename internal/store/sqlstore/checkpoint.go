package sqlstore

import (
	"crypto/sha256"
	"database/sql"
	"fmt"

	"github.com/latchkey/latchkey"
)

// Checkpoints reads the organization's checkpoints in order.
func (r *reader) Checkpoints(org latchkey.OrgID, after int64, limit int) ([]latchkey.Checkpoint, error) {
	return r.checkpoints(qCheckpoints, string(org), after, limit)
}

// LastCheckpoint reads the organization's newest checkpoint.
func (r *reader) LastCheckpoint(org latchkey.OrgID) (latchkey.Checkpoint, error) {
	list, err := r.checkpoints(qLastCheckpoint, string(org))
	if err == nil && len(list) == 0 {
		err = latchkey.ErrNotFound
	}
	if err != nil {
		return latchkey.Checkpoint{}, err
	}
	return list[0], nil
}

func (r *reader) checkpoints(q queryID, args ...any) ([]latchkey.Checkpoint, error) {
	var list []latchkey.Checkpoint
	err := r.rows(q, args, func(rows *sql.Rows) error {
		var (
			c               latchkey.Checkpoint
			hash            sql.RawBytes
			created, signer int64
		)
		if err := rows.Scan((*string)(&c.OrgID), &c.Seq, &hash, &c.Previous, &created, &signer, &c.Signature); err != nil {
			return err
		}
		if len(hash) != sha256.Size {
			return fmt.Errorf("%w: hash of checkpoint %d", latchkey.ErrCorrupt, c.Seq)
		}
		if signer != int64(uint32(signer)) {
			return fmt.Errorf("%w: signer %d of checkpoint %d", latchkey.ErrCorrupt, signer, c.Seq)
		}
		copy(c.Hash[:], hash)
		c.Created, c.Signer = fromMillis(created), uint32(signer)
		list = append(list, c)
		return nil
	})
	return list, err
}

// InsertCheckpoint stores a signed checkpoint.
func (t *tx) InsertCheckpoint(c latchkey.Checkpoint) error {
	_, err := t.exec(qInsertCheckpoint, string(c.OrgID), c.Seq, c.Hash[:], c.Previous, millis(c.Created), int64(c.Signer), c.Signature)
	return err
}
