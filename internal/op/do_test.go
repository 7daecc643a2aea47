package op_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/store/sqlstore"
)

// stage is a service on data of its own with an organization, whose owner can
// be called for without any secret.
type stage struct {
	store   *sqlstore.Store
	service *op.Service
	setup   op.Setup
	now     time.Time
}

func newStage(t *testing.T) *stage {
	t.Helper()
	return newStageWith(t, sqlstore.Options{})
}

func newStageWith(t *testing.T, options sqlstore.Options) *stage {
	t.Helper()
	st := &stage{now: time.Unix(1_700_000_000, 0)}
	options.Clock = func() time.Time { return st.now }
	store, err := sqlstore.Open(t.TempDir(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	st.store = store
	st.service = op.NewService(op.Config{
		Store: store, MaxKeysPerOrg: 10,
		Seal: func(latchkey.PrincipalID, latchkey.PublicKey, latchkey.PrivateKey) ([]byte, []byte, error) {
			return []byte("md5"), []byte("sha256"), nil
		},
	})
	st.setup, err = st.service.CreateOrganization(context.Background(), "init", op.SetupOptions{OrgName: "o", ProjectName: "p", Example: true})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// call is a call by the owner with a nonce that lives for a minute.
func (st *stage) call(nonce string) *op.Call {
	return &op.Call{
		Address: netip.MustParseAddr("192.0.2.1"),
		Proof: op.Proof{
			Check: func(r latchkey.Reader, p latchkey.ProjectID) (latchkey.Credential, error) {
				return r.Credential(string(st.setup.Owner.Key.PublicKey), p)
			},
			Nonce: nonce, Count: 1, Expires: st.now.Add(time.Minute),
		},
	}
}

func (st *stage) replace(call *op.Call, roles ...latchkey.Role) error {
	_, err := op.Do(context.Background(), st.service, op.ReplaceProjectRoles, call, op.ReplaceProjectRolesInput{
		Project: st.setup.Project.ID, Key: st.setup.Example.Key.ID, SetRoles: true, Roles: latchkey.Roles(roles...),
	})
	return err
}

func codeOf(err error) latchkey.Code {
	var refusal *latchkey.Error
	errors.As(err, &refusal)
	if refusal == nil {
		return 0
	}
	return refusal.Code
}

// TestLateCallIsStale holds that a change whose nonce grew too old while the
// request waited is refused: the note of the nonce's first use may be gone.
func TestLateCallIsStale(t *testing.T) {
	st := newStage(t)
	captured := st.call("n")
	if err := st.replace(captured, latchkey.GroupOwner); err != nil {
		t.Fatal(err)
	}
	if err := st.replace(st.call("m"), latchkey.GroupReadOnly); err != nil {
		t.Fatal(err)
	}
	if got := codeOf(st.replace(captured, latchkey.GroupOwner)); got != latchkey.CodeStaleNonce {
		t.Errorf("a replay: code %d, want a stale nonce", got)
	}
	st.now = st.now.Add(3 * time.Minute)
	if err := st.service.ForgetNonces(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := codeOf(st.replace(captured, latchkey.GroupOwner)); got != latchkey.CodeStaleNonce {
		t.Errorf("a replay after its note was forgotten: code %d, want a stale nonce", got)
	}
	err := st.store.View(context.Background(), func(r latchkey.Reader) error {
		k, err := r.Key(st.setup.Org.ID, st.setup.Example.Key.ID)
		if got := k.ProjectRoles.Get(st.setup.Project.ID); got != latchkey.Roles(latchkey.GroupReadOnly) {
			t.Errorf("the replay gave back %v", got.Names())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestSuspectIsLookedAtFirst holds that a wrong response from a suspect address
// never reaches the writer, and that a right one does what it always does.
func TestSuspectIsLookedAtFirst(t *testing.T) {
	st := newStage(t)
	wrong := st.call("n")
	wrong.Suspect = true
	wrong.Proof.Check = func(r latchkey.Reader, _ latchkey.ProjectID) (latchkey.Credential, error) {
		if _, writes := r.(latchkey.Tx); writes {
			t.Error("a wrong response reached the writer")
		}
		return latchkey.Credential{}, latchkey.Refuse(latchkey.CodeUnauthenticated)
	}
	if got := codeOf(st.replace(wrong, latchkey.GroupOwner)); got != latchkey.CodeUnauthenticated {
		t.Errorf("a wrong response: code %d", got)
	}
	right := st.call("m")
	right.Suspect = true
	if err := st.replace(right, latchkey.GroupOwner); err != nil {
		t.Errorf("a right response: %v", err)
	}
}

func TestForgetNoncesInPortions(t *testing.T) {
	st := newStage(t)
	err := st.store.Update(context.Background(), func(tx latchkey.Tx) error {
		for i := range 4500 {
			if err := tx.UseNonce(st.setup.Org.ID, "n", uint32(i), st.now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	st.now = st.now.Add(2 * time.Minute)
	if err := st.service.ForgetNonces(context.Background()); err != nil {
		t.Fatal(err)
	}
	err = st.store.Update(context.Background(), func(tx latchkey.Tx) error {
		n, err := tx.ForgetNonces(st.now, 10)
		if n != 0 {
			t.Errorf("%d notes were left", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
