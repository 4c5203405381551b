package bridge

// Referral is what a party asks for that wants the other party to be connected to somebody else (RFC 3515, RFC 5589).
type Referral struct {
	// Target is the URI to be called.
	Target string
	// Replaces names the dialog to be taken over there (RFC 3891), as Target sees it; nil for a blind transfer.
	Replaces *DialogID
	// EarlyOnly spares the dialog of Replaces if it has been answered.
	EarlyOnly bool
	// ReferredBy is told to Target (RFC 3892): the value of a Referred-By header; empty for what the call shows the party
	// as. Of a party that is not to be shown nothing is told.
	ReferredBy string
	// Silent tells that the party hears no more than whether it is tried (RFC 4488).
	Silent bool
}

// Reversed gives the dialog as its other end sees it.
func (d DialogID) Reversed() DialogID {
	return DialogID{CallID: d.CallID, LocalTag: d.RemoteTag, RemoteTag: d.LocalTag}
}
