// Package relay passes requests of browsers to the servers of their own domains, and what those say back: REGISTER,
// OPTIONS, MESSAGE, SUBSCRIBE and PUBLISH outside of calls, and the NOTIFYs of what was subscribed there.
//
// The relay adds nothing and knows no password: challenges go to the browser, its credentials go up (RFC 3261 section
// 22.3). Only what the server has to know of the way is changed. A browser cannot be reached but by its connection, so
// the server is given an address of ours, with a token as user part that stands for the connection: as Contact, or as
// Path where the server has that (RFC 3327). Calls, which are bridged, come for the token, too; a Binding says whose it
// is.
//
// A subscription's dialog is the browser's and the server's: Call-ID, tags and sequence numbers cross unchanged, and
// each side knows the other by an address of ours.
//
// Who may pass what to which server is said by whoever makes the Relay; only how often somebody may register, and
// guess passwords there, is bounded here (Admit).
package relay
