CREATE TABLE account (
	id     INTEGER PRIMARY KEY,
	name   TEXT NOT NULL,
	email  TEXT NOT NULL UNIQUE COLLATE NOCASE,
	secret TEXT NOT NULL DEFAULT '',
	code   TEXT NOT NULL DEFAULT '',
	next   TEXT NOT NULL DEFAULT '',
	asked  INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
	hash    TEXT PRIMARY KEY,
	account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	until   INTEGER NOT NULL
) STRICT;

CREATE TABLE address (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	address TEXT NOT NULL,
	UNIQUE (account, address)
) STRICT;
CREATE INDEX address_address ON address (address);

CREATE TABLE caller (
	id           INTEGER PRIMARY KEY AUTOINCREMENT,
	address_id   INTEGER NOT NULL REFERENCES address (id) ON DELETE CASCADE,
	display_name TEXT NOT NULL,
	impu         TEXT NOT NULL,
	impi         TEXT NOT NULL,
	realm        TEXT NOT NULL,
	ha1          TEXT NOT NULL
) STRICT;
CREATE INDEX caller_address ON caller (address_id);

CREATE TABLE origin (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	origin  TEXT NOT NULL,
	UNIQUE (account, origin)
) STRICT;
