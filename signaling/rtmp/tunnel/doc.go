// Package tunnel takes RTMP in through HTTP, as RTMPT: for clients in networks that let nothing else out.
//
// A client asks POST /open/1 for a session, sends RTMP in the bodies of POST /send/<session>/<number>, asks with POST
// /idle/<session>/<number> what there is for it, and ends with POST /close/<session>/<number> (Adobe's documents name
// it; its form is as clients send it). Listener is an http.Handler for these, and a net.Listener of the sessions, which
// are connections like others to who accepts them.
package tunnel
