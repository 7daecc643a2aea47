// Package sqlstore owns the data as it lies on disk: the tables and their
// migrations, every SQL statement, the connections, and how the changes of
// several callers reach the disk in one flush. It implements latchkey.Store on
// SQLite.
//
// Query text is shared with PostgreSQL as far as the two agree; what is
// SQLite's alone is in sqlite.go, writer.go and migrations.
package sqlstore

import (
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/latchkey/latchkey"
)

// Options are what a store can be told; the zero value is right for a server.
type Options struct {
	// Clock is where Now comes from; time.Now if it is nil.
	Clock func() time.Time
	// QueueLength is how many callers may wait for the writer before further
	// ones are refused; 1024 if it is 0.
	QueueLength int
	// BatchSize is how many callers may share one flush; 64 if it is 0.
	BatchSize int
	// Readers is how many views can run at once; 4 if it is 0.
	Readers int

	// commit replaces the commit of a batch in tests.
	commit func(commit func() error) error
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.QueueLength <= 0 {
		o.QueueLength = 1024
	}
	if o.BatchSize <= 0 {
		o.BatchSize = 64
	}
	if o.Readers <= 0 {
		o.Readers = 4
	}
	if o.commit == nil {
		o.commit = func(commit func() error) error { return commit() }
	}
	return o
}

// Store is the data of one directory. It is safe for concurrent use.
type Store struct {
	opts    Options
	db      *sql.DB
	lock    *lockFile // nil when opened for reading
	readers chan *conn
	stopped chan struct{} // closed by Close; nobody waits for a reader then

	queue                     *queue // nil when opened for reading
	writing                   sync.WaitGroup
	commits, batches, callers atomic.Int64
	views                     atomic.Int64
	flushed                   atomic.Pointer[func(Flush)]

	closing sync.Once
	closed  error
}

var _ latchkey.Store = (*Store)(nil)

// errClosed is the reason for latchkey.ErrUnavailable after Close.
var errClosed = errors.New("the store is closed")

// Open opens the data in dir for reading and writing, makes directory and file
// if they are missing, and brings an older schema up to date. One process at a
// time can have a directory open so. The error says what is wrong with the
// directory; one that wraps ErrInUse, ErrNewerSchema or latchkey.ErrCorrupt
// says which of these it is.
func Open(dir string, opts Options) (*Store, error) {
	lock, err := prepareDirectory(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{opts: opts.withDefaults(), lock: lock, stopped: make(chan struct{})}
	if err := s.open(dir); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

func (s *Store) open(dir string) error {
	path := databasePath(dir)
	var err error
	if s.db, err = openSQLite(path, false); err != nil {
		return err
	}
	if err := checkSQLite(s.db); err != nil {
		return explain(path, err)
	}
	if err := migrate(s.db); err != nil {
		return explain(path, err)
	}
	// What an earlier process left in the log goes into the database, so that
	// nothing rests on a log whose last flush may have failed.
	if _, err := s.db.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		return explain(path, err)
	}
	if err := s.openReaders(); err != nil {
		return explain(path, err)
	}
	s.db.SetMaxIdleConns(0) // what a failure gives up is closed, not used again
	w := &writer{s: s}
	s.queue = newQueue(s.opts.QueueLength, max(1, s.opts.BatchSize-1)) // an ordinary caller in each batch
	s.writing.Add(1)
	go w.loop()
	return nil
}

// OpenReadOnly opens the data in dir for reading, beside a server that runs or
// without one. Update is refused with latchkey.ErrUnavailable.
func OpenReadOnly(dir string, opts Options) (*Store, error) {
	path := databasePath(dir)
	if err := checkReadable(dir); err != nil {
		return nil, err
	}
	s := &Store{opts: opts.withDefaults(), stopped: make(chan struct{})}
	var err error
	if s.db, err = openSQLite(path, true); err != nil {
		return nil, err
	}
	if err = checkSQLite(s.db); err == nil {
		if err = checkSchema(s.db); err == nil {
			err = s.openReaders()
		}
	}
	if err != nil {
		s.release()
		return nil, explain(path, err)
	}
	return s, nil
}

func (s *Store) openReaders() error {
	s.readers = make(chan *conn, s.opts.Readers)
	for range cap(s.readers) {
		c, err := s.openReader()
		if err != nil {
			return err
		}
		s.readers <- c
	}
	return nil
}

func (s *Store) openReader() (*conn, error) {
	c, err := openConn(s.db)
	if err != nil {
		return nil, err
	}
	if _, err := c.c.ExecContext(background, `PRAGMA query_only = 1`); err != nil {
		c.close()
		return nil, fault("open a reader", err)
	}
	return c, nil
}

// Stats counts the work of the store since Open.
type Stats struct {
	Commits int64 // flushes: batches in which somebody wrote something
	Batches int64 // transactions of the writer
	Callers int64 // calls of Update that were run
	Views   int64 // calls of View that were run

	Ordinary, First LaneStats // of Update and of UpdateFirst
}

// LaneStats counts those that wait for the writer.
type LaneStats struct {
	Waiting int   // now
	Refused int64 // so far, because too many waited
}

// Flush is one commit of the writer.
type Flush struct {
	Callers int // whose work it was about
	Took    time.Duration
	Err     error // nil when it is on disk
}

// Stats returns the counts so far.
func (s *Store) Stats() Stats {
	st := Stats{Commits: s.commits.Load(), Batches: s.batches.Load(), Callers: s.callers.Load(), Views: s.views.Load()}
	if s.queue != nil {
		lanes := s.queue.stats()
		st.First, st.Ordinary = lanes[laneFirst], lanes[laneOrdinary]
	}
	return st
}

// OnFlush has f told of every commit from now on, in the writer's goroutine: f
// must not wait for anything.
func (s *Store) OnFlush(f func(Flush)) { s.flushed.Store(&f) }

// Close runs what was accepted, waits for views that run, and lets the
// directory go. Later calls return what the first did.
func (s *Store) Close() error {
	s.closing.Do(func() {
		close(s.stopped)
		if s.queue != nil {
			s.queue.close()
			s.writing.Wait()
		}
		for range cap(s.readers) {
			(<-s.readers).close()
		}
		s.closed = s.release()
	})
	return s.closed
}

// release closes what is open: after a failed Open, that is part of it.
func (s *Store) release() error {
	for len(s.readers) > 0 {
		(<-s.readers).close()
	}
	var err error
	if s.db != nil {
		err = s.db.Close()
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.release())
	}
	if err != nil {
		return fmt.Errorf("close the data: %w", err)
	}
	return nil
}
