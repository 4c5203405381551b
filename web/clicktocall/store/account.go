package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Account is somebody who can be called.
type Account struct {
	ID    int64
	Name  string
	Email string
	// Secret is the hash of what the account signs in with; empty until it is activated.
	Secret string
	// Code is the hash of the code that activates the account, or gives it the secret in Next; empty for none.
	Code string
	// Next is the hash that becomes Secret with the code.
	Next string
	// Asked is when the code was made.
	Asked time.Time
}

// Activated tells whether somebody has shown that he reads the account's mail.
func (a Account) Activated() bool { return a.Secret != "" }

const accountColumns = `id, name, email, secret, code, next, asked`

// Account gives the account with this e-mail address, in any case of letters. The error is ErrNone if there is none.
func (s *Store) Account(ctx context.Context, email string) (Account, error) {
	return account(s.db.QueryRowContext(ctx, `SELECT `+accountColumns+` FROM account WHERE email = ?`, email))
}

func account(row *sql.Row) (Account, error) {
	var a Account
	var asked int64
	err := row.Scan(&a.ID, &a.Name, &a.Email, &a.Secret, &a.Code, &a.Next, &asked)
	a.Asked = time.Unix(asked, 0)
	if errors.Is(err, sql.ErrNoRows) {
		return Account{}, ErrNone
	}
	return a, err
}

// Ask makes an account, or gives the one that there is a new code and the hash that comes into force with it.
// The name counts only until the account is activated.
func (s *Store) Ask(ctx context.Context, a Account) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO account (name, email, code, next, asked) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (email) DO UPDATE SET code = excluded.code, next = excluded.next, asked = excluded.asked,
		name = CASE WHEN secret = '' THEN excluded.name ELSE name END`,
		a.Name, a.Email, a.Code, a.Next, a.Asked.Unix())
	return err
}

// Activate puts the next secret into force and ends the code, and every session with it. The error is ErrNone if the
// account has another code by now.
func (s *Store) Activate(ctx context.Context, a Account) error {
	transaction, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer transaction.Rollback() //nolint:errcheck // after Commit it does nothing
	result, err := transaction.ExecContext(ctx,
		`UPDATE account SET secret = next, next = '', code = '' WHERE id = ? AND code = ?`, a.ID, a.Code)
	if err != nil {
		return err
	}
	if changed, fault := result.RowsAffected(); fault != nil || changed == 0 {
		return errors.Join(fault, ErrNone)
	}
	if _, err = transaction.ExecContext(ctx, `DELETE FROM session WHERE account = ?`, a.ID); err != nil {
		return err
	}
	return transaction.Commit()
}

// Purge deletes the accounts that nobody activated since a time, and the sessions that ended before now.
func (s *Store) Purge(ctx context.Context, since, now time.Time) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM account WHERE secret = '' AND asked < ?`, since.Unix())
	if err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, `DELETE FROM session WHERE until <= ?`, now.Unix())
	return err
}
