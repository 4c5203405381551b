package quality

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"sipbridge/bridge/dtlssrtp"
	"sipbridge/bridge/srtp"
)

// limit is how long anything may take on a busy machine.
const limit = 20 * time.Second

// phone is a SIP party: RTP over UDP, plain or protected with keys in its SDP or by DTLS.
type phone struct {
	*party

	board      *switchboard
	name       string // that of its user
	codec      codec
	protection protection
	dtls       *dtlsKeys // nil without DTLS
	socket     *net.UDPConn
	relay      *relay // between it and the service, or nil
	key        srtp.Key
	reads      sync.WaitGroup
	reports    reports

	mu     sync.Mutex
	tag    string         // guarded by mu; of the line whose key is taken
	remote netip.AddrPort // guarded by mu
	sealer *srtp.Sealer   // guarded by mu; nil while plain
	opener packetOpener   // guarded by mu; nil while plain
}

// packetOpener opens packets; see srtp.Opener and dtlssrtp.Session.
type packetOpener interface {
	OpenRTP(datagram []byte, packet *rtp.Packet) error
}

// newPhone opens a phone with one codec.
func newPhone(t *testing.T, with codec, protected protection) *phone {
	t.Helper()
	p := &phone{party: newParty(with), codec: with, protection: protected, tag: "1"}
	p.socket = listen(t)
	p.send = p.write
	var err error
	switch protected {
	case plain:
	case sdes:
		p.key = srtp.NewKey(srtp.AESCM128SHA180)
		p.sealer, err = srtp.NewSealer(p.key)
	case dtls:
		p.dtls, err = newDTLSKeys(p)
	}
	must(t, err)
	p.reads.Go(p.read)
	t.Cleanup(func() {
		if p.dtls != nil {
			p.dtls.close()
		}
		_ = p.socket.Close() // nothing more is to come
		p.reads.Wait()
	})
	return p
}

// protection is how a phone's media are protected.
type protection string

const (
	plain protection = "plain"
	sdes  protection = "SDES"
	dtls  protection = "DTLS"
)

// expect gives the URI at which the phone is called.
func (p *phone) expect(*testing.T) string {
	p.board.add(p.name, p)
	return "sip:" + p.name + "@localhost"
}

// call calls somebody.
func (p *phone) call(t *testing.T, uri string) {
	t.Helper()
	p.board.call(t, p, uri)
}

// await waits until media can flow.
func (p *phone) await(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	remote := p.remote
	p.mu.Unlock()
	if !remote.IsValid() {
		t.Fatal("the other side has said nothing of its media")
	}
	if p.dtls != nil {
		must(t, p.dtls.await())
	}
}

func (p *phone) hangup(t *testing.T) {
	t.Helper()
	p.board.hangup(t, p)
}

// sdp describes the phone, as an offer or an answer.
func (p *phone) sdp() string {
	profile, keys := "RTP/AVP", ""
	switch p.protection {
	case plain:
		keys = "a=rtcp-mux\r\n"
	case sdes:
		profile = "RTP/SAVP"
		keys = "a=crypto:" + p.tag + " " + p.key.Suite().String() + " inline:" +
			base64.StdEncoding.EncodeToString(p.key.Octets()) + "\r\n"
	case dtls:
		profile, keys = "UDP/TLS/RTP/SAVP", p.dtls.lines()
	}
	address := portOf(p.socket)
	if p.relay != nil {
		address = portOf(p.relay.back)
	}
	parameters := ""
	if p.codec.parameters != "" {
		parameters = fmt.Sprintf("a=fmtp:%d %s\r\n", p.codec.payloadType, p.codec.parameters)
	}
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"+
		"m=audio %d %s %d\r\n%sa=rtpmap:%d %s\r\n%sa=ptime:20\r\n", address.Port(), profile, p.codec.payloadType, keys,
		p.codec.payloadType, p.codec.codec, parameters)
}

var errSDP = errors.New("this SDP is of no use")

// heed takes what the other side describes: where to send, its payload type of our codec, and its key.
func (p *phone) heed(sdp string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for line := range strings.Lines(sdp) {
		words := strings.Fields(line)
		switch {
		case len(words) > 3 && words[0] == "m=audio":
			port := 0
			if _, err := fmt.Sscan(words[1], &port); err != nil {
				return fmt.Errorf("%w: %w", errSDP, err)
			}
			p.remote = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port))
		case len(words) == 2 && strings.HasPrefix(words[0], "a=rtpmap:") &&
			strings.EqualFold(words[1], p.codec.codec.String()):
			if _, err := fmt.Sscanf(words[0], "a=rtpmap:%d", &p.format.PayloadType); err != nil {
				return fmt.Errorf("%w: %w", errSDP, err)
			}
			p.codec.payloadType = p.format.PayloadType
		case p.dtls != nil && strings.HasPrefix(line, "a=fingerprint:"), p.dtls != nil && strings.HasPrefix(line, "a=setup:"):
			p.dtls.heed(strings.TrimSpace(line))
		case p.protection == sdes && len(words) > 2 && strings.HasPrefix(words[0], "a=crypto:") &&
			words[1] == srtp.AESCM128SHA180.String():
			p.tag = strings.TrimPrefix(words[0], "a=crypto:")
			if err := p.unlock(strings.TrimPrefix(words[2], "inline:")); err != nil {
				return err
			}
		}
	}
	if p.relay != nil && p.remote.IsValid() {
		p.remote = p.relay.insert(p.remote)
	}
	if !p.remote.IsValid() || p.protection == sdes && p.opener == nil {
		return fmt.Errorf("%w: %s", errSDP, sdp)
	}
	if p.dtls != nil {
		return p.dtls.begin()
	}
	return nil
}

// unlock takes the other side's key. The caller holds mu.
func (p *phone) unlock(text string) error {
	text, _, _ = strings.Cut(text, "|")
	octets, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return fmt.Errorf("%w: %w", errSDP, err)
	}
	key, err := srtp.KeyOf(srtp.AESCM128SHA180, octets)
	if err != nil {
		return err
	}
	p.opener, err = srtp.NewOpener(key)
	return err
}

// write sends a packet.
func (p *phone) write(packet *rtp.Packet) error {
	p.mu.Lock()
	remote, sealer := p.remote, p.sealer
	p.mu.Unlock()
	packet.PayloadType = p.format.PayloadType
	raw := make([]byte, packet.MarshalSize()+srtp.Overhead)
	n, err := packet.MarshalTo(raw)
	if err != nil {
		return err
	}
	raw = raw[:n:cap(raw)]
	if sealer != nil {
		if raw, err = sealer.SealRTP(raw[:cap(raw)], n); err != nil {
			return err
		}
	}
	_, err = p.socket.WriteToUDPAddrPort(raw, remote)
	return err
}

func (p *phone) read() {
	buffer := make([]byte, 2048)
	for {
		n, _, err := p.socket.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		if p.dtls != nil && dtlssrtp.IsDTLS(buffer[:n]) {
			p.dtls.conn.Take(buffer[:n])
			continue
		}
		if p.protection == plain && isReport(buffer[:n]) {
			if packets, bad := rtcp.Unmarshal(buffer[:n]); bad == nil {
				p.learn(packets)
			}
			continue
		}
		p.mu.Lock()
		opener, payloadType := p.opener, p.codec.payloadType
		p.mu.Unlock()
		packet := &rtp.Packet{}
		if opener != nil {
			err = opener.OpenRTP(buffer[:n], packet)
		} else {
			err = packet.Unmarshal(buffer[:n])
		}
		if err != nil || packet.PayloadType != payloadType {
			continue
		}
		p.take(packet)
		if p.protection == plain && p.report(packet) != nil {
			return
		}
	}
}
