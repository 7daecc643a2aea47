package op_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"testing"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/store/sqlstore"
)

// signed is a service that signs checkpoints, on a store that counts and can fail.
type signed struct {
	t       *testing.T
	store   *counting
	service *op.Service
	key     ed25519.PrivateKey
	dir     string
}

// counting is a store that counts what is asked of it.
type counting struct {
	latchkey.Store
	views, updates int
	fail           error // what Update returns, if it is not nil
}

func (c *counting) View(ctx context.Context, f func(latchkey.Reader) error) error {
	c.views++
	return c.Store.View(ctx, f)
}

func (c *counting) Update(ctx context.Context, f func(latchkey.Tx) error) error {
	c.updates++
	if c.fail != nil {
		return c.fail
	}
	return c.Store.Update(ctx, f)
}

func newSigned(t *testing.T) *signed {
	t.Helper()
	dir := t.TempDir()
	store, err := sqlstore.Open(dir, sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	s := &signed{t: t, dir: dir, store: &counting{Store: store}, key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}
	s.restart()
	return s
}

// restart makes the service anew, as the next process does.
func (s *signed) restart() {
	s.service = op.NewService(op.Config{
		Store: s.store, MaxKeysPerOrg: 10,
		Seal: func(latchkey.PrincipalID, latchkey.PublicKey, latchkey.PrivateKey) ([]byte, []byte, error) {
			return []byte("md5"), []byte("sha256"), nil
		},
		Sign: func(c *latchkey.Checkpoint) {
			c.Signer = 1
			c.Signature = ed25519.Sign(s.key, c.Message())
		},
		IsSigned: func(c *latchkey.Checkpoint) bool { return c.SignedBy(s.key.Public().(ed25519.PublicKey)) },
	})
}

func (s *signed) create(name string) latchkey.OrgID {
	s.t.Helper()
	made, err := s.service.CreateOrganization(context.Background(), "init", op.SetupOptions{OrgName: name})
	if err != nil {
		s.t.Fatal(err)
	}
	return made.Org.ID
}

func (s *signed) recover(org latchkey.OrgID) {
	s.t.Helper()
	if _, err := s.service.RecoverOwner(context.Background(), org); err != nil {
		s.t.Fatal(err)
	}
}

// sign signs, and returns how often the store was asked for that.
func (s *signed) sign() (views, updates int) {
	s.t.Helper()
	s.store.views, s.store.updates = 0, 0
	if err := s.service.SignCheckpoints(context.Background()); err != nil {
		s.t.Fatal(err)
	}
	return s.store.views, s.store.updates
}

// want checks for which events of the organization there are checkpoints.
func (s *signed) want(org latchkey.OrgID, seqs ...int64) {
	s.t.Helper()
	var got []latchkey.Checkpoint
	var events []latchkey.Event
	if err := s.store.Store.View(context.Background(), func(r latchkey.Reader) (err error) {
		if events, err = r.Events(org, 0, 10_000); err != nil {
			return err
		}
		got, err = r.Checkpoints(org, 0, 100)
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	if len(got) != len(seqs) {
		s.t.Fatalf("%d checkpoints %+v; want %v", len(got), got, seqs)
	}
	previous := int64(0)
	for i, c := range got {
		if c.Seq != seqs[i] || c.Previous != previous || c.Hash != events[c.Seq-1].Hash || c.Created.IsZero() ||
			!c.SignedBy(s.key.Public().(ed25519.PublicKey)) {
			s.t.Errorf("checkpoint %+v; want one of event %d, after %d, signed", c, seqs[i], previous)
		}
		previous = c.Seq
	}
}

func TestSignCheckpoints(t *testing.T) {
	s := newSigned(t)
	one, two := s.create("One"), s.create("Two")
	s.want(one)
	if _, updates := s.sign(); updates != 1 {
		t.Errorf("%d updates for two organizations; want 1", updates)
	}
	s.want(one, 2)
	s.want(two, 2)
	if views, updates := s.sign(); views+updates != 0 {
		t.Errorf("%d views and %d updates while nothing happens; want none", views, updates)
	}
	s.recover(two)
	s.sign()
	s.want(one, 2)
	s.want(two, 2, 3)
}

// TestSignAfterRestart holds that what a process left unsigned is signed by the
// next one.
func TestSignAfterRestart(t *testing.T) {
	s := newSigned(t)
	one, two := s.create("One"), s.create("Two")
	s.sign()
	s.recover(one)
	s.restart()
	if _, updates := s.sign(); updates != 1 {
		t.Errorf("%d updates; want 1", updates)
	}
	s.want(one, 2, 3)
	s.want(two, 2)
}

// TestSignFails holds that what could not be signed is signed the next time.
func TestSignFails(t *testing.T) {
	s := newSigned(t)
	one := s.create("One")
	broken := errors.New("broken")
	s.store.fail = broken
	if err := s.service.SignCheckpoints(context.Background()); !errors.Is(err, broken) {
		t.Errorf("%v; want the store's error", err)
	}
	s.store.fail = nil
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.service.SignCheckpoints(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("%v; want that of the context", err)
	}
	s.sign()
	s.want(one, 2)
}

// fill appends events, by another way than operations, up to that number.
func (s *signed) fill(org latchkey.OrgID, last int64) {
	s.t.Helper()
	if err := s.store.Store.Update(context.Background(), func(tx latchkey.Tx) error {
		for {
			seq, _, err := tx.ChainHead(org)
			if err != nil || seq >= last {
				return err
			}
			e := latchkey.Event{OrgID: org, ID: latchkey.NewID[latchkey.EventID](tx.Now()), Type: latchkey.EventOrgRenamed}
			if err := tx.AppendEvent(&e); err != nil {
				return err
			}
		}
	}); err != nil {
		s.t.Fatal(err)
	}
}

// TestEveryThousandth holds that the thousandth event of an organization comes
// with its checkpoint.
func TestEveryThousandth(t *testing.T) {
	s := newSigned(t)
	one := s.create("One")
	for _, last := range []int64{999, 1999} {
		s.fill(one, last)
		s.recover(one)
		s.recover(one)
	}
	s.want(one, 1000, 2000)
}

// TestUnsigned holds that a service without a key signs nothing.
func TestUnsigned(t *testing.T) {
	s := newSigned(t)
	s.service = op.NewService(op.Config{Store: s.store, MaxKeysPerOrg: 10,
		Seal: func(latchkey.PrincipalID, latchkey.PublicKey, latchkey.PrivateKey) ([]byte, []byte, error) {
			return []byte("md5"), []byte("sha256"), nil
		}})
	one := s.create("One")
	s.sign()
	s.want(one)
}
