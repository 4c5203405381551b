// Package identity says who sends a SIP request, and so who may speak for whom.
//
// A request is taken to be from the first of these that fits:
//
//   - a server that we are configured to use: a trunk, or one of an upstream domain. It is known by where it speaks
//     from, or by the contact that only it was told; and believed;
//   - the user of its connection: named by the token that opened the connection, or proved on it before. A datagram has
//     no connection, and its source can be forged, so it is never remembered who sent one;
//   - the user of a local domain whom its From names, if he proves that with this request: by a token in it (RFC 8898),
//     by digest (RFC 8760), or by digest with a temporary account. Without that the sender is challenged;
//   - a stranger: the From names a domain that is not ours, and nobody can prove that.
//
// What was proved is a Proof. Users keeps those of connections for as long as they last, under a lock of its own; a
// connection on which a proxy speaks is nobody's, for that speaks for many. A certificate names no user: it says who
// may connect at all, and which server is at the other end, and both are the business of package transport.
//
// Two more things follow from who somebody is. A connection with a token speaks for nobody but its user. And a dialog
// goes on only with its own party: by its connection, from its own host or those that it named, or by proof, since
// whoever sees a message knows the tags of its dialog.
//
// What somebody may ask for once he is known is for others to say.
package identity
