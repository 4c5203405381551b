// Package sipua is the bridge's SIP user agent: dialogs and registrations on any transport, with any media.
//
// A transport (UDP, TCP, or a WebSocket of package ws) frames whole messages and hands each, in order, to
// Agent.Receive with the Flow it came on. The agent checks and parses it (packages wire and message), matches
// it to a transaction, and passes what is new on: requests inside a dialog to the inbox of their leg,
// a new INVITE to a new leg and the Exchange, REGISTER to the Registrar or the Relay to an upstream server.
//
// What is refused at the door, be it malformed, too much, of nobody we know, or to be proved first, costs no
// transaction, no leg and no more than one log line a second.
//
// Beside calls it keeps the rest of a user agent's business: messages; subscriptions to local users (packages notifier
// and presence); what passes to upstream servers (package relay); registrations of our own at trunks (package trunk);
// calls that pass as through a proxy (package proxy). Which server a URI means is found by package locate, and tried by
// package failover; which header fields cross is said by package headers, what bodies say by package content, who is
// asking by package identity, and whether he may by package admission. Requests and their answers are the business of
// package transaction.
//
// A leg is a Dialog (package dialog) joined to a MediaSession, with a timer of package sessiontimer; one goroutine owns
// it. The browser's leg and the phone's leg are the same type on different transports with different media.
package sipua
