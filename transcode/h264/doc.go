// Package h264 knows what has to be known of H.264 over RTP (RFC 6184) to bring it from one party to another without
// decoding it: which descriptions fit together and how one is answered, and how parameter sets that stand only there
// come into the stream.
package h264
