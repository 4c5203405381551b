// Package rtmp takes in Flash phones and AIR applications: their calls and their sound share one
// connection.
//
// A client connects to rtmp://host/sip/user@domain with its login and password, and is from then on a device of
// that user. It calls with invite, bye, sendDTMF and hold, and is told what happens by ringing, accepted, rejected,
// invited, cancelled, byed and holded: the API of siprtmp. It publishes the stream "local", which is what it says,
// and plays "remote", which is what it hears.
//
// A client that connects to rtmp://host/phone speaks the vocabulary of FreeSWITCH's mod_rtmp instead: it logs in
// afterwards, and may have several calls, two of them as a conference.
//
// A call of a client is a bridge.Incoming, and a call to it a bridge.Leg that the Endpoint of its connection
// dials; nothing else in the bridge knows that it speaks RTMP. Each audio message becomes RTP packets at once,
// and each RTP packet an audio message; what codec a message has says its first byte alone, whatever was agreed. What
// comes unevenly or out of order from a network goes to the client evenly and in order, at most 120 ms late.
//
// Pictures in H.264 cross undecoded: a camera makes RTP packets of the client's video messages, with the parameter sets
// before each full picture, and a screen makes messages of packets, from the first full picture on.
//
// An encoder such as ffmpeg connects to rtmp://host/live and publishes a stream, which calls somebody by itself or is
// called: the subpackage live makes legs of it. A player that plays it there is a caller, too, without knowing.
//
// The bytes are read in the subpackages: handshake, chunk (messages), amf (values), flv and xflv (pictures), and tunnel
// (RTMP through HTTP). A connection has two goroutines,
// one that reads and one that writes; what is to be written waits in a bounded queue, and a client that does not
// read it in time is dropped. A conference has one that mixes. The Server's Run waits for all of them. Legs have no
// goroutine.
package rtmp
