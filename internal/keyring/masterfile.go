package keyring

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// The file is one line of text: format, key in base64, checksum in hex. The
// checksum finds a damaged file before a wrong key finds out for it.
const (
	fileFormat = "latchkey-master-key-v1"
	// maxFile bounds what is read of a file that may be anything.
	maxFile = 4096
)

// CreateMasterKey writes a new random key to a file that only its owner may
// read and returns it when file and directory are on disk. It returns an error
// that matches [fs.ErrExist], and changes nothing, if there is a file already.
func CreateMasterKey(path string) (MasterKey, error) {
	key := newKey()
	if err := writeWhole(path, encodeMaster(&key)); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return MasterKey{}, fmt.Errorf("master key file %s exists already and is never overwritten: %w", path, fs.ErrExist)
		}
		return MasterKey{}, fmt.Errorf("create master key file: %w", err)
	}
	return MasterKey{secret: &masterSecret{key: &key, path: path}}, nil
}

// writeWhole makes a file that is there with all its text or not at all: a
// crash on the way leaves at most a file of another name.
func writeWhole(path, text string) error {
	unfinished := path + ".new" // what a crash leaves is taken away by the next try
	if err := os.Remove(unfinished); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(unfinished, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer os.Remove(unfinished)
	if err := writeSynced(f, text); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil { // unlike a rename, it never overwrites
		return err
	}
	if err := syncDirectory(filepath.Dir(path)); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// writeSynced writes text, flushes it to disk and closes f.
func writeSynced(f *os.File, text string) error {
	_, err := f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncDirectory flushes the directory's own entries to disk.
func syncDirectory(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// LoadMasterKey reads the key from its file. Every error names the file and
// what to do: it matches [fs.ErrNotExist] if there is none; others say that
// someone but the owner may read it, that it is cut short or damaged, or that
// it is something else altogether.
func LoadMasterKey(path string) (MasterKey, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe without a writer would be waited for
	if errors.Is(err, fs.ErrNotExist) {
		return MasterKey{}, fmt.Errorf("there is no master key file %s; give the one that was created with this data, from its own backup if need be: %w", path, fs.ErrNotExist)
	}
	if err != nil {
		return MasterKey{}, fmt.Errorf("open master key file: %w", err)
	}
	defer f.Close()

	info, err := f.Stat()
	if err != nil {
		return MasterKey{}, fmt.Errorf("open master key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return MasterKey{}, fmt.Errorf("master key file %s is not a regular file; give the file itself", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return MasterKey{}, fmt.Errorf("master key file %s can be read or written by others (mode %04o); run: chmod 600 %s", path, mode, path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return MasterKey{}, fmt.Errorf("read master key file: %w", err)
	}
	key, err := decodeMaster(string(text))
	if err != nil {
		return MasterKey{}, fmt.Errorf("master key file %s %w", path, err)
	}
	return MasterKey{secret: &masterSecret{key: &key, path: path}}, nil
}

// encodeMaster returns the file's text.
func encodeMaster(key *[keySize]byte) string {
	return fileFormat + " " + base64.StdEncoding.EncodeToString(key[:]) + " " + checksum(key) + "\n"
}

// What is wrong with a file's text, and what helps.
const (
	errForeign = "is not a Latchkey master key (it does not begin with \"" + fileFormat + "\"); give the file that was created with this data"
	errDamaged = "is empty, cut short or damaged; restore it from its backup (nothing else opens this data) or, if there is no data yet, remove it"
)

// decodeMaster is the inverse of encodeMaster. White space around the line is
// forgiven, because editors and secret stores add and remove it.
func decodeMaster(text string) (key [keySize]byte, err error) {
	fields := strings.Fields(text)
	switch {
	case len(fields) == 0, len(fields) == 1 && strings.HasPrefix(fileFormat, fields[0]):
		return key, errors.New(errDamaged)
	case len(text) > maxFile, fields[0] != fileFormat:
		return key, errors.New(errForeign)
	case len(fields) != 3:
		return key, errors.New(errDamaged)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(fields[1])
	if err != nil || len(raw) != keySize {
		return key, errors.New(errDamaged)
	}
	copy(key[:], raw)
	if checksum(&key) != fields[2] {
		return [keySize]byte{}, errors.New(errDamaged)
	}
	return key, nil
}

// checksum returns eight hex digits over format and key.
func checksum(key *[keySize]byte) string {
	sum := sha256.Sum256(append([]byte(fileFormat+" "), key[:]...))
	return hex.EncodeToString(sum[:4])
}
