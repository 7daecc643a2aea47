package server

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/latchkey/latchkey/internal/audit"
	"github.com/latchkey/latchkey/internal/op"
)

// TestCheckpointKeys holds that the public keys are where commands look for
// them, whatever was there before, and are those that the server signs with.
func TestCheckpointKeys(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	path := filepath.Join(dir, CheckpointKeyFile)
	var first string
	for _, before := range []string{"", "kept", "another text"} {
		if before == "another text" {
			if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		data, err := OpenData(ctx, dir, "")
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = string(text)
			s, err := New(data, Config{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Service.CreateOrganization(ctx, "init", op.SetupOptions{OrgName: "One"}); err != nil {
				t.Fatal(err)
			}
			s.Maintain(ctx)
		}
		info, err := os.Stat(path)
		if string(text) != first || err != nil || info.Mode().Perm() != 0o644 {
			t.Errorf("after %q: %v, mode %v, %q; want 0644 and %q", before, err, info.Mode(), text, first)
		}
		if err := data.Close(); err != nil {
			t.Fatal(err)
		}
	}
	fromFile, err := ReadCheckpointKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	fromRing, err := CheckpointKeys(ctx, dir, "")
	if err != nil || len(fromRing) != 1 || fromRing.Hex() != fromFile.Hex() {
		t.Errorf("keys %s, %v; want %s", fromRing.Hex(), err, fromFile.Hex())
	}
	store, err := OpenDataReadOnly(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	report, err := audit.Verify(ctx, store, audit.SignedBy(fromFile))
	if err != nil || len(report.Findings) > 0 || report.Checkpoints != 1 {
		t.Errorf("report %+v, %v; want one checkpoint and no finding", report, err)
	}
	if left, err := filepath.Glob(path + ".*"); err != nil || len(left) > 0 {
		t.Errorf("drafts are left: %v", left)
	}
}

// TestCheckpointsAtStart holds that a server signs at once what an earlier
// process left unsigned.
func TestCheckpointsAtStart(t *testing.T) {
	ctx := context.Background()
	data, err := OpenData(ctx, t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	for range 2 {
		s, err := New(data, Config{MaintenanceEvery: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Service.CreateOrganization(ctx, "init", op.SetupOptions{OrgName: "One"}); err != nil {
			t.Fatal(err)
		}
	}
	s, err := New(data, Config{MaintenanceEvery: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	running, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.maintain(running)
	}()
	for {
		report, err := audit.Verify(ctx, data.Store)
		if err != nil || len(report.Findings) > 0 {
			t.Fatalf("%+v, %v", report, err)
		}
		if report.Checkpoints == 2 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	stop()
	<-done
}
