package rtpengine

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// ErrRefused says that rtpengine does not do as told.
var ErrRefused = errors.New("rtpengine refuses")

const (
	largestDatagram = 65535 // bytes
	// repeat is after how long a command is sent again; rtpengine answers a cookie that it knows as before.
	repeat = time.Second
	// pause is how long is waited after a fault that comes at once: nobody listens yet.
	pause = 50 * time.Millisecond
)

// ask sends a command of the ng protocol and gives the answer.
func ask(ctx context.Context, control string, command dictionary) (dictionary, error) {
	socket, err := (&net.Dialer{}).DialContext(ctx, "udp4", control)
	if err != nil {
		return nil, fmt.Errorf("rtpengine: %w", err)
	}
	defer func() { _ = socket.Close() }() // nothing more is to come
	return askOver(ctx, socket, command)
}

// askOver asks again and again until there is an answer, or ctx ends.
func askOver(ctx context.Context, socket net.Conn, command dictionary) (dictionary, error) {
	cookie := []byte(rand.Text() + " ")
	buffer := make([]byte, largestDatagram)
	for ctx.Err() == nil {
		if _, err := socket.Write(encode(bytes.Clone(cookie), command)); err != nil {
			return nil, fmt.Errorf("rtpengine: %w", err)
		}
		if err := socket.SetReadDeadline(time.Now().Add(repeat)); err != nil {
			return nil, fmt.Errorf("rtpengine: %w", err)
		}
		n, fault := socket.Read(buffer)
		if answer, found := bytes.CutPrefix(buffer[:n], cookie); fault == nil && found {
			return read(answer)
		}
		if fault != nil && !errors.Is(fault, os.ErrDeadlineExceeded) {
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
		}
	}
	return nil, fmt.Errorf("rtpengine is silent: %w", ctx.Err())
}

func read(text []byte) (dictionary, error) {
	value, _, err := decode(text)
	if err != nil {
		return nil, err
	}
	answer, _ := value.(dictionary)
	if result := answer["result"]; result != "ok" && result != "pong" {
		return nil, fmt.Errorf("%w: %v", ErrRefused, answer["error-reason"])
	}
	return answer, nil
}
