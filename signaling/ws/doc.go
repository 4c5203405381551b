// Package ws takes browsers in as a SIP transport: SIP over WebSocket (RFC 7118), the server's side.
//
// Server is an http.Handler. It refuses what is no SIP client of an allowed page before it upgrades; each
// connection then has the goroutine of its HTTP request, which reads, and one that writes from a bounded
// queue. Whole messages go to Options.Receive in order; what they say is for others: ws knows SIP only so
// far as to answer keep-alives and to choose between text and binary frames.
//
// The HTTP server around it must bound the time of the request's header (http.Server.ReadHeaderTimeout), and
// with it the TLS handshake: until the header is read nothing here runs.
package ws
