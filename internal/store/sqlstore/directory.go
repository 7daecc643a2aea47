package sqlstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/latchkey/latchkey"
)

const (
	databaseName = "latchkey.db"
	lockName     = "latchkey.lock"
)

func databasePath(dir string) string { return filepath.Join(dir, databaseName) }

// Exists reports whether dir holds a database of Latchkey, set up or not.
func Exists(dir string) (bool, error) {
	info, err := os.Stat(databasePath(dir))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case errors.Is(err, syscall.ENOTDIR):
		return false, notDirectory(dir)
	case err != nil:
		return false, fmt.Errorf("data directory %s: %w", dir, err)
	}
	return info.Size() > 0, nil
}

// SetUp reports whether dir holds a database with an organization in it. It
// changes nothing and works beside a running server.
func SetUp(dir string) (bool, error) {
	if exists, err := Exists(dir); err != nil || !exists {
		return false, err
	}
	db, err := openSQLite(databasePath(dir), true)
	if err != nil {
		return false, err
	}
	defer db.Close()
	var n int
	err = db.QueryRow(`SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'organization'`).Scan(&n)
	if err == nil && n == 1 {
		err = db.QueryRow(`SELECT EXISTS (SELECT 1 FROM organization)`).Scan(&n)
	}
	if err != nil {
		return false, explain(databasePath(dir), fault("look for an organization", err))
	}
	return n > 0, nil
}

// prepareDirectory makes the directory if it is missing, takes its lock, and
// makes the database file, so that SQLite gives its other files the same mode.
func prepareDirectory(dir string) (*lockFile, error) {
	if err := makeDirectory(dir); err != nil {
		return nil, err
	}
	lock, err := takeLock(dir)
	if err != nil {
		return nil, err
	}
	if err := makePrivate(dir, databaseName); err != nil {
		return nil, errors.Join(err, lock.release())
	}
	return lock, nil
}

func makeDirectory(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err == nil && !info.IsDir():
		return notDirectory(dir)
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOTDIR):
		return notDirectory(dir)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("data directory %s: %w", dir, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make data directory %s: %w", dir, err)
	}
	return os.Chmod(dir, 0o700) // whatever the umask is
}

// makePrivate makes the database file if it is missing and sees to it that
// only its owner can read and write it. It opens no file that is there: to
// close it would let go the locks that this process may have on it through SQLite.
func makePrivate(dir, name string) error {
	path := filepath.Join(dir, name)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		f, err := openPrivate(dir, name)
		if err != nil {
			return err
		}
		return f.Close()
	}
	if err == nil && info.Mode().Perm() != privateMode {
		err = os.Chmod(path, privateMode)
	}
	if err == nil {
		err = accessible(path, toWrite)
	}
	if err != nil {
		return notWritable(dir, err)
	}
	return nil
}

const privateMode fs.FileMode = 0o600

// openPrivate opens a file for reading and writing, made if it is missing,
// with mode 0600 whatever the umask is.
func openPrivate(dir, name string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR|os.O_CREATE, privateMode)
	if err != nil {
		return nil, notWritable(dir, err)
	}
	if err := f.Chmod(privateMode); err != nil {
		_ = f.Close()
		return nil, notWritable(dir, err)
	}
	return f, nil
}

func notWritable(dir string, err error) error {
	return fmt.Errorf("data directory %s cannot be written to: %w; give the user that runs latchkey write access to it and its files", dir, err)
}

// checkReadable says why the data cannot be opened for reading.
func checkReadable(dir string) error {
	exists, err := Exists(dir)
	switch {
	case err != nil:
		return err
	case !exists:
		return fmt.Errorf("data directory %s: there is no %s; run latchkey serve or latchkey init first: %w", dir, databaseName, fs.ErrNotExist)
	}
	if err := accessible(databasePath(dir), toRead); err != nil {
		return fmt.Errorf("data directory %s cannot be read: %w", dir, err)
	}
	return nil
}

func notDirectory(dir string) error {
	return fmt.Errorf("data directory %s: %w", dir, syscall.ENOTDIR)
}

// explain says about which file an error is, and what to do when it is damaged.
func explain(path string, err error) error {
	err = fault(path, err)
	if errors.Is(err, latchkey.ErrCorrupt) {
		return fmt.Errorf("%w; the file is damaged or is no SQLite database: restore it from a backup", err)
	}
	return err
}
