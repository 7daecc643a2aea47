package apitest

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey/latchkey/internal/server"
	"github.com/latchkey/latchkey/internal/store/sqlstore"
)

// backend is a store that every test runs on.
type backend struct {
	name string
	// open returns fresh data whose clock is the one given.
	open func(t *testing.T, clock func() time.Time) *server.Data
}

func stores() []backend {
	return []backend{{"sqlite", openSQLite}}
}

func openSQLite(t *testing.T, clock func() time.Time) *server.Data {
	t.Helper()
	dir := t.TempDir()
	made, err := server.OpenData(context.Background(), dir, "")
	if err != nil {
		t.Fatalf("opening the data: %v", err)
	}
	if err := made.Close(); err != nil {
		t.Fatalf("closing the data: %v", err)
	}
	store, err := sqlstore.Open(dir, sqlstore.Options{Clock: clock})
	if err != nil {
		t.Fatalf("opening the data again: %v", err)
	}
	return &server.Data{Dir: dir, Store: store, Keys: made.Keys}
}

// onEveryStore runs a test on each store.
func onEveryStore(t *testing.T, test func(t *testing.T, b backend)) {
	t.Parallel()
	for _, b := range stores() {
		t.Run(b.name, func(t *testing.T) { test(t, b) })
	}
}

// clock is a real clock that a test can move.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }
