package bridge

import (
	"slices"
	"time"
)

// CallRecord is the story of one call.
type CallRecord struct {
	// ID is unique in this process; log lines of the call carry it.
	ID string
	// CallIDs are those of the SIP dialogs that were in it, at most the first 16, by which parties know the call.
	CallIDs []string
	// Caller and Callee are the parties, after a transfer those that were connected last; CalleeTransport is empty if
	// nobody was reached.
	Caller, Callee                   Party
	CallerTransport, CalleeTransport string
	// CallerUser is the user who called, "name@domain", if he proved himself, else empty.
	CallerUser string
	// Started, Answered and Ended are zero where it did not come to that.
	Started, Answered, Ended time.Time
	// CallerCodec and CalleeCodec are the audio codecs in use at the end.
	CallerCodec, CalleeCodec string
	// CallerPath and CalleePath are the last ways of the caller's and of the callee's audio through the bridge, as
	// transcode.Pipe prints them; empty if there was none.
	CallerPath, CalleePath string
	// CallerMedia and CalleeMedia are the counts of each leg.
	CallerMedia, CalleeMedia MediaStats
	// Unheard says in words who is not heard by whom, and why, as it was seen last; empty if both parties are heard.
	Unheard string
	// Transfers tells what became of each transfer that was tried.
	Transfers []TransferRecord
	// Recording is the name of the file with its sound; empty if there is none.
	Recording string
	// EndedBy is "caller", "callee" or "bridge".
	EndedBy string
	// Cause is why it ended.
	Cause Cause
}

// mostCallIDs bounds CallRecord.CallIDs: a page that is reloaded has a new one each time.
const mostCallIDs = 16

// noteDialog keeps the Call-ID of a dialog.
func (r *CallRecord) noteDialog(dialog DialogID) {
	if id := dialog.CallID; id != "" && len(r.CallIDs) < mostCallIDs && !slices.Contains(r.CallIDs, id) {
		r.CallIDs = append(r.CallIDs, id)
	}
}

// legs gives what was measured of each leg, with its codec.
func (r CallRecord) legs(yield func(media MediaStats, codec string) bool) {
	_ = yield(r.CallerMedia, r.CallerCodec) && yield(r.CalleeMedia, r.CalleeCodec)
}
