package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/audit"
	"github.com/latchkey/latchkey/internal/keyring"
	"github.com/latchkey/latchkey/internal/op"
)

// CheckpointKeyFile is the name of the file in the data directory that holds
// the public keys of checkpoints, for commands that have no master key.
const CheckpointKeyFile = "checkpoint.pub"

// signer signs checkpoints with the newest key.
func signer(keys *keyring.Keyring) op.SignFunc {
	key := keys.CheckpointKeys()[0]
	return func(c *latchkey.Checkpoint) {
		c.Signer = key.ID
		c.Signature = key.Sign(c.Message())
	}
}

// isSigned tells the checkpoints that signer signed, with this key or an older one.
func isSigned(keys *keyring.Keyring) op.SignedFunc {
	public := publicKeys(keys)
	return func(c *latchkey.Checkpoint) bool { return slices.ContainsFunc(public, c.SignedBy) }
}

// signCheckpoints signs what came since the last time. What fails is logged and
// done the next time; what must not be signed is an error each time.
func (s *Server) signCheckpoints(ctx context.Context) {
	err := s.Service.SignCheckpoints(ctx)
	if err == nil || ctx.Err() != nil {
		return
	}
	var refused op.ChainErrors
	if errors.As(err, &refused) {
		for _, c := range refused {
			s.config.Log.Error("the audit trail of an organization is not signed any more", slog.String("organization", string(c.Org)), slog.Any("error", c.Err))
		}
	}
	if _, only := err.(op.ChainErrors); !only {
		s.config.Log.Warn("checkpoints of the audit trail could not be signed", slog.Any("error", err))
	}
}

// publicKeys returns the public keys of checkpoints, newest first.
func publicKeys(keys *keyring.Keyring) audit.PublicKeys {
	var public audit.PublicKeys
	for _, k := range keys.CheckpointKeys() {
		public = append(public, k.Public())
	}
	return public
}

// CheckpointKeys opens the keyring of the data directory, beside a running
// server too, and returns the public keys of checkpoints, newest first. It
// changes nothing. It returns ErrNotSetUp when there is no data.
func CheckpointKeys(ctx context.Context, dir, masterKeyFile string) (keys audit.PublicKeys, err error) {
	store, err := OpenDataReadOnly(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	wrapped, err := readWrapped(ctx, store)
	if err != nil {
		return nil, err
	}
	if masterKeyFile == "" {
		masterKeyFile = filepath.Join(dir, MasterKeyFile)
	}
	master, err := keyring.LoadMasterKey(masterKeyFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no master key file %s: name it with --master-key-file", masterKeyFile)
	}
	if err != nil {
		return nil, err
	}
	ring, err := keyring.Open(master, wrapped)
	if err != nil {
		return nil, err
	}
	return publicKeys(ring), nil
}

// ReadCheckpointKeys reads the public keys that the last start of a server left
// in the data directory. It returns an error that wraps fs.ErrNotExist when
// there are none.
func ReadCheckpointKeys(dir string) (audit.PublicKeys, error) {
	path := filepath.Join(dir, CheckpointKeyFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	keys, err := audit.ParsePublicKeys(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return keys, nil
}

// leaveCheckpointKeys writes the public keys to the data directory, unless they
// are there. It reports whether others were there.
func leaveCheckpointKeys(dir string, keys *keyring.Keyring) (differed bool, err error) {
	text, err := publicKeys(keys).PEM()
	if err != nil {
		return false, err
	}
	path := filepath.Join(dir, CheckpointKeyFile)
	old, err := os.ReadFile(path)
	if err == nil && string(old) == text {
		return false, nil
	}
	differed = err == nil
	draft, err := os.CreateTemp(dir, CheckpointKeyFile+".*")
	if err == nil {
		_, err = draft.WriteString(text)
		err = errors.Join(err, draft.Chmod(0o644), draft.Sync(), draft.Close())
		if err == nil {
			err = os.Rename(draft.Name(), path)
		}
		if err != nil {
			err = errors.Join(err, os.Remove(draft.Name()))
		}
	}
	if err != nil {
		return differed, fmt.Errorf("write the public keys of checkpoints to %s: %w", path, err)
	}
	return differed, syncDir(dir)
}
