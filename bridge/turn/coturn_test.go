package turn

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/pion/stun/v4"

	"sipbridge/test/e2e/coturn"
)

// newCoturn starts a server that is not ours.
func newCoturn(t *testing.T, options coturn.Options) *coturn.Server {
	t.Helper()
	options.Dir = t.TempDir()
	server := must[*coturn.Server](t)(coturn.Start(options))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("coturn:\n%s", server.Report())
		}
		server.Stop()
	})
	return server
}

// relayOf gets a relay.
func relayOf(t *testing.T, options ClientOptions) (net.PacketConn, error) {
	t.Helper()
	return must[*Client](t)(NewClient(options)).Allocate(t.Context(), netip.MustParseAddr("127.0.0.1"))
}

// TestCoturn: its relays carry and are refreshed, also when a nonce has ended (438): then another one is taken. A
// relay too many (486) and a wrong password (401) are told as such.
func TestCoturn(t *testing.T) {
	t.Parallel()
	server, media := newCoturn(t, coturn.Options{PerUser: 2, Hasty: true}), echo(t)
	account := ClientOptions{Server: server.URI(), Username: coturn.User, Password: coturn.Password}
	overTCP := account
	overTCP.Server += "?transport=tcp"
	relays := []net.PacketConn{
		must[net.PacketConn](t)(relayOf(t, account)), must[net.PacketConn](t)(relayOf(t, overTCP)),
	}
	w := &world{T: t, media: media}
	for _, relay := range relays {
		w.carries(relay)
		if !strings.HasPrefix(relay.LocalAddr().String(), "127.0.0.2:") {
			t.Errorf("a relay at %v", relay.LocalAddr())
		}
	}
	wrong := account
	wrong.Password = "wrong"
	for want, refused := range map[stun.ErrorCode]ClientOptions{
		stun.CodeAllocQuotaReached: account, stun.CodeUnauthorized: wrong,
	} {
		var told *stun.TurnError
		if _, err := relayOf(t, refused); !errors.As(err, &told) || told.ErrorCodeAttr.Code != want {
			t.Errorf("%v, want %d", err, want)
		}
	}
	w.await("refreshes with a nonce that had ended, and with another one", func() bool {
		log := server.Report()
		stale, refreshed := strings.Count(log, "error 438: Stale nonce"), strings.Count(log, ": refreshed")
		return stale >= len(relays) && refreshed >= 2*len(relays)
	})
	for _, relay := range relays {
		w.carries(relay)
		if err := relay.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestCoturnBySecret: passwords that we make are those that it makes.
func TestCoturnBySecret(t *testing.T) {
	t.Parallel()
	server := newCoturn(t, coturn.Options{Secret: "north"})
	relay := must[net.PacketConn](t)(relayOf(t, ClientOptions{Server: server.URI(), Secret: "north"}))
	w := &world{T: t, media: echo(t)}
	w.carries(relay)
	if err := relay.Close(); err != nil {
		t.Error(err)
	}
	if _, err := relayOf(t, ClientOptions{Server: server.URI(), Secret: "south"}); err == nil {
		t.Error("another secret gets a relay")
	}
}
