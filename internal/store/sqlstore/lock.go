//go:build unix

package sqlstore

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// ErrInUse is wrapped by the error of Open when another process has the directory.
var ErrInUse = errors.New("data directory is in use")

// lockFile is the lock of a directory: who holds it is the only writer. The
// system lets it go when the process ends, however it ends.
type lockFile struct{ f *os.File }

// takeLock locks the directory and leaves the process's number in the file.
func takeLock(dir string) (*lockFile, error) {
	f, err := openPrivate(dir, lockName)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder := readPID(f)
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w: another latchkey (process %s) has %s open; stop it or name another directory", ErrInUse, holder, dir)
		}
		return nil, fmt.Errorf("lock data directory %s: %w", dir, err)
	}
	// Only a message rests on the number, so that it could not be written is no failure.
	if f.Truncate(0) == nil {
		_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return &lockFile{f}, nil
}

func readPID(f *os.File) string {
	text := make([]byte, 20)
	n, err := f.ReadAt(text, 0)
	if pid := strings.TrimSpace(string(text[:n])); pid != "" && (err == nil || errors.Is(err, io.EOF)) {
		return pid
	}
	return "unknown"
}

func (l *lockFile) release() error { return l.f.Close() }

// What a file can be accessed for, in the numbers of access(2).
const (
	toRead  = 4
	toWrite = 2
)

// accessible returns why this process cannot read or write the file, without opening it.
func accessible(path string, mode uint32) error {
	if err := syscall.Access(path, mode); err != nil {
		return &os.PathError{Op: "access", Path: path, Err: err}
	}
	return nil
}
