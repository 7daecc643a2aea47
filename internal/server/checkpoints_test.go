package server

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
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

// TestUnsignedIsLogged holds that a chain that is not signed any more is an error
// of the log that names the organization, and that the public keys that were
// exchanged are noticed.
func TestUnsignedIsLogged(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	data, err := OpenData(ctx, dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if data.OtherCheckpointKeys {
		t.Error("the first start says that other keys were there")
	}
	var log bytes.Buffer
	s, err := New(data, Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	made, err := s.Service.CreateOrganization(ctx, "init", op.SetupOptions{OrgName: "One"})
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "latchkey.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`DROP TRIGGER event_is_not_updated; UPDATE event SET operation = 'x' WHERE seq = 2`); err != nil {
		t.Fatal(err)
	}
	s.Maintain(ctx)
	for _, want := range []string{"level=ERROR", "organization=" + string(made.Org.ID), "event 2 is not what it was"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log = %s; want %q in it", &log, want)
		}
	}
	if err := errors.Join(data.Close(), os.WriteFile(filepath.Join(dir, CheckpointKeyFile), []byte("another"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if data, err = OpenData(ctx, dir, ""); err != nil || !data.OtherCheckpointKeys {
		t.Errorf("%v; want that other keys are noticed", err)
	}
	if err := data.Close(); err != nil {
		t.Error(err)
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
