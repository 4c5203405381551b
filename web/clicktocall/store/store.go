package store

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"

	_ "modernc.org/sqlite" // the driver "sqlite", in Go
)

var (
	// ErrNone is the error where there is no such thing, or it is another account's.
	ErrNone = errors.New("store: there is none")
	// ErrFull is the error where an account has as many as it may, or the very same already.
	ErrFull = errors.New("store: no more, or there already")
)

// version is that of the schema, as the file has it in user_version.
const version = 1

//go:embed schema.sql
var schema string

// Store is the database. It may be used by any goroutine.
type Store struct{ db *sql.DB }

// Open opens the database in a file, and makes it if it is not there. The error tells that the file cannot be used, or
// is of a newer program.
func Open(ctx context.Context, file string) (*Store, error) {
	pragmas := url.Values{"_pragma": {"foreign_keys(1)", "busy_timeout(5000)", "journal_mode(wal)"}}
	name := url.URL{Scheme: "file", Opaque: url.PathEscape(file), RawQuery: pragmas.Encode()}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", file, err)
	}
	db.SetMaxOpenConns(1) // one writer; questions are few and short
	if err := prepare(ctx, db); err != nil {
		return nil, errors.Join(fmt.Errorf("database %s: %w", file, err), db.Close())
	}
	return &Store{db: db}, nil
}

// prepare brings a new file to the present schema.
func prepare(ctx context.Context, db *sql.DB) error {
	var found int
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&found); err != nil {
		return err
	}
	switch found {
	case version:
		return nil
	case 0:
		_, err := db.ExecContext(ctx, schema+fmt.Sprintf("PRAGMA user_version = %d;", version))
		return err
	default:
		return fmt.Errorf("its schema has version %d, this program knows %d", found, version)
	}
}

// Close ends the use of the file.
func (s *Store) Close() error { return s.db.Close() }
