package op_test

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
)

// tamper runs statements on the file beside the store; 'ORG' is the organization.
func (s *signed) tamper(org latchkey.OrgID, statements string) {
	s.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.dir, "latchkey.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range append([]string{"DROP TRIGGER IF EXISTS event_is_not_updated", "DROP TRIGGER IF EXISTS event_is_not_deleted"},
		strings.Split(strings.ReplaceAll(statements, "'ORG'", "'"+string(org)+"'"), ";")...) {
		if _, err := db.Exec(statement); err != nil {
			s.t.Fatalf("%s: %v", statement, err)
		}
	}
}

// rewrite changes the event and computes every hash from it on anew, as
// somebody does who has all but the key.
func (s *signed) rewrite(org latchkey.OrgID, from int64) {
	s.t.Helper()
	var events []latchkey.Event
	if err := s.store.Store.View(context.Background(), func(r latchkey.Reader) (err error) {
		events, err = r.Events(org, 0, 10_000)
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	s.tamper(org, "SELECT 1")
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.dir, "latchkey.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	var prev [32]byte
	for i := range events {
		e := &events[i]
		if e.Seq == from {
			e.RemoteAddress = "203.0.113.66"
		}
		if err := e.Seal(prev); err != nil {
			s.t.Fatal(err)
		}
		prev = e.Hash
		if e.Seq < from {
			continue
		}
		if _, err := db.Exec(`UPDATE event SET remote_address = ?, prev_hash = ?, hash = ? WHERE org_id = ? AND seq = ?`,
			e.RemoteAddress, e.PrevHash[:], e.Hash[:], string(org), e.Seq); err != nil {
			s.t.Fatal(err)
		}
	}
}

// refused signs, and wants that only this organization's events are not signed.
func (s *signed) refused(org latchkey.OrgID, want string) {
	s.t.Helper()
	err := s.service.SignCheckpoints(context.Background())
	var refused op.ChainErrors
	if !errors.As(err, &refused) || len(refused) != 1 || refused[0].Org != org || !strings.Contains(refused[0].Err.Error(), want) {
		s.t.Errorf("signing returns %v; want that %s is refused because %q", err, org, want)
	}
}

// TestChangedChainIsNotSigned changes a chain, once per row, and wants it not to be
// signed, neither by the running process nor, where restart says so, by the next one; the
// chain of another organization is signed all the same.
func TestChangedChainIsNotSigned(t *testing.T) {
	forger := ed25519.NewKeyFromSeed([]byte("another seed of thirty-two bytes")[:ed25519.SeedSize])
	for name, test := range map[string]struct {
		change  func(*signed, latchkey.OrgID)
		want    string
		restart string // "" when the next process cannot know
	}{
		"rewritten": {func(s *signed, org latchkey.OrgID) { s.rewrite(org, 2) },
			"event 4 is not what it was", "event 3 is not what it was"},
		"rewritten after the checkpoint": {func(s *signed, org latchkey.OrgID) { s.rewrite(org, 4) },
			"event 4 is not what it was", ""},
		"rewritten without checkpoints": {func(s *signed, org latchkey.OrgID) {
			s.rewrite(org, 2)
			s.tamper(org, "DELETE FROM checkpoint WHERE org_id = 'ORG'")
		}, "this server signed one of event 3", ""},
		"checkpoint adjusted": {func(s *signed, org latchkey.OrgID) {
			s.rewrite(org, 2)
			s.tamper(org, "UPDATE checkpoint SET hash = (SELECT hash FROM event WHERE org_id = 'ORG' AND event.seq = checkpoint.seq) WHERE org_id = 'ORG'")
		}, "not that which this server signed", "not signed with a key of this server"},
		"signed by another key": {func(s *signed, org latchkey.OrgID) {
			s.tamper(org, "SELECT 1")
			key := s.key
			s.key = forger
			s.restart()
			s.recover(org)
			s.store.fail = nil
			if err := s.service.SignCheckpoints(context.Background()); err == nil {
				s.t.Error("another key goes on where the first one signed")
			}
			s.key = key
			s.restart()
			s.tamper(org, "UPDATE checkpoint SET signature = zeroblob(64) WHERE org_id = 'ORG'")
		}, "not signed with a key of this server", "not signed with a key of this server"},
		"event after the checkpoint changed": {func(s *signed, org latchkey.OrgID) {
			s.tamper(org, "UPDATE event SET operation = 'x' WHERE org_id = 'ORG' AND seq = 4")
		}, "event 4 is not what it was", "event 4 does not follow"},
		"signed event changed": {func(s *signed, org latchkey.OrgID) {
			s.tamper(org, "UPDATE event SET operation = 'x' WHERE org_id = 'ORG' AND seq = 3")
		}, "event 3 is not what it was", "event 3 is not what it was"},
		"event gone": {func(s *signed, org latchkey.OrgID) {
			s.recover(org)
			s.tamper(org, "DELETE FROM event WHERE org_id = 'ORG' AND seq = 4")
		}, "event 5 does not follow on event 3", "event 5 does not follow on event 3"},
		"cut off": {func(s *signed, org latchkey.OrgID) {
			s.tamper(org, "DELETE FROM event WHERE org_id = 'ORG' AND seq >= 3")
		}, "the events end at 2", "the events end at 2"},
		"damaged event": {func(s *signed, org latchkey.OrgID) {
			s.tamper(org, "UPDATE event SET payload = CAST('{' AS BLOB) WHERE org_id = 'ORG' AND seq = 4")
		}, "payload of event 4", "payload of event 4"},
		"damaged hash": {func(s *signed, org latchkey.OrgID) {
			s.tamper(org, "UPDATE event SET prev_hash = x'00' WHERE org_id = 'ORG' AND seq = 4")
		}, "event 4: stored data is corrupt", "event 4: stored data is corrupt"},
		"damaged type": {func(s *signed, org latchkey.OrgID) {
			s.tamper(org, "UPDATE checkpoint SET created = 'never' WHERE org_id = 'ORG'")
		}, "corrupt", "corrupt"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSigned(t)
			one := s.create("One")
			s.recover(one)
			s.sign()
			s.recover(one)
			test.change(s, one)
			s.refused(one, test.want)
			two := s.create("Two")
			s.refused(one, test.want) // still
			s.want(two, 2)
			if test.restart == "" {
				return
			}
			s.restart()
			s.recover(two)
			s.refused(one, test.restart)
			s.want(two, 2, 3)
			s.recover(one) // its changes are made all the same
		})
	}
}

// TestMissingThousandth holds that a chain without the checkpoints that came
// with every thousandth event is not signed, by the next process either, and that
// its events go on without.
func TestMissingThousandth(t *testing.T) {
	s := newSigned(t)
	one := s.create("One")
	s.fill(one, 999)
	s.recover(one)
	s.want(one, 1000)
	s.tamper(one, "DELETE FROM checkpoint WHERE org_id = 'ORG'")
	s.restart()
	s.recover(one)
	s.refused(one, "the checkpoint of event 1000 is not there")
	s.fill(one, 1999)
	s.recover(one)
	s.want(one)
	s.refused(one, "the checkpoint of event 2000 is not there")
}

// TestDamageDoesNotStopChanges holds that the thousandth event is recorded
// although those before it cannot be read, once a round found that out.
func TestDamageDoesNotStopChanges(t *testing.T) {
	s := newSigned(t)
	one := s.create("One")
	s.fill(one, 999)
	s.tamper(one, "UPDATE event SET payload = CAST('{' AS BLOB) WHERE org_id = 'ORG' AND seq = 500")
	s.refused(one, "payload of event 500")
	s.recover(one)
	s.refused(one, "the checkpoint of event 1000 is not there")
}
