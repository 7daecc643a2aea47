package sqlstore

import (
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// ErrNewerSchema is wrapped by the error of Open and OpenReadOnly when a newer
// version of Latchkey made the data.
var ErrNewerSchema = errors.New("data was made by a newer version of Latchkey")

// schemaVersion is the version that the migrations of this package lead to; a
// test holds it to the number of the last file.
const schemaVersion = 1

// versionTable is where goose keeps the versions that were applied.
const versionTable = "goose_db_version"

// migrate brings the schema up to date. Migrations go forward only.
func migrate(db *sql.DB) error {
	current, err := currentVersion(db)
	switch {
	case err != nil:
		return err
	case current == schemaVersion:
		return checkLayout(db)
	case current > schemaVersion:
		return newerSchema(current)
	}
	// The journal mode stays with the file. It cannot be set in a migration,
	// which is a transaction.
	if _, err := db.Exec(`PRAGMA journal_mode = wal`); err != nil {
		return err
	}
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files,
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return err
	}
	// Before the migrations: who is cut off between the two begins again.
	if checkLayout(db) != nil {
		if _, err := db.Exec(fmt.Sprintf(`PRAGMA user_version = %d`, layout())); err != nil {
			return err
		}
	}
	_, err = provider.Up(background)
	return err
}

// layout is a number of the text of all migrations. It stays with the file, so
// that a migration that was edited before it was released is told from what it
// became.
func layout() uint32 {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	sum := crc32.NewIEEE()
	for _, name := range names { // sorted
		text, readErr := migrationFiles.ReadFile(name)
		err = errors.Join(err, readErr)
		_, _ = sum.Write(text) // never fails
	}
	if err != nil {
		panic(err) // they are embedded
	}
	return sum.Sum32() >> 1 // the file holds a signed number
}

// checkLayout refuses a schema of this version whose migrations were others.
func checkLayout(db *sql.DB) error {
	var made uint32
	if err := db.QueryRow(`PRAGMA user_version`).Scan(&made); err != nil {
		return err
	}
	if made != layout() {
		return errors.New("its tables are those of a development version of Latchkey, which no release can read: set up another directory, or run the build that made this one")
	}
	return nil
}

// checkSchema refuses a schema that is not exactly that of this version.
func checkSchema(db *sql.DB) error {
	current, err := currentVersion(db)
	switch {
	case err != nil:
		return err
	case current > schemaVersion:
		return newerSchema(current)
	case current < schemaVersion:
		return fmt.Errorf("it has schema version %d and this latchkey reads %d: start latchkey serve once to bring it up to date", current, schemaVersion)
	}
	return checkLayout(db)
}

func newerSchema(current int64) error {
	return fmt.Errorf("%w: it has schema version %d and this latchkey knows %d: run the newer latchkey, or restore a backup made before the upgrade",
		ErrNewerSchema, current, schemaVersion)
}

// currentVersion returns the version of the schema, 0 for an empty database.
// It refuses a database that is somebody else's.
func currentVersion(db *sql.DB) (int64, error) {
	var tables, versioned int
	err := db.QueryRow(`SELECT count(*), coalesce(sum(name = '`+versionTable+`'), 0)
		FROM sqlite_master WHERE type = 'table'`).Scan(&tables, &versioned)
	switch {
	case err != nil:
		return 0, err
	case tables == 0:
		return 0, nil
	case versioned == 0:
		return 0, errors.New("it is the database of another program")
	}
	var version int64
	err = db.QueryRow(`SELECT coalesce(max(version_id), 0) FROM ` + versionTable + ` WHERE is_applied = 1`).Scan(&version)
	return version, err
}
