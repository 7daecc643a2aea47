package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// AdminSocket is the name of the socket in the data directory on which a
// running server answers commands.
const AdminSocket = "admin.sock"

// listenSocket listens on the directory's socket. A stale one is replaced, one
// on which somebody answers is not. The caller holds the directory's lock.
//
// The socket is made in a private directory and moved into place when its mode
// is right, so that there is no moment in which others could open it.
func listenSocket(dir string) (net.Listener, func() error, error) {
	fail := func(err error) (net.Listener, func() error, error) {
		return nil, nil, fmt.Errorf("the socket for commands in %s: %w", dir, err)
	}
	path := filepath.Join(dir, AdminSocket)
	if conn, err := dialSocket(context.Background(), dir); err == nil {
		return fail(errors.Join(errors.New("another process answers on it"), conn.Close()))
	}
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() != fs.ModeSocket {
		return fail(fmt.Errorf("%s is there and is no socket; move it away", path))
	}
	nursery := filepath.Join(dir, ".admin")
	if err := os.RemoveAll(nursery); err != nil {
		return fail(err)
	}
	if err := os.Mkdir(nursery, 0o700); err != nil {
		return fail(err)
	}
	ln, err := listenIn(nursery)
	if err != nil {
		return fail(errors.Join(err, os.RemoveAll(nursery)))
	}
	made := filepath.Join(nursery, AdminSocket)
	if err = os.Chmod(made, 0o600); err == nil {
		err = os.Rename(made, path)
	}
	if err := errors.Join(err, os.RemoveAll(nursery)); err != nil {
		return fail(errors.Join(err, ln.Close()))
	}
	return ln, func() error {
		if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}, nil
}

func listenIn(dir string) (net.Listener, error) {
	var ln *net.UnixListener
	err := withSocketPath(dir, func(path string) (err error) {
		ln, err = net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		return err
	})
	if err != nil {
		return nil, err
	}
	ln.SetUnlinkOnClose(false) // it is moved, and removed under its new name
	return ln, nil
}

func dialSocket(ctx context.Context, dir string) (conn net.Conn, err error) {
	err = withSocketPath(dir, func(path string) (err error) {
		var d net.Dialer
		conn, err = d.DialContext(ctx, "unix", path)
		return err
	})
	return conn, err
}

// maxSocketPath is the length of the longest path of a socket on every system.
const maxSocketPath = 103

// withSocketPath calls f with a path of the directory's socket that is short
// enough for the system: the plain one, or one through the open directory.
func withSocketPath(dir string, f func(path string) error) error {
	path := filepath.Join(dir, AdminSocket)
	if len(path) <= maxSocketPath {
		return f(path)
	}
	open, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f("/proc/self/fd/"+strconv.Itoa(int(open.Fd()))+"/"+AdminSocket), open.Close())
}
