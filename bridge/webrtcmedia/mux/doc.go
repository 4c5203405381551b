// Package mux tells apart what comes at our sockets (RFC 7983), for ICE, DTLS and media of many browsers.
//
// A Mux is a set of sockets, one per local address. Each browser has a Conn, its share of all of them. A packet's first
// octet says what it is:
//
//   - STUN finds its Conn by what only the two sides know: a request by the user name that we gave the browser, a
//     response by the transaction that we began. It goes to the Conn's ICE agent, for which a Conn is an ice.UDPMux and
//     an ice.TCPMux.
//   - DTLS and media find their Conn by their source, if ICE has proved that to be the browser's: our agent has
//     answered a check from there, which takes the password, or has chosen it. Media are handed over at once, in the
//     goroutine that read them; DTLS waits in a short queue, as it needs one only for the handshake.
//
// All else is dropped and counted. What is sent goes to the address that ICE has chosen, and nowhere else.
//
// Of our addresses the agent knows one for each family, of UDP and of TCP, though browsers are told of all: a candidate
// of the agent stands for several sockets, and the Conn knows by which of them an address of the browser's is reached.
//
// Browsers whose network lets no UDP through come over TCP (RFC 6544, passive), each packet behind its length (RFC
// 4571). A connection counts as a source like an address over UDP; it has little time to prove itself, and ends with
// its call.
package mux
