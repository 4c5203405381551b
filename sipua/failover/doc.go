// Package failover brings a request to one of the servers that it may go to (RFC 3263 section 4): it has them located,
// tries one after the other, and has those tried last that were silent, out of reach or busy.
//
// A server is left behind if it says nothing for some seconds, and not only after the 32 s of a transaction; what it
// answers counts, but for 503. INVITEs have more to them, forks and CANCEL and media, and are tried in order by those
// who send them; here they learn where, and tell what became of it.
package failover
