package quality

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"sipbridge/bridge/dtlssrtp"
)

// dtlsKeys are those of a phone that agrees on them by DTLS.
type dtlsKeys struct {
	phone    *phone
	identity *dtlssrtp.Identity
	conn     *dtlssrtp.Conn
	peer     dtlssrtp.Fingerprint
	setup    string // ours (RFC 4145)
	running  sync.WaitGroup
	once     sync.Once

	done    chan struct{}
	session *dtlssrtp.Session // set before done is closed, like err
	err     error
}

func newDTLSKeys(p *phone) (*dtlsKeys, error) {
	identity, err := dtlssrtp.NewIdentity()
	if err != nil {
		return nil, err
	}
	k := &dtlsKeys{phone: p, identity: identity, setup: "actpass", done: make(chan struct{})}
	k.conn = dtlssrtp.NewConn(func(datagram []byte) error {
		p.mu.Lock()
		remote := p.remote
		p.mu.Unlock()
		_, err := p.socket.WriteToUDPAddrPort(datagram, remote)
		return err
	})
	return k, nil
}

// lines are those of the SDP.
func (k *dtlsKeys) lines() string {
	own := k.identity.Fingerprint()
	return fmt.Sprintf("a=fingerprint:%s %s\r\na=setup:%s\r\n", own.Hash, own.Value, k.setup)
}

// heed takes a line of the other side: its fingerprint, or its role.
func (k *dtlsKeys) heed(line string) {
	if fingerprint, ok := strings.CutPrefix(line, "a=fingerprint:"); ok {
		k.peer.Hash, k.peer.Value, _ = strings.Cut(fingerprint, " ")
		return
	}
	if line == "a=setup:active" {
		k.setup = "passive"
	} else {
		k.setup = "active"
	}
}

// begin begins the handshake.
func (k *dtlsKeys) begin() error {
	if k.peer.Value == "" {
		return fmt.Errorf("%w: no fingerprint", errSDP)
	}
	k.once.Do(func() { k.running.Go(k.shake) })
	return nil
}

func (k *dtlsKeys) shake() {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	k.session, k.err = dtlssrtp.Handshake(ctx, k.conn, dtlssrtp.Options{
		Identity: k.identity, Client: k.setup == "active", Peer: k.peer,
	})
	if k.err == nil {
		k.phone.mu.Lock()
		k.phone.sealer, k.phone.opener = k.session.Sealer, k.session
		k.phone.mu.Unlock()
	}
	close(k.done)
}

var errNoKeys = errors.New("there was no DTLS handshake")

// await waits until there are keys.
func (k *dtlsKeys) await() error {
	select {
	case <-k.done:
		return k.err
	case <-time.After(limit):
		return errNoKeys
	}
}

func (k *dtlsKeys) close() {
	k.once.Do(func() {})
	_ = k.conn.Close() // the handshake, if there still is one, fails
	k.running.Wait()
	if k.session != nil {
		_ = k.session.Close() // the service may have been first
	}
}
