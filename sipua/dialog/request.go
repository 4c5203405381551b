package dialog

import (
	"github.com/emiago/sipgo/sip"
)

// First builds the first request of the dialog. It is the same request, whichever server gets it, so it always has the
// first CSeq number.
func (d *Dialog) First(method sip.RequestMethod) *sip.Request {
	d.localSequence = 0
	return d.Request(method)
}

// Request builds the next request of the dialog (RFC 3261 section 12.2.1.1). It lacks a Via and Max-Forwards.
func (d *Dialog) Request(method sip.RequestMethod) *sip.Request {
	d.localSequence++
	return d.requestWithSequence(method, d.localSequence)
}

// ACK builds the ACK to a 2xx, which has the CSeq number of its INVITE (RFC 3261 section 13.2.2.4).
func (d *Dialog) ACK(sequence uint32) *sip.Request { return d.requestWithSequence(sip.ACK, sequence) }

func (d *Dialog) requestWithSequence(method sip.RequestMethod, sequence uint32) *sip.Request {
	request := d.ends.Request(method, sequence, d.target, d.routes)
	if method == sip.INVITE || method == sip.UPDATE || method == sip.REFER || method == sip.NOTIFY {
		request.AppendHeader(d.Contact())
	}
	return request
}

// SequenceAfter gives the CSeq number of what takes the place of a request of ours that was refused: greater than its
// own, and than those of all that we have sent (RFC 3261 section 8.1.3.5).
func (d *Dialog) SequenceAfter(refused *sip.Request) uint32 {
	d.localSequence = max(d.localSequence, refused.CSeq().SeqNo) + 1
	return d.localSequence
}

// KeepInOrder gives a request of ours that goes out once more the next CSeq number if others have gone since: they had
// greater ones.
func (d *Dialog) KeepInOrder(again *sip.Request) {
	if again.CSeq().SeqNo < d.localSequence {
		d.localSequence++
		again.CSeq().SeqNo = d.localSequence
	}
}
