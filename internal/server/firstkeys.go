package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/auth"
	"github.com/latchkey/latchkey/internal/auth/digest"
	"github.com/latchkey/latchkey/internal/op"
	"github.com/latchkey/latchkey/internal/store/sqlstore"
)

// The names that the first set-up gives.
const (
	FirstOrgName     = "Latchkey"
	FirstProjectName = "example-project"
)

// NewKey is a key that was just created, with the only copy of its private key.
type NewKey struct {
	KeyID      latchkey.PrincipalID `json:"apiKeyId"`
	PublicKey  latchkey.PublicKey   `json:"publicKey"`
	PrivateKey string               `json:"privateKey"`
}

// OwnerKey is a new owner key of an organization.
type OwnerKey struct {
	OrgID latchkey.OrgID `json:"orgId"`
	NewKey
}

// FirstKeys is what the first set-up of a data directory created.
type FirstKeys struct {
	OrgID     latchkey.OrgID     `json:"orgId"`
	ProjectID latchkey.ProjectID `json:"projectId"`
	NewKey                       // the owner key
	Example   *NewKey            `json:"example,omitempty"`
}

// ErrAlreadySetUp is returned when a data directory has an organization.
var ErrAlreadySetUp = errors.New("the data directory is already set up")

// IsSetUp reports whether the directory has an organization in it. It changes
// nothing and works beside a running server.
func IsSetUp(dir string) (bool, error) { return sqlstore.SetUp(dir) }

// SetUp creates the first organization, its project and its keys, and returns
// them. It returns ErrAlreadySetUp when there is an organization.
//
// The keys are on disk before the organization is: a set-up that fails or is
// cut off leaves either no organization or one whose keys are in the
// directory, from where FinishSetUp delivers them. KeysShown takes them away
// again when somebody has them.
func (d *Data) SetUp(ctx context.Context, example bool) (FirstKeys, error) {
	pending := pendingKeys{dir: d.Dir}
	if done, err := d.IsSetUp(ctx); err != nil {
		return FirstKeys{}, err
	} else if done {
		return FirstKeys{}, fmt.Errorf("%w: %s", ErrAlreadySetUp, d.Dir)
	}
	authenticator, err := auth.New(d.Keys, []digest.Algorithm{digest.MD5}, time.Now)
	if err != nil {
		return FirstKeys{}, err
	}
	seal := func(id latchkey.PrincipalID, public latchkey.PublicKey, private latchkey.PrivateKey) (md5, sha256 []byte, err error) {
		if err := pending.keep(NewKey{id, public, private.Reveal()}); err != nil {
			return nil, nil, err
		}
		return authenticator.Seal(id, public, private)
	}
	service := op.NewService(op.Config{Store: d.Store, Seal: seal, MaxKeysPerOrg: DefaultMaxKeysPerOrg})
	made, err := service.CreateOrganization(ctx, "init", op.SetupOptions{
		OrgName: FirstOrgName, ProjectName: FirstProjectName, Example: example,
	})
	if err != nil {
		return FirstKeys{}, fmt.Errorf("set up %s: %w", d.Dir, err)
	}
	keys := FirstKeys{OrgID: made.Org.ID, ProjectID: made.Project.ID, NewKey: newKey(made.Owner)}
	if made.Example != nil {
		k := newKey(*made.Example)
		keys.Example = &k
	}
	return keys, nil
}

func newKey(k op.CreatedKey) NewKey {
	return NewKey{k.Key.ID, k.Key.PublicKey, k.Private.Reveal()}
}

// The names of the file that the first keys are left in, in the data
// directory: the second one until the set-up is complete.
const (
	FirstKeysFile   = "first-keys.json"
	pendingKeysFile = "first-keys.pending"
)

// KeysShown says that somebody has the keys that SetUp returned.
func (d *Data) KeysShown() error {
	pending := pendingKeys{dir: d.Dir}
	return os.Remove(pending.path())
}

// WaitingKeys returns the path of the keys of a set-up that was cut off, or "".
// The next start of the server delivers them.
func WaitingKeys(dir string) string {
	pending := pendingKeys{dir: dir}
	if _, err := os.Lstat(pending.path()); err != nil {
		return ""
	}
	return pending.path()
}

// SetUpToFile sets the data up like SetUp and leaves the keys in FirstKeysFile
// in the data directory, whose path it returns.
func (d *Data) SetUpToFile(ctx context.Context, example bool) (string, error) {
	path := filepath.Join(d.Dir, FirstKeysFile)
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = errors.New("it exists already, though this directory is not set up; move it away")
		}
		return "", fmt.Errorf("the first keys cannot be written to %s: %w", path, err)
	}
	keys, err := d.SetUp(ctx, example)
	if err != nil {
		return "", err
	}
	return path, d.deliver(keys)
}

// FinishSetUp delivers the keys of a set-up that was cut off after its commit.
// It returns "" when there is nothing to deliver, as nearly always.
func (d *Data) FinishSetUp(ctx context.Context) (string, error) {
	pending := pendingKeys{dir: d.Dir}
	text, err := os.ReadFile(pending.path())
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err == nil {
		// What does not parse was cut off before the commit: nothing uses it.
		_ = json.Unmarshal(text, &pending.keys)
	}
	var keys FirstKeys
	if err == nil && len(pending.keys) > 0 {
		err = d.Store.View(ctx, func(r latchkey.Reader) (err error) {
			keys, err = pending.match(r)
			return err
		})
	}
	switch {
	case err != nil:
		return "", fmt.Errorf("a set-up that was cut off: %w", err)
	case keys.OrgID == "":
		return "", os.Remove(pending.path())
	}
	return filepath.Join(d.Dir, FirstKeysFile), d.deliver(keys)
}

// deliver turns the pending keys into the complete file. What is under its
// name already can only be what an earlier try was cut off at: SetUpToFile
// saw that there was nothing.
func (d *Data) deliver(keys FirstKeys) error {
	pending := filepath.Join(d.Dir, pendingKeysFile)
	path := filepath.Join(d.Dir, FirstKeysFile)
	err := os.Remove(path)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		_, err = d.LeaveFirstKeys(keys)
	}
	if err == nil {
		err = os.Remove(pending)
	}
	if err != nil {
		return fmt.Errorf("the first keys are in %s, but not yet in %s: %w; make room for the file and start again", pending, path, err)
	}
	return nil
}

// pendingKeys are the keys of a set-up that is not committed yet, or was not
// known to be.
type pendingKeys struct {
	dir  string
	keys []NewKey // the owner key, then the example key
}

func (p *pendingKeys) path() string { return filepath.Join(p.dir, pendingKeysFile) }

// keep writes the key down beside those before it. A key that is tried again
// under another name replaces its first try.
func (p *pendingKeys) keep(k NewKey) error {
	p.keys = slices.DeleteFunc(p.keys, func(old NewKey) bool { return old.PrivateKey == k.PrivateKey })
	p.keys = append(p.keys, k)
	text, err := json.Marshal(p.keys)
	if err != nil {
		return err
	}
	if err := os.Remove(p.path()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return writePrivate(p.path(), text)
}

// match returns those of the keys that are in the data, with what they belong
// to, or zero FirstKeys when the set-up was not committed.
func (p *pendingKeys) match(r latchkey.Reader) (FirstKeys, error) {
	var found FirstKeys
	for _, k := range p.keys {
		cred, err := r.Credential(string(k.PublicKey), "")
		switch {
		case errors.Is(err, latchkey.ErrNotFound):
			continue
		case err != nil:
			return FirstKeys{}, err
		case cred.Caller.ID != k.KeyID:
			continue
		}
		if cred.Caller.OrgRoles.Has(latchkey.OrgOwner) {
			found.OrgID, found.NewKey = cred.Caller.OrgID, k
			continue
		}
		found.Example = &k
	}
	if found.OrgID == "" {
		return FirstKeys{}, nil
	}
	project, err := r.ProjectByName(found.OrgID, FirstProjectName)
	if err != nil && !errors.Is(err, latchkey.ErrNotFound) {
		return FirstKeys{}, err
	}
	found.ProjectID = project.ID
	return found, nil
}

// writePrivate makes a file that only its owner can read and returns when it
// and its name are on disk. It never overwrites a file, and leaves none behind
// when it fails.
func writePrivate(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// LeaveFirstKeys writes keys that could not be shown to FirstKeysFile in the
// data directory and returns its path.
func (d *Data) LeaveFirstKeys(keys FirstKeys) (string, error) {
	path := filepath.Join(d.Dir, FirstKeysFile)
	text, err := json.MarshalIndent(keys, "", "  ")
	if err != nil {
		return "", err
	}
	return path, writePrivate(path, append(text, '\n'))
}
