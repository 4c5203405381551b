package process

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// Ports of the programs under test come from below those that the kernel hands out to anybody (32768 and up): between
// our look and the program's bind a browser or a phone's media would too often get the same.
const (
	firstPort = 28500
	ports     = 4200
)

// FreePort returns an even loopback port that is free for UDP and for TCP, as is the next, which some SIP peers
// take for TLS. No other test gets it, in this process or another, until this process ends.
func FreePort() (int, error) { return FreePorts(1) }

// FreePorts returns the first of so many pairs of such ports, side by side.
func FreePorts(pairs int) (int, error) {
	for range ports {
		if first := firstPort + 2*rand.IntN(ports/2-pairs+1); freePairs(first, pairs) {
			return first, nil
		}
	}
	return 0, errors.New("no loopback port is free for UDP and TCP alike")
}

// freePairs takes pairs of ports for this process. Those that it has taken in vain it keeps.
func freePairs(first, pairs int) bool {
	for port := first; port < first+2*pairs; port += 2 {
		if !reserve(port) || !free(port) || !free(port+1) {
			return false
		}
	}
	return true
}

// reserve takes a port for this process by a lock on a file, which the system releases when the process ends: a test
// may need its port long before a program has bound it.
func reserve(port int) bool {
	directory := filepath.Join(os.TempDir(), "sipbridge-test-ports")
	if err := os.MkdirAll(directory, 0o777); err != nil {
		return false
	}
	name := filepath.Join(directory, fmt.Sprint(port))
	// No *os.File, which the collector would close.
	file, err := syscall.Open(name, syscall.O_CREAT|syscall.O_RDWR|syscall.O_CLOEXEC, 0o666)
	if err != nil {
		return false
	}
	if err := syscall.Flock(file, syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = syscall.Close(file) // it was only tried
		return false
	}
	return true
}

func free(port int) bool {
	address := fmt.Sprintf("127.0.0.1:%d", port)
	packets, err := net.ListenPacket("udp4", address)
	if err != nil {
		return false
	}
	defer func() { _ = packets.Close() }()
	stream, err := net.Listen("tcp4", address)
	if err != nil {
		return false
	}
	return stream.Close() == nil
}
