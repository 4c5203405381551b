package turn

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
	"go.uber.org/goleak"
)

// patience is how long a test waits for what must come; only a failing test waits that long.
const patience = 30 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must[Value any](t *testing.T) func(Value, error) Value {
	t.Helper()
	return func(value Value, err error) Value {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// media is one port that gives back what it gets.
type media struct{ port netip.AddrPort }

func (m media) ListensAt(address netip.Addr) bool { return address == m.port.Addr() }
func (m media) Listens(port netip.AddrPort) bool  { return port == m.port }

func mediaAt(conn net.PacketConn) media { return media{addressOf(conn.LocalAddr())} }

func packets(t *testing.T) net.PacketConn {
	t.Helper()
	return packetsAt(t, "127.0.0.1:0")
}

func packetsAt(t *testing.T, address string) net.PacketConn {
	t.Helper()
	conn := must[net.PacketConn](t)(new(net.ListenConfig).ListenPacket(context.Background(), "udp", address))
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// echo opens a port that gives packets back until the test ends.
func echo(t *testing.T) net.PacketConn {
	t.Helper()
	return echoOf(t, packets(t))
}

func echoOf(t *testing.T, conn net.PacketConn) net.PacketConn {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 1500)
		for {
			size, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(buffer[:size], from)
		}
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return conn
}

// world is a server, and the media port that it reaches.
type world struct {
	*testing.T
	*Server

	udp, tcp, tls net.Addr
	media         net.PacketConn
}

func newWorld(t *testing.T, change func(*Options)) *world {
	t.Helper()
	listen := func() net.Listener {
		return must[net.Listener](t)(new(net.ListenConfig).Listen(context.Background(), "tcp4", "127.0.0.1:0"))
	}
	udp, tcp, secure := packets(t), listen(), listen()
	w := &world{T: t, udp: udp.LocalAddr(), tcp: tcp.Addr(), tls: secure.Addr(), media: echo(t)}
	options := Options{
		UDP: []net.PacketConn{udp}, TCP: []net.Listener{tcp}, TLS: []net.Listener{secure},
		Certificates: &tls.Config{Certificates: []tls.Certificate{certificate(t)}},
		Realm:        "localhost", Secret: "north", Media: mediaAt(w.media),
	}
	if change != nil {
		change(&options)
	}
	w.Server = must[*Server](t)(New(options))
	t.Cleanup(func() {
		if err := w.Close(); err != nil && !errors.Is(err, net.ErrClosed) { // by the test
			t.Error(err)
		}
	})
	return w
}

// client makes one that speaks by a connection.
func (w *world) client(conn net.PacketConn, at net.Addr, account Credentials) *turn.Client {
	w.Helper()
	logs := logging.NewDefaultLoggerFactory()
	logs.DefaultLogLevel = logging.LogLevelDisabled
	client := must[*turn.Client](w.T)(turn.NewClient(&turn.ClientConfig{
		STUNServerAddr: at.String(), TURNServerAddr: at.String(), Conn: conn, LoggerFactory: logs,
		Username: account.Username, Password: account.Password, Realm: "localhost", RTO: time.Second,
	}))
	if err := client.Listen(); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { client.Close(); _ = conn.Close() })
	return client
}

// allocate asks for a relay over UDP.
func (w *world) allocate(account Credentials) (net.PacketConn, error) {
	w.Helper()
	relay, err := w.client(packets(w.T), w.udp, account).Allocate()
	if err == nil {
		w.Cleanup(func() { _ = relay.Close() })
	}
	return relay, err //nolint:wrapcheck // a test
}

// TestRelay has packets go to a media port and back.
func TestRelay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	dial := func(address net.Addr) net.Conn {
		return must[net.Conn](t)(new(net.Dialer).DialContext(t.Context(), "tcp4", address.String()))
	}
	secure := tls.Client(dial(w.tls), &tls.Config{InsecureSkipVerify: true})
	for name, client := range map[string]*turn.Client{
		"UDP": w.client(packets(t), w.udp, w.Credentials("alice")),
		"TCP": w.client(turn.NewSTUNConn(dial(w.tcp)), w.tcp, w.Credentials("alice")),
		"TLS": w.client(turn.NewSTUNConn(secure), w.tls, w.Credentials("alice")),
	} {
		relay := must[net.PacketConn](t)(client.Allocate())
		for range 3 { // the later ones by a channel
			must[int](t)(relay.WriteTo([]byte("hello by "+name), w.media.LocalAddr()))
			buffer := make([]byte, 100)
			must[struct{}](t)(struct{}{}, relay.SetReadDeadline(time.Now().Add(patience)))
			size, from, err := relay.ReadFrom(buffer)
			if err != nil || string(buffer[:size]) != "hello by "+name || from.String() != w.media.LocalAddr().String() {
				t.Fatalf("%s: %q from %v: %v", name, buffer[:size], from, err)
			}
		}
		if got := w.Stats().Relays; got != 1 {
			t.Errorf("%s: %d relays", name, got)
		}
		if err := relay.Close(); err != nil {
			t.Error(err)
		}
		w.await("the end of the relay", func() bool { return w.Stats().Relays == 0 })
	}
	if stats := w.Stats(); stats.Refused != 0 || stats.Strays != 0 {
		t.Errorf("%+v", stats)
	}
}

func (w *world) await(what string, condition func() bool) {
	w.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(time.Millisecond) { // polls
		if time.Now().After(deadline) {
			w.Fatalf("waited too long for %s", what)
		}
	}
}

// TestNoOpenRelay names peers that are no media ports of ours.
func TestNoOpenRelay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	relay := must[net.PacketConn](t)(w.allocate(w.Credentials("alice")))
	for _, peer := range []string{
		"127.0.0.2", "0.0.0.0", "10.0.0.1", "192.168.1.1", "169.254.169.254", "192.0.2.1", "224.0.0.1",
		"255.255.255.255", "::1", "::", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
	} {
		before := w.Stats().Strays
		_, _ = relay.WriteTo([]byte("steal"), &net.UDPAddr{IP: net.ParseIP(peer), Port: 5060})
		if w.Stats().Strays == before && net.ParseIP(peer).To4() != nil {
			t.Errorf("%s was not refused", peer)
		}
		if w.mayReach(nil, net.ParseIP(peer)) {
			t.Errorf("%s may be reached", peer)
		}
	}
	// Nor do relays reach each other.
	second, before := must[net.PacketConn](t)(w.allocate(w.Credentials("bob"))), w.Stats().Strays
	must[int](t)(relay.WriteTo([]byte("hairpin"), second.LocalAddr()))
	w.await("the packet to another relay to be dropped", func() bool { return w.Stats().Strays > before })
	// Another port of the same machine gets nothing, and is not heard.
	other, before := packets(t), w.Stats().Strays
	must[int](t)(relay.WriteTo([]byte("steal"), other.LocalAddr()))
	w.await("the packet to be dropped", func() bool { return w.Stats().Strays > before })
	before = w.Stats().Strays
	must[int](t)(relay.WriteTo([]byte("open"), w.media.LocalAddr()))
	must[int](t)(other.WriteTo([]byte("forged"), relay.LocalAddr()))
	buffer := make([]byte, 100)
	if size, _, err := relay.ReadFrom(buffer); err != nil || string(buffer[:size]) != "open" {
		t.Errorf("%q: %v", buffer[:size], err)
	}
	w.await("the forged packet to be dropped", func() bool { return w.Stats().Strays > before })
	if err := other.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	if size, _, err := other.ReadFrom(buffer); err == nil {
		t.Errorf("the other port got %q", buffer[:size])
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	past := strconv.FormatInt(time.Now().Add(-time.Minute).Unix(), 10) + ":alice"
	good := w.Credentials("alice")
	for name, account := range map[string]Credentials{
		"ended":          {past, password("north", past)},
		"wrong password": {good.Username, "wrong"},
		"another user's": {w.Credentials("bob").Username + "x", good.Password},
		"no expiry":      {"alice", password("north", "alice")},
		"nobody":         {"4102444800:", password("north", "4102444800:")},
	} {
		if _, err := w.allocate(account); err == nil {
			t.Errorf("%s: got a relay", name)
		}
	}
	end := time.Now().Add(time.Minute)
	for want, account := range map[int64]Credentials{
		end.Unix():                       w.CredentialsUntil("guest", end),
		time.Now().Add(time.Hour).Unix(): w.CredentialsUntil("guest", end.Add(24*time.Hour)), // no longer than others
	} {
		expiry, _, _ := strings.Cut(account.Username, ":")
		if got := must[int64](t)(strconv.ParseInt(expiry, 10, 64)); got < want-1 || got > want+int64(patience.Seconds()) {
			t.Errorf("good until %d, want %d", got, want)
		}
		must[net.PacketConn](t)(w.allocate(account))
	}
	// What openssl makes of the same name and secret.
	if got := password("north", "1700000000:alice"); got != "Cd/49soE35ICqcJF/bCTn8Z4OyE=" {
		t.Errorf("password %q", got)
	}
	refresh := turn.RequestAttributes{Username: past, Realm: "localhost", Method: stun.MethodRefresh}
	if _, _, ok := w.authenticate(&refresh); !ok {
		t.Error("a relay that is there cannot be kept")
	}
	refresh.Username = "1700000000:alice"
	if _, _, ok := w.authenticate(&refresh); ok {
		t.Error("a relay can be kept for ever")
	}
}

func TestQuota(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]func(*Options){
		"user":   func(o *Options) { o.PerUser = 2 },
		"source": func(o *Options) { o.PerSource = 2 },
		"all":    func(o *Options) { o.Most = 2 },
	} {
		w := newWorld(t, limit)
		first := must[net.PacketConn](t)(w.allocate(w.Credentials("alice")))
		must[net.PacketConn](t)(w.allocate(w.Credentials("alice")))
		if _, err := w.allocate(w.Credentials("alice")); err == nil || w.Stats().Refused != 1 {
			t.Errorf("%s: a third relay: %v, %+v", name, err, w.Stats())
		}
		_, err := w.allocate(w.Credentials("bob"))
		if (err == nil) != (name == "user") {
			t.Errorf("%s: another user: %v", name, err)
		}
		if err := first.Close(); err != nil {
			t.Error(err)
		}
		w.await("room", func() bool { return w.quota.has(holder{user: "alice", source: sourceOf(w.udp)}) })
	}
}

// connect opens connections that ask for nothing, until the test ends.
func (w *world) connect(to ...net.Addr) []net.Conn {
	w.Helper()
	all := make([]net.Conn, 0, len(to))
	for _, at := range to {
		conn := must[net.Conn](w.T)(new(net.Dialer).DialContext(w.Context(), "tcp4", at.String()))
		w.Cleanup(func() { _ = conn.Close() })
		all = append(all, conn)
	}
	return all
}

// TestTooManyConnections are refused.
func TestTooManyConnections(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *Options) { o.PerSource = 3; o.Patience = patience })
	w.connect(w.tcp, w.tls, w.tcp, w.tcp)
	w.await("the refusal", func() bool { return w.Stats().Refused == 1 })
}

// TestIdleConnections end.
func TestIdleConnections(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *Options) { o.Patience = 200 * time.Millisecond })
	for _, conn := range w.connect(w.tcp, w.tls, w.tcp) {
		if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		var late net.Error
		if _, err := io.Copy(io.Discard, conn); errors.As(err, &late) && late.Timeout() {
			t.Error("a connection is still there")
		}
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]Options{
		"no realm":       {Secret: "s", Media: media{}},
		"no secret":      {Realm: "r", Media: media{}},
		"no media":       {Realm: "r", Secret: "s"},
		"no certificate": {Realm: "r", Secret: "s", Media: media{}, TLS: []net.Listener{nil}},
	} {
		if _, err := New(options); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
