package store

import (
	"context"
	"database/sql"
	"errors"
)

// Address is a SIP address of an account.
type Address struct {
	ID      int64
	Account int64
	// Address is as it is dialled: "sip:alice@example.com".
	Address string
	Callers []Caller
}

// Caller is as whom a call to an address is placed.
type Caller struct {
	ID int64
	// Address is the ID of the Address that is called.
	Address     int64
	DisplayName string
	// IMPU is the SIP address that the callee sees, IMPI the name for digest, Realm the domain of both.
	IMPU, IMPI, Realm string
	// HA1 is the sealed hash of the password (RFC 7616 section 3.4.2).
	HA1 string
}

// Origin is a web site from which an account's addresses may be called.
type Origin struct {
	ID int64
	// Origin is as a browser names it: scheme://host or scheme://host:port.
	Origin string
}

// Addresses gives what can be called of an account, with the callers, in the order in which they were added.
func (s *Store) Addresses(ctx context.Context, account int64) ([]Address, error) {
	callers, err := s.callers(ctx, account)
	if err != nil {
		return nil, err
	}
	return rows(ctx, s.db, `SELECT id, account, address FROM address WHERE account = ? ORDER BY id`,
		[]any{account}, func(row *sql.Rows) (a Address, err error) {
			err = row.Scan(&a.ID, &a.Account, &a.Address)
			a.Callers = callers[a.ID]
			return a, err
		})
}

// callers gives the callers of an account by the ID of the address.
func (s *Store) callers(ctx context.Context, account int64) (map[int64][]Caller, error) {
	all, err := rows(ctx, s.db, `SELECT caller.id, address_id, display_name, impu, impi, realm, ha1 FROM caller
		JOIN address ON address.id = caller.address_id WHERE address.account = ? ORDER BY caller.id`,
		[]any{account}, func(row *sql.Rows) (c Caller, err error) {
			err = row.Scan(&c.ID, &c.Address, &c.DisplayName, &c.IMPU, &c.IMPI, &c.Realm, &c.HA1)
			return c, err
		})
	by := make(map[int64][]Caller)
	for _, caller := range all {
		by[caller.Address] = append(by[caller.Address], caller)
	}
	return by, err
}

// Owners gives the activated accounts that have an address. More than one may; the web site tells them apart.
func (s *Store) Owners(ctx context.Context, address string) ([]Account, error) {
	ids, err := rows(ctx, s.db, `SELECT DISTINCT account.email FROM account JOIN address ON address.account = account.id
		WHERE address.address = ? AND account.secret != '' ORDER BY account.id`,
		[]any{address}, func(row *sql.Rows) (email string, err error) {
			err = row.Scan(&email)
			return email, err
		})
	if err != nil {
		return nil, err
	}
	owners := make([]Account, 0, len(ids))
	for _, email := range ids {
		owner, err := s.Account(ctx, email)
		if err != nil {
			return nil, err
		}
		owners = append(owners, owner)
	}
	return owners, nil
}

// AddAddress gives an account one more address. The error is ErrFull if it has as many as it may, or the address
// already.
func (s *Store) AddAddress(ctx context.Context, account int64, address string, most int) error {
	return s.one(ctx, ErrFull, `INSERT OR IGNORE INTO address (account, address) SELECT ?, ?
		WHERE (SELECT count(*) FROM address WHERE account = ?) < ?`, account, address, account, most)
}

// DeleteAddress takes an address from its account, with its callers. The error is ErrNone if it is not the account's.
func (s *Store) DeleteAddress(ctx context.Context, account, id int64) error {
	return s.one(ctx, ErrNone, `DELETE FROM address WHERE id = ? AND account = ?`, id, account)
}

// AddCaller gives an address of the account one more caller. The error is ErrNone if the address is not the
// account's, or has as many as it may.
func (s *Store) AddCaller(ctx context.Context, account int64, c Caller, most int) error {
	return s.one(ctx, ErrNone, `INSERT INTO caller (address_id, display_name, impu, impi, realm, ha1)
		SELECT id, ?, ?, ?, ?, ? FROM address WHERE id = ? AND account = ?
		AND (SELECT count(*) FROM caller WHERE address_id = address.id) < ?`,
		c.DisplayName, c.IMPU, c.IMPI, c.Realm, c.HA1, c.Address, account, most)
}

// DeleteCaller deletes a caller of one of the account's addresses. The error is ErrNone if it is not the account's.
func (s *Store) DeleteCaller(ctx context.Context, account, id int64) error {
	return s.one(ctx, ErrNone, `DELETE FROM caller WHERE id = ? AND address_id IN
		(SELECT id FROM address WHERE account = ?)`, id, account)
}

// Origins gives the web sites of an account.
func (s *Store) Origins(ctx context.Context, account int64) ([]Origin, error) {
	return rows(ctx, s.db, `SELECT id, origin FROM origin WHERE account = ? ORDER BY id`, []any{account},
		func(row *sql.Rows) (o Origin, err error) {
			err = row.Scan(&o.ID, &o.Origin)
			return o, err
		})
}

// AddOrigin gives an account one more web site. The error is ErrFull if it has as many as it may, or this one already.
func (s *Store) AddOrigin(ctx context.Context, account int64, origin string, most int) error {
	return s.one(ctx, ErrFull, `INSERT OR IGNORE INTO origin (account, origin) SELECT ?, ?
		WHERE (SELECT count(*) FROM origin WHERE account = ?) < ?`, account, origin, account, most)
}

// DeleteOrigin takes a web site from its account. The error is ErrNone if it is not the account's.
func (s *Store) DeleteOrigin(ctx context.Context, account, id int64) error {
	return s.one(ctx, ErrNone, `DELETE FROM origin WHERE id = ? AND account = ?`, id, account)
}

// one runs a statement that changes one row, and gives none if it changed nothing.
func (s *Store) one(ctx context.Context, none error, statement string, arguments ...any) error {
	result, err := s.db.ExecContext(ctx, statement, arguments...)
	if err != nil {
		return err
	}
	if changed, err := result.RowsAffected(); err != nil || changed == 0 {
		return errors.Join(err, none)
	}
	return nil
}

// rows reads all rows of a question.
func rows[T any](
	ctx context.Context, db *sql.DB, question string, arguments []any, read func(*sql.Rows) (T, error),
) ([]T, error) {
	found, err := db.QueryContext(ctx, question, arguments...)
	if err != nil {
		return nil, err
	}
	defer found.Close() //nolint:errcheck // Err tells what went wrong
	var all []T
	for found.Next() {
		one, err := read(found)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, found.Err()
}
