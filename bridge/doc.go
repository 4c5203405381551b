// Package bridge joins two legs into a call.
//
// A Leg is one party of a call, whatever protocol it speaks: a browser over WebSocket, a SIP phone, a
// Flash phone. A listener that receives a call hands an Incoming leg to Exchange.Accept; the Exchange
// asks its Router whom to dial, dials the Endpoint it names and starts a call. One goroutine
// per call owns all its state and is a single select over the events of both legs: Ringing makes the
// caller ring, Answered answers the caller and connects the media both ways, Ended hangs up the other.
//
// Only neutral words cross from leg to leg: a Description of media, a Cause, a DTMF key, a Direction.
// Each leg ends its own SDP, its own transactions, its own keys. This package opens no socket.
package bridge
