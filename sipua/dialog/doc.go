// Package dialog keeps what both ends of a call know of each other, and makes the requests between them (RFC 3261
// section 12).
//
// A Dialog begins with an INVITE. One of the party's names everything at once (Answering). One of ours (Calling) goes
// to its Request-URI, maybe to several servers (First), until a response brings the party's tag, its Contact as the
// remote target and the proxies on the way as the route set (Establish). Where a proxy has forked the INVITE, each To
// tag makes a dialog of its own (Fork).
//
// From then on Request builds what we send, with the next CSeq number, and Accept holds what comes to its order. Either
// end may move: the party by a target refresh (Refresh), we by a Contact on another flow (MoveTo).
//
// The next request goes to the first route, or else to the remote target. Written as an address, that is where; a name
// has servers that are looked up elsewhere and noted in the dialog's Hop, with the requests that wait for them. Whether
// a party may be followed there is not decided here.
//
// Replaces (RFC 3891) names a dialog from outside; ParseReplaces reads it.
//
// Nothing is sent here, and nothing waits: a Dialog belongs to the goroutine of its leg.
package dialog
