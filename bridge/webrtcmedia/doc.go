// Package webrtcmedia is the media session of a browser: ICE, DTLS-SRTP and RTP over pion/webrtc.
//
// An Engine is made once per process. It holds what all sessions share: the certificate, the codecs, and the
// UDP sockets in single-port mode. Each leg that talks to a browser asks it for a Session.
//
// A Session is the only reader and printer of its leg's SDP. What the browser writes is read by bridge/sdp, checked,
// and reduced to the one audio section that is used; from that we print a small, always equal-looking
// description for pion. pion never sees the browser's text, and its own text never reaches the browser: of
// it we take the ICE credentials and candidates, and print our offer or answer around them. So direction, payload
// types, number and order of sections are ours, and pion is asked again only when the browser restarts
// ICE or renumbers its payload types. Hold, resume and session refresh do not touch it.
//
// The browser's packets are read by one goroutine per stream. It splits off telephone-event and comfort noise
// and pushes audio into the transcode.Switch that the call plugs. Towards the browser a transcode.Sender owns
// the stream; nothing leaves before DTLS is up. One goroutine per session watches the connection, tells the leg
// when media is lost and when it is back, and sends RTCP reports.
package webrtcmedia
