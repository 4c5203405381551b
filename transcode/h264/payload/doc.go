// Package payload cuts H.264 pictures into RTP payloads and puts them together again (RFC 6184).
//
// A picture is a list of NAL units, without start codes and lengths. The Packetizer makes single NAL units of
// those that fit, joins parameter sets that stand together in one STAP-A, and cuts the rest into FU-A: what
// packetization-mode 1 allows and every receiver of it understands; for mode 0 it sends single units. The Depacketizer
// takes all of these, one packet after the other in order; a picture of which something is missing is not given.
package payload
