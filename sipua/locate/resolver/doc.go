// Package resolver asks the DNS for the three kinds of records by which SIP servers are found (RFC 3263): NAPTR, SRV
// and addresses. It is a stub resolver: it asks the servers of the system, or those that are configured, and never
// looks further by itself.
//
// Calls must not suffer from a DNS that is slow or gone. So every answer is kept as long as its TTL says, and, when
// no server answers, for up to an hour more (RFC 8767); what does not exist and what could not be learned is kept
// for five seconds. A look-up takes 1.2 seconds at most, and many that ask the same at once cause one query. What
// answers hold is somebody else's word: they are bounded in number and size, and checked before they are used.
package resolver
