package sqlstore

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	sqlite "modernc.org/sqlite"

	"github.com/latchkey/latchkey"
)

// oldestSQLite is the oldest SQLite that is accepted: before it, a checkpoint
// that raced with a writer could damage a database in WAL mode.
const oldestSQLite = "3.51.3"

// openSQLite returns the pool that the dedicated connections are taken from.
// Opening changes nothing in the file, which may not be ours.
func openSQLite(path string, readOnly bool) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	pragmas := []string{
		"foreign_keys(1)", "trusted_schema(0)", "temp_store(memory)",
		"cache_size(-16384)", "mmap_size(1073741824)",
	}
	values := url.Values{"_dqs": {"0"}}
	if readOnly {
		values.Set("mode", "ro")
		pragmas = append(pragmas, "busy_timeout(5000)", "query_only(1)")
	} else {
		values.Set("mode", "rw")
		pragmas = append(pragmas, "busy_timeout(1000)", "synchronous(full)",
			"journal_size_limit(67108864)", "wal_autocheckpoint(2000)")
	}
	values["_pragma"] = pragmas
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: values.Encode()}
	return sql.Open("sqlite", name.String())
}

// checkSQLite refuses a library that is too old.
func checkSQLite(db *sql.DB) error {
	var version string
	if err := db.QueryRow(`SELECT sqlite_version()`).Scan(&version); err != nil {
		return err
	}
	return checkVersion(version)
}

func checkVersion(version string) error {
	have, want := versionNumbers(version), versionNumbers(oldestSQLite)
	for i := range want {
		if have[i] != want[i] {
			if have[i] < want[i] {
				return fmt.Errorf("SQLite %s is too old: %s or later is needed", version, oldestSQLite)
			}
			break
		}
	}
	return nil
}

// versionNumbers reads "3.51.3"; what is missing or no number counts as 0.
func versionNumbers(version string) (n [3]int) {
	for i, part := range strings.SplitN(version, ".", len(n)) {
		n[i], _ = strconv.Atoi(part)
	}
	return n
}

// The primary result codes of SQLite that decide what a failure means.
const (
	sqlitePerm       = 3
	sqliteBusy       = 5
	sqliteLocked     = 6
	sqliteNoMem      = 7
	sqliteReadOnly   = 8
	sqliteInterrupt  = 9
	sqliteIOErr      = 10
	sqliteCorrupt    = 11
	sqliteFull       = 13
	sqliteCantOpen   = 14
	sqliteProtocol   = 15
	sqliteNoLFS      = 22
	sqliteNotADB     = 26
	sqliteForeignKey = 787 // the extended code of a violated foreign key
)

// scanFault begins the errors of database/sql about a value that is not of its
// column's type, which SQLite lets be stored all the same. They have no type of
// their own.
const scanFault = "sql: Scan error"

// fault says what a failed statement means: latchkey.ErrUnavailable,
// latchkey.ErrCorrupt, latchkey.ErrNotFound for a row that refers to one that
// is not there, or none of them for a statement that is wrong.
func fault(name string, err error) error {
	var e *sqlite.Error
	switch {
	case errors.As(err, &e):
	case lostConnection(err):
		return fmt.Errorf("%w: %s: %w", latchkey.ErrUnavailable, name, err)
	case strings.HasPrefix(err.Error(), scanFault):
		return fmt.Errorf("%w: %s: %w", latchkey.ErrCorrupt, name, err)
	default:
		return fmt.Errorf("%s: %w", name, err)
	}
	switch {
	case e.Code() == sqliteForeignKey:
		return fmt.Errorf("%w: %s: %w", latchkey.ErrNotFound, name, err)
	case damaged(e):
		return fmt.Errorf("%w: %s: %w", latchkey.ErrCorrupt, name, err)
	case unavailable(e):
		return fmt.Errorf("%w: %s: %w", latchkey.ErrUnavailable, name, err)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// breaksTransaction reports whether a failure is one after which SQLite may
// have rolled the whole transaction back, everybody's work included.
func breaksTransaction(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (unavailable(e) || damaged(e)) || lostConnection(err)
}

func lostConnection(err error) bool {
	return errors.Is(err, sql.ErrConnDone) || errors.Is(err, driver.ErrBadConn)
}

func unavailable(e *sqlite.Error) bool {
	switch e.Code() & 0xff {
	case sqlitePerm, sqliteBusy, sqliteLocked, sqliteNoMem, sqliteReadOnly, sqliteInterrupt,
		sqliteIOErr, sqliteFull, sqliteCantOpen, sqliteProtocol, sqliteNoLFS:
		return true
	}
	return false
}

func damaged(e *sqlite.Error) bool {
	code := e.Code() & 0xff
	return code == sqliteCorrupt || code == sqliteNotADB
}
