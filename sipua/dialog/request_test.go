package dialog

import (
	"testing"

	"github.com/emiago/sipgo/sip"
)

// numbered is a request of ours with a CSeq number.
func numbered(number uint32) *sip.Request {
	request := sip.NewRequest(sip.INFO, sip.Uri{})
	request.AppendHeader(&sip.CSeqHeader{SeqNo: number, MethodName: sip.INFO})
	return request
}

// TestNumbersOfOurs: they rise with each request but ACK; the first one has the same for each server.
func TestNumbersOfOurs(t *testing.T) {
	t.Parallel()
	d := dialled(t, "sip:bob@192.0.2.9")
	numbers := func(want string, request *sip.Request) {
		t.Helper()
		if got := request.CSeq().Value(); got != want {
			t.Errorf("it is %s, want %s", got, want)
		}
	}
	numbers("1 INVITE", d.First(sip.INVITE))
	numbers("1 INVITE", d.First(sip.INVITE))
	numbers("2 INFO", d.Request(sip.INFO))
	numbers("1 ACK", d.ACK(1))
	numbers("3 BYE", d.Request(sip.BYE))
}

// What takes the place of a refused request has a number greater than all before.
func TestSequenceAfter(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ sent, refused, want uint32 }{{1, 1, 2}, {5, 2, 6}, {1, 4, 5}} {
		d := dialled(t, "sip:bob@192.0.2.9")
		for range test.sent {
			d.Request(sip.INFO)
		}
		if got := d.SequenceAfter(numbered(test.refused)); got != test.want {
			t.Errorf("after %d, of %d: %d, want %d", test.refused, test.sent, got, test.want)
		}
		if next := d.Request(sip.INFO).CSeq().SeqNo; next != test.want+1 {
			t.Errorf("then %d follows", next)
		}
	}
}

// Another server gets the same number, unless others have gone since.
func TestKeepInOrder(t *testing.T) {
	t.Parallel()
	d := dialled(t, "sip:bob@192.0.2.9")
	first, second := d.Request(sip.INFO), d.Request(sip.INFO)
	d.KeepInOrder(second)
	d.KeepInOrder(first)
	if first.CSeq().SeqNo != 3 || second.CSeq().SeqNo != 2 || d.Request(sip.INFO).CSeq().SeqNo != 4 {
		t.Errorf("they are %d and %d", first.CSeq().SeqNo, second.CSeq().SeqNo)
	}
}
