package rtmp

import (
	"crypto/tls"
	"net"
)

// Secure makes a listener of RTMPS of one of TCP. No session tickets are given: librtmp with GnuTLS, which rtmpdump is
// built with, takes the ones of TLS 1.3 for the end of the connection.
func Secure(listener net.Listener, config *tls.Config) net.Listener {
	config = config.Clone()
	config.SessionTicketsDisabled = true
	return tls.NewListener(listener, config)
}
