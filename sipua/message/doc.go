// Package message says what SIP messages say and means what the bridge means: it reads header fields of parsed
// messages, makes requests and responses complete, and turns a bridge.Cause into a status, phrase and Reason (RFC 3326)
// and back.
//
// Bytes and grammar are the business of package wire, which fields cross is that of package headers. Nothing here has
// state, and nothing is sent.
package message
