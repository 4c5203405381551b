// Package rtpmedia is the media of a leg at ports of its own: what a SIP phone or a trunk speaks.
//
// New takes a pair of ports from a PortRange, has a udp.Poller read them, and starts a goroutine that keeps time. The
// leg then negotiates with Offer and SetAnswer, or SetOffer and Answer, and each
// agreement replaces the one before at once. Nothing is sent or passed on before the first agreement.
//
// A packet that comes in is checked (is it RTP of an agreed payload type?), its source is checked (the latch),
// it is counted (RFC 3550), telephone-events are split off, and the rest goes to the writer that
// Receive set, all in the goroutine that read it. Packets to the party go through a transcode.Sender, in the goroutine
// of whoever writes them. No packet waits for a tick.
//
// Packets are protected (SRTP) as Security and the party's SDP say: with keys that stand in SDP (sdesKeys), or that an
// association agrees on by DTLS at the same ports. A protected packet is opened before its source is looked at, so that
// a stranger moves nothing.
//
// With a party that has ICE the path that it finds takes the place of the latch: it checks us (icelite), and if Options
// say so we check it, too (icefull), in the goroutine that keeps time.
//
// The latch decides whom to believe. Media goes to the address of the party's SDP until a packet comes from a
// source that is better known: that address itself, another port of the same host, the host that the party's
// signalling comes from, or, if the SDP names an address that cannot be reached from here, a source that
// sent five packets in order. From then on only that source is heard. It is left only for a better one,
// or when it has been silent for two seconds and another source goes on with the same SSRC and sequence. So a
// stranger who sprays packets is neither heard nor sent anything.
package rtpmedia
