package udp

import (
	"crypto/aes"
	"crypto/cipher"
	"testing"

	"golang.org/x/sys/unix"
)

// packetSize is that of a packet of 20 ms of G.711 under SRTP, in bytes.
const packetSize = 12 + 160 + 16

// BenchmarkFloor measures what nobody can do without who passes a packet on: to take it from the kernel and give it
// back, and to protect it or take the protection away. A relayed call does each 6000 times a minute. What counts is
// cpu-ns/op, the time of the processor.
func BenchmarkFloor(b *testing.B) {
	b.Run("send and receive", func(b *testing.B) {
		socket, to := loopback(b)
		packet := make([]byte, packetSize)
		defer reportCPU(b)()
		for b.Loop() {
			if err := unix.Sendto(socket, packet, 0, to); err != nil {
				b.Fatal(err)
			}
			if n, _, err := unix.Recvfrom(socket, packet, 0); n != packetSize || err != nil {
				b.Fatalf("%d bytes: %v", n, err)
			}
		}
	})
	b.Run("AES-128-GCM", func(b *testing.B) {
		block, err := aes.NewCipher(make([]byte, 16))
		if err != nil {
			b.Fatal(err)
		}
		gcm, err := cipher.NewGCM(block)
		if err != nil {
			b.Fatal(err)
		}
		packet, nonce := make([]byte, packetSize), make([]byte, gcm.NonceSize())
		defer reportCPU(b)()
		for b.Loop() {
			gcm.Seal(packet[:12], nonce, packet[12:172], packet[:12])
		}
	})
}

// reportCPU gives what reports the processor's time since it was called.
func reportCPU(b *testing.B) func() {
	b.Helper()
	spent := func() int64 {
		var usage unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
			b.Fatal(err)
		}
		return usage.Utime.Nano() + usage.Stime.Nano()
	}
	before := spent()
	return func() { b.ReportMetric(float64(spent()-before)/float64(b.N), "cpu-ns/op") }
}

// loopback opens a socket that is connected to nobody, and gives its own address.
func loopback(b *testing.B) (socket int, address unix.Sockaddr) {
	b.Helper()
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = unix.Close(socket) })
	if err = unix.Bind(socket, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		b.Fatal(err)
	}
	if address, err = unix.Getsockname(socket); err != nil {
		b.Fatal(err)
	}
	return socket, address
}
