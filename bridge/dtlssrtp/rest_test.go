package dtlssrtp

import (
	"encoding/binary"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// waits has a session wait in a goroutine, as its user does.
func waits(s *Session) (ended chan struct{}) {
	ended = make(chan struct{})
	go func() {
		s.Wait()
		close(ended)
	}()
	return ended
}

func await(t *testing.T, what string, event <-chan struct{}) {
	t.Helper()
	select {
	case <-event:
	case <-time.After(patience):
		t.Fatal(what)
	}
}

func awaitRest(t *testing.T, s *Session) {
	t.Helper()
	for deadline := time.Now().Add(patience); !s.Resting(); time.Sleep(time.Millisecond) { // polls
		if time.Now().After(deadline) {
			t.Fatal("DTLS does not rest")
		}
	}
}

// speak has a packet of one side heard by the other.
func speak(t *testing.T, from, to *Session) {
	t.Helper()
	var packet rtp.Packet
	if err := to.OpenRTP(seal(t, from, 7, 1, "sound"), &packet); err != nil {
		t.Fatal(err)
	}
}

// TestRest holds when DTLS rests, and that both sides learn of each other's end nevertheless.
func TestRest(t *testing.T) {
	t.Parallel()
	for name, ofClient := range map[string]bool{"the client ends": true, "the server ends": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, server := pair(t)
			ended := map[*Session]chan struct{}{client: waits(client), server: waits(server)}
			awaitRest(t, client)
			if server.Resting() {
				t.Error("the server rests, though the client may ask for its last flight again")
			}
			speak(t, client, server)
			awaitRest(t, server)
			first, second := server, client
			if ofClient {
				first, second = client, server
			}
			if err := first.Close(); err != nil {
				t.Fatal(err)
			}
			await(t, "the one that ended waits on", ended[first])
			await(t, "the other one did not hear of it", ended[second])
		})
	}
}

// TestRestIsDisturbed has something that is no DTLS wake a session.
func TestRestIsDisturbed(t *testing.T) {
	t.Parallel()
	client, server := pair(t)
	ended := waits(server)
	speak(t, client, server)
	awaitRest(t, server)
	server.conn.Take([]byte{23, 254, 253, 0, 1, 0, 0, 0, 0, 0, 99, 0, 4, 1, 2, 3, 4})
	for deadline := time.Now().Add(patience); server.Resting(); time.Sleep(time.Millisecond) { // polls
		if time.Now().After(deadline) {
			t.Fatal("DTLS rests on")
		}
	}
	var packet rtp.Packet
	if err := server.OpenRTP(seal(t, client, 7, 2, "more"), &packet); err != nil {
		t.Error(err)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	await(t, "the goodbye was not heard", ended)
}

// TestNoRecordNumberTwice holds that the number of a record, which its encryption depends on, is never used again.
func TestNoRecordNumberTwice(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := make(map[uint64]bool)
	watch := func(datagram []byte) {
		mu.Lock()
		defer mu.Unlock()
		for len(datagram) >= 13 { // RFC 6347 section 4.1
			number, size := binary.BigEndian.Uint64(datagram[3:]), 13+int(binary.BigEndian.Uint16(datagram[11:]))
			if epoch := number >> 48; epoch > 0 && seen[number] {
				t.Errorf("record %d of epoch %d comes twice", number&(1<<48-1), epoch)
			}
			seen[number], datagram = true, datagram[min(size, len(datagram)):]
		}
	}
	client, server := pair(t)
	send := server.conn.send
	server.conn.send = func(datagram []byte) error { // before there is anybody else who sends
		watch(datagram)
		return send(datagram)
	}
	if _, err := server.connection.Write([]byte("one")); err != nil {
		t.Fatal(err)
	}
	ended := waits(server)
	speak(t, client, server)
	awaitRest(t, server)
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	await(t, "the server waits on", ended)
	mu.Lock()
	defer mu.Unlock()
	if len(seen) != 2 {
		t.Errorf("%d records, not the data and the goodbye", len(seen))
	}
}

// TestCloseWhileItFallsAsleep closes at all moments of falling asleep and waking.
func TestCloseWhileItFallsAsleep(t *testing.T) {
	t.Parallel()
	for i := range 20 {
		client, server := pair(t)
		atClient, atServer := waits(client), waits(server)
		speak(t, client, server)
		if i%2 == 0 {
			client.conn.Take([]byte{23, 254, 253, 0, 1, 0, 0, 0, 0, 0, 99, 0, 4, 1, 2, 3, 4})
		}
		time.Sleep(time.Duration(i) * 40 * time.Microsecond) // no condition: any moment is right
		var both sync.WaitGroup
		var errs [2]error
		both.Go(func() { errs[0] = client.Close() })
		both.Go(func() { errs[1] = server.Close() })
		both.Wait()
		if err := errors.Join(errs[:]...); err != nil {
			t.Fatal(err)
		}
		await(t, "the client waits on", atClient)
		await(t, "the server waits on", atServer)
	}
}
