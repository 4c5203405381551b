// Package store keeps the accounts of click-to-call in a database: who owns which SIP addresses, as whom a call to one
// of them is placed, and from which web sites it may be called.
//
// It is SQLite in one file, by database/sql. Every question about something that belongs to an account names the
// account, so that nobody reads or deletes what is another's. No secret is here in clear: passwords and sessions are
// hashes, and what has to be used again is sealed by the caller.
package store
