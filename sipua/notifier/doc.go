// Package notifier is the SIP side of what users of our own domains tell and hear of each other: the notifier of
// RFC 6665, and where PUBLISH goes (RFC 3903).
//
// A SUBSCRIBE becomes a subscription: a dialog on the flow on which it was made, with which it ends, in which NOTIFYs
// go out and further SUBSCRIBEs come in. What is told on it, and when, package presence decides; who may watch whom,
// and who speaks for whom, is not known to either: whoever makes the Notifier says so. Removals spare this package, and
// the servers to which requests are passed on, a client that takes no 200 for an end.
package notifier
