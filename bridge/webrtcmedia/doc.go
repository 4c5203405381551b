// Package webrtcmedia is the media session of a browser: ICE, DTLS-SRTP and RTP.
//
// An Engine is made once per process. It holds what all sessions share: the certificate, and the UDP sockets in
// single-port mode. Each leg that talks to a browser asks it for a Session.
//
// A Session is the only reader and printer of its leg's SDP. What the browser writes is read by bridge/sdp, checked,
// and reduced to the one audio section that is used; what it reads is printed by us. So direction, payload types,
// number and order of sections are ours. What an offer and answer say of the connection itself goes to the peer, which
// connects, restarts ICE when the browser has new credentials, and is replaced when it has another certificate. Hold,
// resume and session refresh do not touch it.
//
// A peer is pion's ICE agent, which finds the browser and watches that it is there (RFC 7675); DTLS, which begins when
// ICE is connected and gives the keys; and the media, which need neither of them: a packet is read from a socket by a
// udp.Poller, found to be this browser's by package mux, decrypted by package dtlssrtp and handed over, all in one
// goroutine. There telephone-event and comfort noise are split off, and audio is pushed into the transcode.Switch that
// the call plugs. Towards the browser a transcode.Sender owns the stream; nothing leaves before DTLS is up. One
// goroutine per session watches the connection, tells the leg when media are lost and when it is back, and sends RTCP
// reports.
package webrtcmedia
