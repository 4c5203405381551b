package rtpmedia

import (
	"slices"

	"sipbridge/bridge/sdp"
	"sipbridge/bridge/srtp"
	"sipbridge/transcode"
)

// sdesKeys are the keys of a stream that stood in SDP (RFC 4568).
type sdesKeys struct {
	ours   srtp.Key
	theirs sdp.Crypto
	in     *srtp.Opener
	out    *srtp.Sealer
}

func (k *sdesKeys) opener() packetOpener { return k.in }

func (k *sdesKeys) sealer() *srtp.Sealer { return k.out }

// offeredKey is an a=crypto line of our offer, and what seals with its key: the answers to one offer may be several.
type offeredKey struct {
	sdp.Crypto

	sealer *srtp.Sealer
}

// newSDES makes a protection of our key, whose sealer may be in use already, and the party's. What opens packets
// of a key that has not changed goes on counting.
func newSDES(ours srtp.Key, sealer *srtp.Sealer, theirs sdp.Crypto, before *protection) (*protection, error) {
	made := &protection{sdes: sdesKeys{ours: ours, theirs: theirs, out: sealer}}
	made.packets, made.reports = &made.sdes, &made.sdes
	if before != nil && before.sdes.theirs.SameKeys(theirs) {
		if before.sdes.out == sealer {
			return before, nil
		}
		made.sdes.in = before.sdes.in
		return made, nil
	}
	var err error
	made.sdes.in, err = theirs.Opener()
	return made, err
}

// bySDES tells whether a section has keys that can be used.
func bySDES(media sdp.Media) bool { return len(media.Crypto) > 0 }

// offerSDES makes our offer of a kind one of protected media: with a key for each suite, or the one that is agreed on.
func (n *negotiation) offerSDES(ours *section) error {
	ours.Protocol = "RTP/SAVP"
	keys, err := n.offeredKeys(ours.Kind())
	ours.keys = keys
	for _, key := range keys {
		ours.Crypto = append(ours.Crypto, key.Crypto)
	}
	return err
}

func (n *negotiation) offeredKeys(kind transcode.Kind) ([]offeredKey, error) {
	if current := n.current[kind]; current != nil {
		return []offeredKey{{Crypto: sdp.Crypto{Tag: 1, Key: current.sdes.ours}, sealer: current.sdes.out}}, nil
	}
	var keys []offeredKey
	for i, suite := range srtp.Common() {
		key := srtp.NewKey(suite)
		sealer, err := srtp.NewSealer(key)
		if err != nil {
			return nil, err
		}
		keys = append(keys, offeredKey{Crypto: sdp.Crypto{Tag: uint32(i + 1), Key: key}, sealer: sealer})
	}
	return keys, nil
}

// answeredSDES is what the party's answer agrees on. It has to name one of our lines, and its suite.
func (s *Session) answeredSDES(ours *section, party sdp.Media) (*protection, error) {
	theirs := party.Crypto[0]
	chosen := slices.IndexFunc(ours.keys, func(key offeredKey) bool {
		return key.Tag == theirs.Tag && key.Key.Suite() == theirs.Key.Suite()
	})
	if chosen < 0 {
		return nil, ErrProtection
	}
	key := ours.keys[chosen]
	return newSDES(key.Key, key.sealer, theirs, s.negotiation.current[ours.Kind()])
}

// answerSDES chooses a line of the party's offer, and makes our own: with the key that we have, as long as the
// party keeps its own; a party that has a new one has forgotten the state of ours. Where its packets carry an
// identifier of the key, ours carry the same one (RFC 4568 section 6.1). Of ours there is one, however many it has.
func (s *Session) answerSDES(ours *section, offered sdp.Media) (*protection, error) {
	current := s.negotiation.current[offered.Kind()]
	for _, line := range offered.Crypto {
		if current != nil && line.SameKeys(current.sdes.theirs) {
			ours.Crypto = []sdp.Crypto{{Tag: line.Tag, Key: current.sdes.ours}}
			return current, nil
		}
	}
	chosen := offered.Crypto[0]
	key := srtp.NewKey(chosen.Key.Suite()).WithIdentifier(chosen.Key.Identifier())
	sealer, err := srtp.NewSealer(key)
	if err != nil {
		return nil, err
	}
	ours.Crypto = []sdp.Crypto{{Tag: chosen.Tag, Key: key}}
	return newSDES(key, sealer, chosen, nil)
}
