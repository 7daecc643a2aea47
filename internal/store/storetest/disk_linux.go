package storetest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// RequireAll names the environment variable that, when it is 1, makes tests
// fail that would otherwise be skipped for want of rights.
const RequireAll = "LATCHKEY_TEST_REQUIRE_ALL"

// SmallDisk mounts a file system in memory of that many bytes and returns its
// directory. Mounting needs root: without it the test is skipped.
func SmallDisk(t testing.TB, bytes int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=0700", bytes)); err != nil {
		if os.Getenv(RequireAll) == "1" {
			t.Fatalf("mount: %v, and %s asks for every test", err, RequireAll)
		}
		t.Skipf("mount: %v; run as root to have this test", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

// MakeReadOnly makes the file system of SmallDisk read-only, for root too. The
// function returned makes it writable again.
func MakeReadOnly(t testing.TB, dir string) (undo func()) {
	t.Helper()
	remount := func(flags uintptr) {
		t.Helper()
		if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|flags, ""); err != nil {
			t.Fatalf("remount: %v", err)
		}
	}
	remount(syscall.MS_RDONLY)
	return func() { remount(0) }
}

// Fill writes a file in dir until nothing more goes in. The function returned
// frees the space again.
func Fill(t testing.TB, dir string) (free func()) {
	t.Helper()
	path := filepath.Join(dir, "ballast")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		switch _, err := f.Write(make([]byte, size)); {
		case errors.Is(err, syscall.ENOSPC):
			size /= 2
		case err != nil:
			t.Fatal(err)
		}
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}
