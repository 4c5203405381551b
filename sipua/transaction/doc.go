// Package transaction is the layer between messages and those who mean something by them (RFC 3261 section 17): a Table
// finds the transaction that a message belongs to, on any transport; a Server is a request that we answer, a Client one
// that we sent.
//
// The state machines are sipgo's. Around them stands what they lack: responses reach their Handler on the goroutine of
// the flow that brought them, so that nothing overtakes them; a request too large for UDP goes over TCP, and back to
// UDP where the peer takes no connection (section 18.1.1); an ICMP error fails the request that it quotes; and who has
// lost interest is let go of, though the transaction lives on for its half minute.
package transaction
