// Package digest proves who sends a SIP request (RFC 3261 section 22, RFC 7616, RFC 8760), on both sides.
//
// As a server, an Authenticator challenges a request with nonces of its own making and checks the answer
// against the secrets that Accounts keeps. A nonce is a time and a random number under a keyed hash, so a
// challenge costs no memory; only a nonce that was answered rightly is remembered, with the counts used, to
// refuse a replay. A user name that fails too often from one place is locked there for a while.
//
// A browser is challenged with exactly one header, MD5 and qop="auth", because no browser client does more:
// of two headers JsSIP and SIP.js take the last, sip-js the first, and sipML5 neither. Phones get SHA-256 first,
// then MD5.
//
// As a client, Answer writes the credentials that a trunk's challenges ask for.
//
// The package knows no transactions: Verify gives the user or a bridge.Cause, ready to be sent.
package digest
