// Package turn is a relay for browsers that reach no other port of ours (TURN, RFC 8656), over UDP, TCP and TLS.
//
// It is no relay to anywhere: what it passes on goes to our own media ports, which Options.Media knows, and
// comes from there; all else is dropped and counted. So it needs no ports of its own that others can reach.
//
// Who may use it has a name and password that end (the REST API for TURN servers, draft-uberti-behave-turn-rest-00):
// Server.Credentials makes them for a user who has proved himself elsewhere. How many relays a user, a source and all
// together may have is limited, and so is the time that a connection may take to ask for one.
//
// Client is the other side: it gets relays of somebody's server for ourselves, where a NAT lets nothing in.
//
// The protocol is pion's; here is what keeps it from being misused.
package turn
