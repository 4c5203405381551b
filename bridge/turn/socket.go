package turn

import (
	"net"
	"sync"
)

// socket is one for UDP. It tells the server when it has been read to its end.
type socket struct {
	net.PacketConn

	ended func()
}

func newSocket(server *Server, from net.PacketConn) *socket {
	server.reading.Add(1)
	return &socket{PacketConn: from, ended: sync.OnceFunc(server.reading.Done)}
}

// ReadFrom gives a packet. pion reads no more after an error.
func (s *socket) ReadFrom(buffer []byte) (int, net.Addr, error) {
	size, from, err := s.PacketConn.ReadFrom(buffer)
	if err != nil {
		s.ended()
	}
	return size, from, err //nolint:wrapcheck // a net.PacketConn
}
