// Package dtlssrtp agrees on keys with a peer by DTLS, for media that are protected with them: RFC 5763 and 5764.
//
// An Identity is our certificate, made once per process. Handshake proves it to the peer, checks the peer's certificate
// against the fingerprint that signalling gave, and makes a Session of the keys. Without that proof there are no keys,
// so no packet is ever sent or believed before it.
//
// A Session opens and seals packets (see srtp); where they come from and go to is its user's matter. What it needs a
// goroutine for is DTLS itself, which goes on beside the media: the peer may ask for the last flight again, and says
// goodbye by it. Until one of them does so, DTLS rests as soon as it may, and takes next to no memory.
package dtlssrtp
