package sqlstore

import (
	"database/sql"
	"errors"
	"time"

	"github.com/latchkey/latchkey"
)

// errEnded is what a Reader or Tx answers after its View or Update returned.
var errEnded = errors.New("used after the end of its transaction")

// reader reads in the transaction that is open on its connection. The first
// failure of a statement sticks: nothing more is read or written after it,
// because the transaction may be gone.
type reader struct {
	c      *conn
	clock  func() time.Time
	failed error
}

// Now returns the time in whole milliseconds, as it is stored.
func (r *reader) Now() time.Time { return r.clock().UTC().Truncate(time.Millisecond) }

// keep remembers the first failure; finding nothing is none.
func (r *reader) keep(err error) error {
	if err != nil && r.failed == nil && err != latchkey.ErrNotFound {
		r.failed = err
	}
	return err
}

func (r *reader) row(q queryID, args []any, dest ...any) error {
	if r.failed != nil {
		return r.failed
	}
	return r.keep(r.c.row(q, args, dest...))
}

func (r *reader) rows(q queryID, args []any, each func(*sql.Rows) error) error {
	if r.failed != nil {
		return r.failed
	}
	return r.keep(r.c.rows(q, args, each))
}

// count reads the one number that a query answers.
func (r *reader) count(q queryID, args ...any) (int, error) {
	var n int64
	err := r.row(q, args, &n)
	return int(n), err
}

// millis is how a time is stored.
func millis(t time.Time) int64 { return t.UnixMilli() }

// fromMillis is the time that was stored, in UTC.
func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// flag is how a truth is stored.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
