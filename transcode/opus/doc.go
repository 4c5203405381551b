// Package opus codes sound with libopus, mono in calls, at any of the rates that Opus knows: 8, 12, 16, 24 and 48 kHz.
//
// Toward G.711 it decodes straight at 8 kHz and from G.711 it encodes at 8 kHz, so that nothing is resampled;
// only the RTP clock stays at 48 kHz (RFC 7587). Build with the tag nolibopusfile.
package opus
