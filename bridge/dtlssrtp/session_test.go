package dtlssrtp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"sipbridge/bridge/srtp"
)

// patience is how long a handshake may take on a busy machine.
const patience = 30 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must[Value any](tb testing.TB) func(Value, error) Value {
	tb.Helper()
	return func(value Value, err error) Value {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return value
	}
}

// newWire gives both ends of a connection.
func newWire() (one, other *Conn) {
	one = NewConn(func(datagram []byte) error { other.Take(datagram); return nil })
	other = NewConn(func(datagram []byte) error { one.Take(datagram); return nil })
	return one, other
}

func silent() logging.LoggerFactory {
	factory := logging.NewDefaultLoggerFactory()
	factory.DefaultLogLevel = logging.LogLevelDisabled
	return factory
}

// outcome is what became of a handshake.
type outcome struct {
	session *Session
	err     error
}

// shake lets two sides shake hands; each expects the given fingerprint of the other.
func shake(tb testing.TB, ofClient, ofServer Fingerprint, client, server *Identity) (atClient, atServer outcome) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	one, other := newWire()
	var both sync.WaitGroup
	both.Go(func() {
		atClient.session, atClient.err = Handshake(ctx, one, Options{
			Identity: client, Client: true, Peer: ofServer, Logs: silent(),
		})
	})
	both.Go(func() {
		atServer.session, atServer.err = Handshake(ctx, other, Options{Identity: server, Peer: ofClient, Logs: silent()})
	})
	both.Wait()
	return atClient, atServer
}

// pair gives two sessions that trust each other.
func pair(tb testing.TB) (client, server *Session) {
	tb.Helper()
	one, other := must[*Identity](tb)(NewIdentity()), must[*Identity](tb)(NewIdentity())
	atClient, atServer := shake(tb, one.Fingerprint(), other.Fingerprint(), one, other)
	if err := errors.Join(atClient.err, atServer.err); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := errors.Join(atClient.session.Close(), atServer.session.Close()); err != nil {
			tb.Error(err)
		}
	})
	return atClient.session, atServer.session
}

// seal makes a packet and encrypts it.
func seal(tb testing.TB, from *Session, ssrc uint32, number uint16, payload string) []byte {
	tb.Helper()
	packet := rtp.Packet{Header: rtp.Header{Version: 2, SSRC: ssrc, SequenceNumber: number}, Payload: []byte(payload)}
	buffer := make([]byte, packet.MarshalSize()+srtp.Overhead)
	size := must[int](tb)(packet.MarshalTo(buffer))
	return bytes.Clone(must[[]byte](tb)(from.SealRTP(buffer, size)))
}

func TestMediaBothWays(t *testing.T) {
	t.Parallel()
	client, server := pair(t)
	for name, way := range map[string][2]*Session{"to the server": {client, server}, "to the client": {server, client}} {
		from, to := way[0], way[1]
		var packet rtp.Packet
		// Twice round all sequence numbers, each pair of packets in the wrong order: SRTP has to count along.
		for number := 1000; number < 1000+2<<16; number += 2 {
			later, sooner := seal(t, from, 7, uint16(number+1), "later"), seal(t, from, 7, uint16(number), "sooner")
			for _, sealed := range [][]byte{later, sooner} {
				if err := to.OpenRTP(sealed, &packet); err != nil {
					t.Fatalf("%s, %d: %v", name, number, err)
				}
			}
			if packet.SequenceNumber != uint16(number) || string(packet.Payload) != "sooner" {
				t.Fatalf("%s: got %+v", name, packet)
			}
		}
		if sealed := seal(t, from, 8, 1, "sound"); len(sealed) != 12+5+16 || bytes.Contains(sealed, []byte("sound")) {
			t.Errorf("%s: not AES-GCM: %x", name, sealed)
		}
	}
}

func TestReports(t *testing.T) {
	t.Parallel()
	client, server := pair(t)
	plain := must[[]byte](t)((&rtcp.ReceiverReport{SSRC: 9}).Marshal())
	sealed := must[[]byte](t)(server.SealRTCP(plain))
	again := bytes.Clone(sealed)
	opened := must[[]byte](t)(client.OpenRTCP(sealed))
	if !bytes.Equal(opened, plain) {
		t.Errorf("sent %x, got %x", plain, opened)
	}
	if _, err := client.OpenRTCP(again); err == nil {
		t.Error("the same report was taken twice")
	}
}

// TestForgery holds what is not believed.
func TestForgery(t *testing.T) {
	t.Parallel()
	client, server := pair(t)
	_, stranger := pair(t)
	good := seal(t, server, 7, 1, "sound")
	spoilt := bytes.Clone(good)
	spoilt[13] ^= 1
	relabelled := bytes.Clone(good)
	relabelled[1] ^= 1 // the payload type
	var packet rtp.Packet
	for name, datagram := range map[string][]byte{
		"spoilt": spoilt, "relabelled": relabelled, "short": good[:14], "our own": seal(t, client, 7, 1, "sound"),
		"a stranger's": seal(t, stranger, 7, 1, "sound"), "nothing": {},
	} {
		if client.OpenRTP(datagram, &packet) == nil {
			t.Errorf("%s: believed", name)
		}
	}
	again := bytes.Clone(good)
	if err := client.OpenRTP(good, &packet); err != nil {
		t.Errorf("after the forgeries: %v", err)
	}
	if client.OpenRTP(again, &packet) == nil {
		t.Error("the same packet was taken twice")
	}
}

// TestFingerprints holds that there are no keys without the right certificate.
func TestFingerprints(t *testing.T) {
	t.Parallel()
	one, other := must[*Identity](t)(NewIdentity()), must[*Identity](t)(NewIdentity())
	right, wrong := one.Fingerprint(), other.Fingerprint()
	strange := Fingerprint{Hash: "sha-1", Value: right.Value}
	for name, fingerprints := range map[string][2]Fingerprint{
		"of the client": {wrong, wrong}, "of the server": {right, right}, "by a hash that proves nothing": {strange, wrong},
	} {
		atClient, atServer := shake(t, fingerprints[0], fingerprints[1], one, other)
		if atClient.session != nil {
			_ = atClient.session.Close() // it cannot know; the server, which does not trust it, has no keys
		}
		if atServer.session != nil {
			_ = atServer.session.Close()
		}
		if atClient.err == nil && atServer.err == nil {
			t.Errorf("%s: believed", name)
		}
	}
}

func TestFingerprintHashes(t *testing.T) {
	t.Parallel()
	const abc = "BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD"
	certificate := [][]byte{[]byte("abc")} // FIPS 180-2 appendix B.1
	for _, good := range []Fingerprint{{"sha-256", abc}, {"SHA-256", strings.ToLower(abc)}} {
		if err := good.check(certificate); err != nil {
			t.Errorf("%+v: %v", good, err)
		}
	}
	for _, hash := range []string{"sha-384", "sha-512"} {
		f := Fingerprint{Hash: hash}
		f.Value = hexadecimal(f.function(), certificate[0])
		if err := f.check(certificate); err != nil {
			t.Errorf("%s: %v", hash, err)
		}
	}
	for _, bad := range []Fingerprint{{"sha-512", abc}, {"sha-256", abc[:len(abc)-1]}, {"md5", abc}, {}} {
		if err := bad.check(certificate); !errors.Is(err, ErrFingerprint) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if err := (Fingerprint{"sha-256", abc}).check(nil); !errors.Is(err, ErrFingerprint) {
		t.Errorf("no certificate: %v", err)
	}
}

// TestNobodyAnswers holds that a handshake ends in time.
func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	for _, client := range []bool{true, false} {
		one, _ := newWire()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := Handshake(ctx, one, Options{Identity: must[*Identity](t)(NewIdentity()), Client: client, Logs: silent()})
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("client %v: %v", client, err)
		}
		if _, err := one.Read(nil); !errors.Is(err, io.EOF) {
			t.Errorf("client %v: the connection is open: %v", client, err)
		}
	}
}

// TestNoMediaWanted shakes hands with somebody who knows DTLS and no SRTP.
func TestNoMediaWanted(t *testing.T) {
	t.Parallel()
	identity := must[*Identity](t)(NewIdentity())
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	one, other := newWire()
	var peer sync.WaitGroup
	peer.Go(func() {
		conn, err := dtls.ClientWithOptions(newLine(one), nowhere{}, dtls.WithCertificates(identity.certificate),
			dtls.WithInsecureSkipVerify(true), dtls.WithLoggerFactory(silent()))
		if err != nil {
			t.Error(err)
			return
		}
		_ = conn.HandshakeContext(ctx)
		_ = conn.Close()
	})
	_, err := Handshake(ctx, other, Options{Identity: identity, Peer: identity.Fingerprint(), Logs: silent()})
	if err == nil {
		t.Error("keys without SRTP")
	}
	cancel()
	peer.Wait()
}

// TestGoodbye holds that each side learns of the other's end.
func TestGoodbye(t *testing.T) {
	t.Parallel()
	client, server := pair(t)
	var data sync.WaitGroup
	data.Go(func() { // what nobody asked for changes nothing
		_, _ = client.connection.Write([]byte("not for you"))
	})
	data.Wait()
	ended := make(chan struct{})
	go func() { server.Wait(); close(ended) }()
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("the server waits on")
	}
	client.Wait()
}

func TestNothingIsAllocated(t *testing.T) { //nolint:paralleltest // counts allocations
	client, server := pair(t)
	packet := rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 7}, Payload: make([]byte, 160)}
	buffer := make([]byte, 1500)
	var opened rtp.Packet
	if got := testing.AllocsPerRun(1000, func() {
		packet.SequenceNumber++
		size, err := packet.MarshalTo(buffer)
		if err != nil {
			t.Error(err)
		}
		sealed, err := server.SealRTP(buffer, size)
		if err != nil {
			t.Error(err)
		}
		if err := client.OpenRTP(sealed, &opened); err != nil {
			t.Error(err)
		}
	}); got != 0 {
		t.Errorf("%v allocations a packet", got)
	}
}

// FuzzOpen takes what a stranger may send. None of it may be believed.
func FuzzOpen(f *testing.F) {
	client, _ := pair(f)
	f.Add(seal(f, client, 7, 1, "sound"))
	f.Add(must[[]byte](f)(client.SealRTCP(must[[]byte](f)((&rtcp.ReceiverReport{SSRC: 9}).Marshal()))))
	f.Add([]byte{0x9f, 0, 0, 1})
	stranger, _ := pair(f)
	f.Fuzz(func(t *testing.T, datagram []byte) {
		var packet rtp.Packet
		if stranger.OpenRTP(bytes.Clone(datagram), &packet) == nil {
			t.Error("media were believed")
		}
		if _, err := stranger.OpenRTCP(bytes.Clone(datagram)); err == nil {
			t.Error("a report was believed")
		}
	})
}
