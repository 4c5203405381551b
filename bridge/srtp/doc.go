// Package srtp protects media packets with keys that others agree on: SRTP and SRTCP (RFC 3711, RFC 7714).
//
// A Sealer encrypts the packets that go out, an Opener decrypts those that come in, both in the memory that the packet
// is in, without allocating and without a goroutine. A Key is a suite and what SDP or DTLS has agreed on for one
// direction; it never shows itself when it is printed.
package srtp
