// Package server puts the parts together: it opens the data, builds the
// handler, serves it, and does what has to be done beside requests. It is what
// the binary and latchkeytest run.
package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/latchkey/latchkey"
	"github.com/latchkey/latchkey/internal/keyring"
	"github.com/latchkey/latchkey/internal/store/sqlstore"
)

// MasterKeyFile is the name of the master key in the data directory, unless
// another file is given.
const MasterKeyFile = "master.key"

// Data is an open data directory.
type Data struct {
	Dir   string
	Store *sqlstore.Store
	Keys  *keyring.Keyring
	// OtherCheckpointKeys says that the file of public keys of checkpoints was
	// there with another content, and was written anew.
	OtherCheckpointKeys bool
}

// ErrNotSetUp is returned when a data directory has no data yet.
var ErrNotSetUp = errors.New("the data directory is not set up")

// OpenData opens the data directory for writing and makes what it lacks: the
// directory, the tables, the master key (in masterKeyFile, or in the directory
// if that is empty) and the data keys. Only a directory without any data keys
// gets a new master key: with data, a missing or foreign one is an error.
func OpenData(ctx context.Context, dir, masterKeyFile string) (*Data, error) {
	if masterKeyFile == "" {
		masterKeyFile = filepath.Join(dir, MasterKeyFile)
	}
	store, err := sqlstore.Open(dir, sqlstore.Options{})
	if err != nil {
		return nil, err
	}
	keys, err := openKeys(ctx, store, masterKeyFile)
	differed := false
	if err == nil {
		differed, err = leaveCheckpointKeys(dir, keys)
	}
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return &Data{Dir: dir, Store: store, Keys: keys, OtherCheckpointKeys: differed}, nil
}

// OpenDataReadOnly opens the data directory for commands that only read,
// beside a running server too. It makes nothing.
func OpenDataReadOnly(dir string) (*sqlstore.Store, error) {
	setUp, err := sqlstore.SetUp(dir)
	if err != nil {
		return nil, err
	}
	if !setUp {
		return nil, fmt.Errorf("%w: %s (latchkey serve or latchkey init sets it up)", ErrNotSetUp, dir)
	}
	return sqlstore.OpenReadOnly(dir, sqlstore.Options{})
}

// Close lets the data go.
func (d *Data) Close() error { return d.Store.Close() }

// IsSetUp reports whether there is an organization in the data.
func (d *Data) IsSetUp(ctx context.Context) (bool, error) {
	var orgs []latchkey.OrgID
	err := d.Store.View(ctx, func(r latchkey.Reader) (err error) {
		orgs, err = r.Organizations()
		return err
	})
	return len(orgs) > 0, err
}

func openKeys(ctx context.Context, store latchkey.Store, masterKeyFile string) (*keyring.Keyring, error) {
	wrapped, err := readWrapped(ctx, store)
	if err != nil {
		return nil, err
	}
	master, err := keyring.LoadMasterKey(masterKeyFile)
	if errors.Is(err, fs.ErrNotExist) && len(wrapped) == 0 {
		master, err = keyring.CreateMasterKey(masterKeyFile)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the data is encrypted under a master key, and %s does not exist: put the file back or name it with --master-key-file", masterKeyFile)
	}
	if err != nil {
		return nil, err
	}
	if len(wrapped) == 0 {
		if wrapped, err = makeDataKeys(ctx, store, master); err != nil {
			return nil, err
		}
	}
	return keyring.Open(master, wrapped)
}

func readWrapped(ctx context.Context, store latchkey.Store) ([]keyring.WrappedKey, error) {
	var out []keyring.WrappedKey
	err := store.View(ctx, func(r latchkey.Reader) error {
		rows, err := r.WrappedKeys()
		if err != nil {
			return err
		}
		out = out[:0]
		for _, k := range rows {
			out = append(out, keyring.WrappedKey{ID: k.ID, Purpose: keyring.Purpose(k.Purpose), Created: k.Created, Blob: k.Blob})
		}
		return nil
	})
	return out, err
}

// makeDataKeys makes the first data key of each purpose, of data that has none
// at all: one that was lost must be missed. It is a maintenance command of the
// store.
func makeDataKeys(ctx context.Context, store latchkey.Store, master keyring.MasterKey) ([]keyring.WrappedKey, error) {
	var made []keyring.WrappedKey
	for _, purpose := range keyring.Purposes() {
		k, err := keyring.Generate(master, purpose, 1, time.Now())
		if err != nil {
			return nil, err
		}
		made = append(made, k)
	}
	return made, store.Update(ctx, func(tx latchkey.Tx) error {
		for _, k := range made {
			row := latchkey.WrappedKey{ID: k.ID, Purpose: string(k.Purpose), Created: k.Created, Blob: k.Blob}
			if err := tx.InsertWrappedKey(row); err != nil {
				return err
			}
		}
		return nil
	})
}
