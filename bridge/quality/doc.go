// Package quality measures the media of a leg: what came, what is missing, how evenly it came, and what the party says
// of ours (RFC 3550 section 6.4).
//
// A media session keeps a Reception, a Remote and Faults for each kind of media, counts into them under its own lock,
// and gives Stats of them. Nothing here opens a socket, starts a goroutine or allocates for a packet.
package quality
