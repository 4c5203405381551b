// Package amr is Adaptive Multi-Rate sound of mobile telephones, narrow (3GPP TS 26.071) and wide band (TS 26.171), in
// the RTP payload of RFC 4867: octet-aligned or bandwidth-efficient, one channel, without CRC, sorting and
// interleaving.
//
// Reading and writing payloads is always there. The codec itself is in programs that are built with the tag amr, which
// links opencore-amr and vo-amrwbenc. Its bit rate follows the party's requests (CMR); we ask for none.
package amr
