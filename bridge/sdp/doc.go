// Package sdp reads and prints session descriptions (RFC 8866) as SIP parties write them.
//
// Parse takes what a browser, a desk phone or an old PBX sends. It looks at the limits first and at the
// text second, forgives what does no harm (lines ended by LF, lines out of order, a missing s= line, media
// types it does not know), and gives a Session in which everything inherited from the session
// level already stands in each Media: address, direction, ICE credentials, fingerprints, setup role.
// Static payload types without an rtpmap are filled in. Session.Description reduces that to the
// neutral bridge.Description that crosses to the other leg.
//
// Session.Marshal prints a Session made by us: a small RTP/AVP description for a phone, or one with ICE
// and DTLS attributes for a browser. SDP is never edited as text: what a party sent is never printed to
// another one.
package sdp
