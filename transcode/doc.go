// Package transcode turns RTP packets of one format into RTP packets of another.
//
// A party's media session pushes every audio or video packet it receives into a PacketWriter.
// Connect builds that writer, a Pipe: where both parties share a codec the packets pass through
// with no decoding, else they are put in order, decoded, concealed where packets are missing, and
// encoded again, at the lowest sample rate that keeps the bandwidth both codecs have. Only where
// they share no such rate is the sound resampled. A Switch before the Pipe lets the call plug in
// another one; a Sender behind it makes one unbroken RTP stream of whatever is plugged in, and
// puts telephone keys between. All of it runs in the goroutine that received the packet.
//
// Nothing here knows of calls, sockets or SDP; the algorithms live in the subpackages (opus, speex, g722, g711, gsm,
// l16, amr, g729, ilbc, conceal, resample, jitter, sequence, red, comfortnoise, dtmf) and know nothing of RTP sessions.
//
// To add a codec: write its algorithm as a subpackage and add one line to the table in codecs.go.
package transcode
