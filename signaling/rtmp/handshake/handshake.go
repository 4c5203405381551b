package handshake

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
)

// version is that of plain RTMP; encrypted RTMP (6 and 8) is not spoken.
const version = 3

// Why a handshake fails.
var (
	// ErrVersion is the error of a peer that does not speak plain RTMP.
	ErrVersion = errors.New("handshake: not plain RTMP")
	// ErrEcho is the error of a server that does not answer what the client asked.
	ErrEcho = errors.New("handshake: the server's answer does not fit")
)

// Server takes a client in. It reads nothing behind the handshake. The caller sets deadlines.
func Server(conn io.ReadWriter) error {
	var hello [1 + size]byte
	if _, err := io.ReadFull(conn, hello[:1]); err != nil {
		return err
	}
	if hello[0] != version { // before anything else is waited for: it may be HTTP, or TLS
		return ErrVersion
	}
	if _, err := io.ReadFull(conn, hello[1:]); err != nil {
		return err
	}
	reply := append([]byte{version}, answer(hello[1:])...)
	if _, err := conn.Write(reply); err != nil {
		return err
	}
	// What the client returns is not looked at: some old ones return something else.
	_, err := io.ReadFull(conn, hello[:size])
	return err
}

// answer gives S1 and S2 to C1.
func answer(first []byte) []byte {
	ours, echo := newPacket(), bytes.Clone(first)
	if bytes.Equal(first[4:8], []byte{0, 0, 0, 0}) { // the simple handshake
		clear(ours[4:8])
		return append(ours, echo...)
	}
	found, digest, ok := find(first, playerKey()[:len(playerName)])
	if !ok {
		clear(ours[4:8])
		return append(ours, echo...)
	}
	copy(ours[found.place(ours):], found.digest(ours, serverKey()[:len(serverName)]))
	return append(ours, sealed(serverKey(), digest)...)
}

// newPacket makes a packet of time 0, a version that is not 0, and noise.
func newPacket() []byte {
	packet := make([]byte, size)
	copy(packet[4:], []byte{3, 5, 1, 1})
	_, _ = rand.Read(packet[8:]) // which never fails
	return packet
}

// sealed makes the second packet of a side: noise that only who knows key can have made of the other's digest.
func sealed(key, digest []byte) []byte {
	packet := newPacket()
	end := size - digestSize
	copy(packet[end:], seal(seal(key, digest), packet[:end]))
	return packet
}

// Layout says how a Client proves itself.
type Layout int

// The layouts of a Client's handshake.
const (
	// Simple is without digests.
	Simple Layout = iota
	// DigestFirst and KeyFirst are the two layouts with digests.
	DigestFirst
	KeyFirst
)

func (l Layout) layout() layout {
	if l == KeyFirst {
		return keyFirst
	}
	return digestFirst
}

// Client opens a connection to a server and checks what it answers. The error is ErrVersion, ErrEcho, or the
// connection's.
func Client(conn io.ReadWriter, as Layout) error {
	first := newPacket()
	if as == Simple {
		clear(first[4:8])
	} else {
		own := as.layout()
		copy(first[own.place(first):], own.digest(first, playerKey()[:len(playerName)]))
	}
	if _, err := conn.Write(append([]byte{version}, first...)); err != nil {
		return err
	}
	var reply [1 + 2*size]byte
	if _, err := io.ReadFull(conn, reply[:]); err != nil {
		return err
	}
	if reply[0] != version {
		return ErrVersion
	}
	second, err := confirm(first, reply[1:1+size], reply[1+size:], as)
	if err != nil {
		return err
	}
	_, err = conn.Write(second)
	return err
}

// confirm checks S1 and S2 and gives C2.
func confirm(first, theirs, echo []byte, as Layout) ([]byte, error) {
	if as == Simple {
		if !bytes.Equal(echo, first) {
			return nil, ErrEcho
		}
		return theirs, nil
	}
	own := as.layout()
	found, digest, ok := find(theirs, serverKey()[:len(serverName)])
	place, end := own.place(first), size-digestSize
	want := seal(seal(serverKey(), first[place:place+digestSize]), echo[:end])
	if !ok || found != own || !bytes.Equal(echo[end:], want) {
		return nil, ErrEcho
	}
	return sealed(playerKey(), digest), nil
}
