package identity

import (
	"testing"
	"time"
)

// TestUsersAreOfConnections: a datagram's source can be forged, and a proof holds no longer than its flow.
func TestUsersAreOfConnections(t *testing.T) {
	t.Parallel()
	users := NewUsers()
	datagram, connection, ended := newFlow("UDP", phone), newFlow("TCP", phone), newFlow("WS", phone)
	ended.Close()
	for _, flow := range []*flow{datagram, connection, ended} {
		users.Set(flow, "alice@local.example")
	}
	if users.Of(datagram) != "" || users.Of(connection) != "alice@local.example" || users.Of(ended) != "" {
		t.Errorf("datagram %q, connection %q, ended %q", users.Of(datagram), users.Of(connection), users.Of(ended))
	}
	users.Forget(connection)
	if users.Of(connection) != "" || len(users.proofs) != 0 {
		t.Errorf("%d are left", len(users.proofs))
	}
}

// TestProofsEnd: that of a connection by itself, and so does the token that opened one.
func TestProofsEnd(t *testing.T) {
	t.Parallel()
	users, connection := NewUsers(), newFlow("WS", "192.0.2.9:1")
	users.prove(connection, Proof{User: "alice@local.example", Until: time.Now().Add(-time.Second)})
	if got := users.Of(connection); got != "" {
		t.Errorf("a proof that has ended is that of %q", got)
	}
	users.Set(connection, "alice@local.example")
	for left, want := range map[time.Duration]string{
		time.Hour: "guest@local.example", -time.Hour: "alice@local.example",
	} {
		opened := granted{connection, "guest@local.example", left}
		users.Set(opened, "alice@local.example")
		if got := users.Of(opened); got != want {
			t.Errorf("with %v left it is that of %q, want %q", left, got, want)
		}
	}
	if proof := GrantOf(connection); proof.Good() || proof.Vouched {
		t.Errorf("granted without a token: %+v", proof)
	}
}
