package rtpmedia

import (
	"errors"
	"testing"

	"sipbridge/bridge"
)

// TestAllPortsRest: whatever the media, the ports of a call that has ended are nobody's for a while.
func TestAllPortsRest(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Options){
		"plain": func(*Options) {}, "ICE": offersICE, "keys by DTLS": shaking(t, Required),
	} {
		ports := newRange(t, 18530, 18531)
		session := newSession(t, func(o *Options) { change(o); o.Ports = ports })
		must[[]byte](t)(session.Offer(audio(bridge.SendRecv, pcmu())))
		if err := session.Close(); err != nil {
			t.Error(err)
		}
		if _, err := openPair(ports); !errors.Is(err, ErrPorts) || ports.InUse() != 0 {
			t.Errorf("%s: used again at once: %v, %d in use", name, err, ports.InUse())
		}
	}
}

// TestLeftPortsRest: so are those from which a call has moved away.
func TestLeftPortsRest(t *testing.T) {
	t.Parallel()
	ports := newRange(t, 18532, 18535)
	session := newSession(t, func(o *Options) { o.Ports, o.Rebind = ports, rebind })
	near, far := newPhone(t, "127.0.0.1", 8), newPhone(t, "::1", 7)
	near.call(session, near.offerAt())
	before := session.audio().address()
	far.call(session, far.offerAt())
	if after := session.audio().address(); after.Port() == before.Port() || ports.InUse() != 1 {
		t.Fatalf("from %v to %v, %d in use", before, after, ports.InUse())
	}
	if _, err := openPair(ports); !errors.Is(err, ErrPorts) {
		t.Errorf("used again at once: %v", err)
	}
}
