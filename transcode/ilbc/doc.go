// Package ilbc reads iLBC (RFC 3951), a narrow-band codec for ways that lose packets, in the RTP payload of RFC 3952:
// frames of 20 or 30 ms, one or more in a packet.
//
// It is decoded by libavcodec, so only in programs that are built with the tag libavcodec, and never encoded: Debian
// has no encoder.
package ilbc
