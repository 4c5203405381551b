package sipua

import (
	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
)

// introductions is what a party is told of who the other one is, by UPDATE without an offer (RFC 3311). Its leg's
// goroutine owns it.
type introductions struct {
	// other is the URI of the other party, as far as this one knows it.
	other string
	// waiting is the newest one that the party was not told of; nil for none.
	waiting *bridge.ConnectedIdentity
	// open tells that an UPDATE has no answer yet, tries how often it was told the same again.
	open  bool
	tries int
	// listed tells that the party has UPDATE in its Allow, silent that it said nothing of what it takes.
	listed, silent bool
	// renames tells that the party takes it when From becomes another in a dialog (RFC 4916).
	renames bool
}

// learn takes what the party says of itself in its INVITE or answer.
func (i *introductions) learn(said message.Message) {
	i.silent = said.GetHeader("Allow") == nil
	i.listed = message.HasOption(said, "Allow", string(sip.UPDATE))
	i.renames = message.HasOption(said, "Supported", "from-change")
}

// refuse notes that the party takes no UPDATE, whatever it said.
func (i *introductions) refuse() { i.silent, i.listed, i.waiting = false, false, nil }

// postpone lets the party be told again, if nothing newer waits, and reports false once it was told too often.
func (i *introductions) postpone(told bridge.ConnectedIdentity) bool {
	if i.waiting == nil {
		i.tries++
		i.waiting = &told
	}
	if i.tries >= maxTries {
		i.waiting = nil
	}
	return i.waiting != nil
}
