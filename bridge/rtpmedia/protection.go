package rtpmedia

import (
	"errors"

	"github.com/pion/rtp"

	"sipbridge/bridge/sdp"
	"sipbridge/bridge/srtp"
)

// protection is what protects a stream: keys by SDP, or by DTLS. It is not changed, but replaced by another.
type protection struct {
	// packets and reports have the keys for RTP and RTCP; they are the same but for DTLS on two ports.
	packets, reports keys
	// sdes and terms are what was agreed on, of which one is there.
	sdes  sdesKeys
	terms dtlsTerms
}

// keys are those of one port.
type keys interface {
	// opener and sealer are nil while there are none.
	opener() packetOpener
	sealer() *srtp.Sealer
}

// packetOpener opens packets; see srtp.Opener. From what it opens a session of DTLS learns that the party has the keys.
type packetOpener interface {
	OpenRTP(datagram []byte, packet *rtp.Packet) error
	OpenRTCP(datagram []byte) ([]byte, error)
}

// errNoKeys means packets of a stream whose keys are not agreed on yet.
var errNoKeys = errors.New("rtpmedia: no keys yet")

// protects tells whether a section that the party offers would be protected. What protects one of RTP/AVP is an
// offer to do that, too, and leaves the choice to us (RFC 8643).
func (s *Session) protects(offered sdp.Media) bool {
	return s.options.Security.Policy != Plain && (s.byDTLS(offered) || bySDES(offered))
}

// answeredProtection is what the party's answer to a section of ours agrees on; nil for plain media.
func (s *Session) answeredProtection(ours *section, party sdp.Media) (*protection, error) {
	switch {
	case len(ours.keys) > 0 && bySDES(party):
		return s.answeredSDES(ours, party)
	case ours.Setup != "" && s.byDTLS(party):
		return s.answeredDTLS(ours, party)
	case ours.Encrypted() || party.Encrypted() || s.options.Security.Policy == Required:
		return nil, ErrProtection
	default:
		return nil, nil //nolint:nilnil // plain media are no error
	}
}

// protect puts what is ours of a protection into an answer, and the protection into the agreement that it makes, if the
// section is to be protected.
func (s *Session) protect(ours *section, agreed *agreement, offered sdp.Media) (err error) {
	switch {
	case !s.protects(offered):
	case s.byDTLS(offered):
		agreed.protection = s.answerDTLS(ours, offered)
	default:
		agreed.protection, err = s.answerSDES(ours, offered)
	}
	return err
}

// read reads a packet of the party's, in the datagram's memory.
func (a *agreement) read(datagram []byte, packet *rtp.Packet) error {
	if a.protection == nil {
		return packet.Unmarshal(datagram) //nolint:wrapcheck // media path
	}
	opener := a.protection.packets.opener()
	if opener == nil {
		return errNoKeys
	}
	return opener.OpenRTP(datagram, packet) //nolint:wrapcheck // media path
}

// readReports gives the compound RTCP packet in a datagram, in its memory.
func (a *agreement) readReports(datagram []byte) ([]byte, error) {
	if a.protection == nil {
		return datagram, nil
	}
	opener := a.protection.reports.opener()
	if opener == nil {
		return nil, errNoKeys
	}
	return opener.OpenRTCP(datagram) //nolint:wrapcheck // media path
}

// seal makes of a packet, the first size octets of buffer, what is sent.
func (a *agreement) seal(buffer []byte, size int) ([]byte, error) {
	if a.protection == nil {
		return buffer[:size], nil
	}
	sealer := a.protection.packets.sealer()
	if sealer == nil {
		return nil, errNoKeys
	}
	return sealer.SealRTP(buffer, size) //nolint:wrapcheck // media path
}

// sealReports does that with a compound RTCP packet.
func (a *agreement) sealReports(compound []byte) ([]byte, error) {
	if a.protection == nil {
		return compound, nil
	}
	sealer := a.protection.reports.sealer()
	if sealer == nil {
		return nil, errNoKeys
	}
	return sealer.SealRTCP(compound) //nolint:wrapcheck // media path
}

// unread counts a packet that could not be read.
func (s *stream) unread(agreed *agreement, err error) {
	counters := s.options.Counters
	if agreed.protection == nil {
		counters.malformed.Add(1)
		return
	}
	s.faults.CannotDecrypt()
	switch {
	case errors.Is(err, errNoKeys):
		counters.unkeyed.Add(1)
	case srtp.IsForged(err):
		counters.forged.Add(1)
	default:
		counters.replayed.Add(1)
	}
}
