package turn

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"
)

// TestClient has a relay of a real server over each transport. What is sent by it comes back, and it ends with Close.
func TestClient(t *testing.T) {
	w := newWorld(t, nil)
	account := w.Credentials("us")
	for _, server := range []string{
		"turn:" + w.udp.String(), "turn:" + w.tcp.String() + "?transport=tcp", "turns:" + w.tls.String(),
	} {
		for _, options := range []ClientOptions{
			{Server: server, Username: account.Username, Password: account.Password}, {Server: server, Secret: "north"},
		} {
			options.TLS = &tls.Config{InsecureSkipVerify: true}
			client := must[*Client](t)(NewClient(options))
			relay := must[net.PacketConn](t)(client.Allocate(t.Context(), netip.MustParseAddr("127.0.0.1")))
			if err := relay.SetReadDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			buffer := make([]byte, 100)
			must[int](t)(relay.WriteTo([]byte("there"), w.media.LocalAddr()))
			size, from, err := relay.ReadFrom(buffer)
			if err != nil || string(buffer[:size]) != "there" || from.String() != w.media.LocalAddr().String() {
				t.Errorf("%s: %q from %v: %v", server, buffer[:size], from, err)
			}
			if err := relay.Close(); err != nil {
				t.Errorf("%s: %v", server, err)
			}
			for w.Stats().Relays > 0 && t.Context().Err() == nil {
				time.Sleep(time.Millisecond)
			}
		}
	}
}

// TestClientOfFullServer: one that has no relay left (486) is asked again at once, for it may have one then.
func TestClientOfFullServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *Options) { o.PerUser = 1 })
	client := must[*Client](t)(NewClient(ClientOptions{Server: "turn:" + w.udp.String(), Secret: "north"}))
	first := must[net.PacketConn](t)(client.Allocate(t.Context()))
	if _, err := client.Allocate(t.Context()); !isFull(err) {
		t.Errorf("a second relay: %v", err)
	}
	must[struct{}](t)(struct{}{}, first.Close())
	w.await("the end of the first", func() bool { return w.Stats().Relays == 0 })
	second := must[net.PacketConn](t)(client.Allocate(t.Context()))
	must[struct{}](t)(struct{}{}, second.Close())
}

// TestClientRefused: a server that gives none is not asked again for a while.
func TestClientRefused(t *testing.T) {
	w := newWorld(t, nil)
	silent := packets(t)
	for name, options := range map[string]ClientOptions{
		"wrong password": {Server: "turn:" + w.udp.String(), Username: "a", Password: "b"},
		"silence":        {Server: "turn:" + silent.LocalAddr().String(), Username: "a", Password: "b"},
		"closed port":    {Server: "turn:127.0.0.1:1?transport=tcp", Username: "a", Password: "b"},
		"unknown signer": {Server: "turns:" + w.tls.String(), Username: "a", Password: "b"},
	} {
		client := must[*Client](t)(NewClient(options))
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		if _, err := client.Allocate(ctx); err == nil || errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
		if _, err := client.Allocate(t.Context()); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: asked again: %v", name, err)
		}
	}
	for _, options := range []ClientOptions{
		{Server: "turn.example.org", Secret: "s"},
		{Server: "stun:turn.example.org", Secret: "s"},
		{Server: "turn:turn.example.org"},
		{Server: "turn:turn.example.org", Username: "a"},
		{},
	} {
		if _, err := NewClient(options); err == nil {
			t.Errorf("%+v is taken", options)
		}
	}
}
