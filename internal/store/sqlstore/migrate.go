package sqlstore

import (
	"database/sql"
	"embed"
	"errors"
	"fmt"
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
		return nil
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
	_, err = provider.Up(background)
	return err
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
	return nil
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
