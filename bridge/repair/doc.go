// Package repair has lost packets sent again (RFC 4585 section 6.2.1): a Resender answers what a party misses of ours,
// a Requester finds what we miss of its stream. Both are bounded in memory, and by how often they do it, so that nobody
// makes us send much more than we sent anyway. Where it was agreed, a packet is sent again in a stream of its own
// (RFC 4588), else as it was.
package repair
