package storetest

import (
	"testing"
	"time"

	"github.com/latchkey/latchkey"
)

// checkpoint makes a checkpoint of the organization's n-th event.
func checkpoint(org int, n int64) latchkey.Checkpoint {
	return latchkey.Checkpoint{
		OrgID: orgID(org), Seq: n, Hash: [32]byte{0: byte(n), 31: 255}, Previous: n - 1, Created: start.Add(time.Duration(n) * time.Millisecond),
		Signer: 1<<32 - 1, Signature: []byte{0, byte(n), 255},
	}
}

func testCheckpoints(t *testing.T, target Target) {
	s := target.Open(t)
	insert(t, s, organization(1), organization(2))
	viewFails(t, s, latchkey.ErrNotFound, func(r latchkey.Reader) error { _, err := r.LastCheckpoint(orgID(1)); return err })
	all := []latchkey.Checkpoint{checkpoint(1, 3), checkpoint(1, 5), checkpoint(1, 1<<40)}
	foreign := checkpoint(2, 4)
	update(t, s, func(tx latchkey.Tx) error {
		for _, c := range []latchkey.Checkpoint{all[1], all[2], all[0], foreign} { // not in their order
			if err := tx.InsertCheckpoint(c); err != nil {
				return err
			}
		}
		return nil
	})
	read := func(when string) {
		t.Helper()
		for _, c := range []struct {
			org   int
			after int64
			limit int
			want  []latchkey.Checkpoint
		}{
			{1, 0, 10, all},
			{1, 2, 10, all},
			{1, 3, 10, all[1:]},
			{1, 0, 2, all[:2]},
			{1, 4, 1, all[1:2]},
			{1, 1 << 40, 10, nil},
			{1, 0, 0, nil},
			{2, 0, 10, []latchkey.Checkpoint{foreign}},
			{3, 0, 10, nil},
		} {
			view(t, s, func(r latchkey.Reader) error {
				got, err := r.Checkpoints(orgID(c.org), c.after, c.limit)
				equal(t, when+" checkpoints", got, c.want)
				return err
			})
		}
		for org, want := range map[int]latchkey.Checkpoint{1: all[2], 2: foreign} {
			view(t, s, func(r latchkey.Reader) error {
				got, err := r.LastCheckpoint(orgID(org))
				equal(t, when+" last checkpoint", got, want)
				return err
			})
		}
	}
	read("at first:")
	again := checkpoint(1, 5)
	again.Hash[1] = 1
	if err := s.Update(background, func(tx latchkey.Tx) error { return tx.InsertCheckpoint(again) }); err == nil {
		t.Error("a checkpoint was replaced")
	}
	read("after a second checkpoint of a number was refused:")
}
