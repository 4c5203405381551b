package rtpmedia

import (
	"slices"

	"github.com/pion/rtp"

	"sipbridge/bridge/sdp"
	"sipbridge/bridge/srtp"
	"sipbridge/transcode"
)

// protection is the keys of a stream, by SDP (RFC 4568). It is not changed, but replaced by another.
type protection struct {
	ours, theirs srtp.Key
	sealer       *srtp.Sealer
	opener       *srtp.Opener
}

// offeredKey is an a=crypto line of our offer, and what seals with its key: the answers to one offer may be several.
type offeredKey struct {
	sdp.Crypto

	sealer *srtp.Sealer
}

// newProtection makes one of our key, whose sealer may be in use already, and the party's. What opens packets of a key
// that has not changed goes on counting.
func newProtection(ours srtp.Key, sealer *srtp.Sealer, theirs srtp.Key, before *protection) (*protection, error) {
	if before != nil && before.theirs == theirs && before.sealer == sealer {
		return before, nil
	}
	made := &protection{ours: ours, theirs: theirs, sealer: sealer}
	if before != nil && before.theirs == theirs {
		made.opener = before.opener
		return made, nil
	}
	var err error
	made.opener, err = srtp.NewOpener(theirs)
	return made, err
}

// offerKeys gives the lines of an offer of protected media: one for each suite, or the one that is agreed on.
func (n *negotiation) offerKeys(kind transcode.Kind) ([]offeredKey, error) {
	if current := n.current[kind]; current != nil {
		return []offeredKey{{Crypto: sdp.Crypto{Tag: 1, Key: current.ours}, sealer: current.sealer}}, nil
	}
	var keys []offeredKey
	for i, suite := range srtp.Suites() {
		key := srtp.NewKey(suite)
		sealer, err := srtp.NewSealer(key)
		if err != nil {
			return nil, err
		}
		keys = append(keys, offeredKey{Crypto: sdp.Crypto{Tag: uint32(i + 1), Key: key}, sealer: sealer})
	}
	return keys, nil
}

// offer puts keys into a section of our offer.
func (m *section) offer(keys []offeredKey) {
	m.keys = keys
	for _, key := range keys {
		m.Crypto = append(m.Crypto, key.Crypto)
	}
}

// answeredProtection is what the party's answer to a section of ours agrees on; nil for plain media. An answer has to
// name one of our lines, and its suite.
func (s *Session) answeredProtection(ours *section, party sdp.Media) (*protection, error) {
	if len(ours.keys) == 0 || len(party.Crypto) == 0 {
		if ours.Encrypted() || party.Encrypted() || s.options.Security.Policy == Required {
			return nil, ErrProtection
		}
		return nil, nil //nolint:nilnil // plain media are no error
	}
	theirs := party.Crypto[0]
	chosen := slices.IndexFunc(ours.keys, func(key offeredKey) bool {
		return key.Tag == theirs.Tag && key.Key.Suite() == theirs.Key.Suite()
	})
	if chosen < 0 {
		return nil, ErrProtection
	}
	key := ours.keys[chosen]
	return newProtection(key.Key, key.sealer, theirs.Key, s.negotiation.current[ours.Kind()])
}

// answerProtection chooses a line of the party's offer, and makes our own: with the key that we have, as long as the
// party keeps its own; a party that has a new one has forgotten the state of ours. There has to be a line.
func (n *negotiation) answerProtection(offered sdp.Media) (*protection, sdp.Crypto, error) {
	current := n.current[offered.Kind()]
	for _, line := range offered.Crypto {
		if current != nil && line.Key == current.theirs {
			return current, sdp.Crypto{Tag: line.Tag, Key: current.ours}, nil
		}
	}
	chosen := offered.Crypto[0]
	key := srtp.NewKey(chosen.Key.Suite())
	sealer, err := srtp.NewSealer(key)
	if err != nil {
		return nil, sdp.Crypto{}, err
	}
	made, err := newProtection(key, sealer, chosen.Key, nil)
	return made, sdp.Crypto{Tag: chosen.Tag, Key: key}, err
}

// read reads a packet of the party's, in the datagram's memory.
func (a *agreement) read(datagram []byte, packet *rtp.Packet) error {
	if a.protection == nil {
		return packet.Unmarshal(datagram) //nolint:wrapcheck // media path
	}
	return a.protection.opener.OpenRTP(datagram, packet) //nolint:wrapcheck // media path
}

// readReports gives the compound RTCP packet in a datagram, in its memory.
func (a *agreement) readReports(datagram []byte) ([]byte, error) {
	if a.protection == nil {
		return datagram, nil
	}
	return a.protection.opener.OpenRTCP(datagram) //nolint:wrapcheck // media path
}

// seal makes of a packet, the first size octets of buffer, what is sent.
func (a *agreement) seal(buffer []byte, size int) ([]byte, error) {
	if a.protection == nil {
		return buffer[:size], nil
	}
	return a.protection.sealer.SealRTP(buffer, size) //nolint:wrapcheck // media path
}

// sealReports does that with a compound RTCP packet.
func (a *agreement) sealReports(compound []byte) ([]byte, error) {
	if a.protection == nil {
		return compound, nil
	}
	return a.protection.sealer.SealRTCP(compound) //nolint:wrapcheck // media path
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
	case srtp.IsForged(err):
		counters.forged.Add(1)
	default:
		counters.replayed.Add(1)
	}
}
