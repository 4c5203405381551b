// Package locate finds the servers that a SIP URI stands for, in the order in which they are to be tried (RFC 3263),
// and remembers which of them are not worth a try.
//
// A [Locator] turns a URI into targets: transport, address, and the name that a certificate must have. It asks the DNS
// by package resolver for NAPTR, SRV and addresses, as far as the URI leaves that open. Among servers of one priority
// it chooses by their weights (RFC 2782), but always the same for the same user, so that whoever is challenged by one
// server does not answer to another.
//
// A [Blacklist] has the targets that did not answer, said that they are busy, or failed their probes. They come last.
package locate
