package store

import (
	"context"
	"time"
)

// AddSession remembers a token by its hash.
func (s *Store) AddSession(ctx context.Context, account int64, hash string, until time.Time) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO session (hash, account, until) VALUES (?, ?, ?)`,
		hash, account, until.Unix())
	return err
}

// HasSession tells whether a token with this hash is the account's and has not ended.
func (s *Store) HasSession(ctx context.Context, account int64, hash string, now time.Time) (bool, error) {
	var count int
	err := s.db.QueryRowContext(ctx, `SELECT count(*) FROM session WHERE hash = ? AND account = ? AND until > ?`,
		hash, account, now.Unix()).Scan(&count)
	return count > 0, err
}
