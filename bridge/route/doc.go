// Package route chooses who is called: the Router of the configuration's route rules.
//
// The rules are tried in order against the whole Request-URI, a SIP URI or the name of a service such as
// urn:service:sos (RFC 5031), and the first that matches counts. It sends
// the call to a registered user, to an upstream server, to a built-in number, to a SIP URI made of a
// template, or refuses it. Where no rule matches, a URI of an upstream domain goes to the server of that
// domain unchanged, and a call from that server to the users that registered there through us; anything
// else is not found.
//
// The bridge is no open relay: the host of every call that leaves it stands in the configuration and never comes from
// a caller, and a caller that proved nothing reaches only what rules with from: any allow.
package route
