// Package icefull looks for an ICE peer, and lets itself be found: full ICE (RFC 8445) from one socket for each
// component.
//
// An Agent has the credentials of one media section. Begin tells it what the peer's description says; each candidate of
// the peer makes a pair with our only one of the same component. Due gives the checks that are to be sent, one every
// 50 ms, those that the peer's own checks ask for first, then by priority, and again as long as no answer comes. Take
// reads what comes at the sockets. Where the agent controls it nominates the best pair that works; else the peer does.
// An agent opens no socket and starts no goroutine: whoever owns the sockets calls Due when it is time.
//
// A path in use is checked every five seconds, which keeps it open; a peer that answers none of these checks for
// thirty, and sends no media from there either, has taken back its consent to be sent anything (RFC 7675), as Revoked
// tells, and Fails some time before.
//
// What is left out: relays of our own. Pairs have no frozen state, as there is one base, whatever a NAT makes of it.
package icefull
