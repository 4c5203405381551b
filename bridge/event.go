package bridge

// Event is something a leg's party did, or what became of a command. The concrete types are
// those in this file.
type Event interface{ event() }

// Ringing tells that the callee rings (180), or sends early media (183) if Early is not nil. Headers cross to the
// caller.
type Ringing struct {
	Early   *Description
	Headers []Header
}

// Answered tells that the callee accepted the call. Answer is its media: the answer to our offer, or its own
// offer if the Request had none; then the call must Accept. Headers cross to the caller.
type Answered struct {
	Answer  Description
	Headers []Header
}

// Offered tells that the party proposes other media in a running call; Accept or Refuse follows.
type Offered struct{ Offer Description }

// Accepted tells that the party answered our Offer, or the offer in our Answer.
type Accepted struct{ Answer Description }

// Refused tells that the party declined our Offer; the old media stand.
type Refused struct{ Cause Cause }

// DirectionChanged tells that the party held or resumed. Direction is what the party does. The leg has
// already answered its party. What the party answers to our SetDirection need not be told.
type DirectionChanged struct{ Direction Direction }

// Pressed tells that the party pressed a key; told once, at its end.
type Pressed struct{ Key DTMF }

// KeyframeAsked tells that the party wants a full picture.
type KeyframeAsked struct{}

// RateAsked tells how much the party takes of pictures at most from now on, in bit/s.
type RateAsked struct{ Bitrate uint64 }

// Told tells that the party says something to the other one. Done is called once with what that one answered, from any
// goroutine, and does not block; a status of 2xx is success.
type Told struct {
	Message Message
	Done    func(Cause)
}

// TransferAsked tells that the party wants the other party to be connected to somebody else; TransferProgress answers.
type TransferAsked struct{ Referral Referral }

// Referred tells how a party that was asked to Refer gets on, by the status of its call: below 200 it tries, 200 is
// success; 300 and more that it does not want to, or failed if it has begun.
type Referred struct{ Cause Cause }

// Parked tells that the party's signalling and media are gone; the leg waits for it to come back.
type Parked struct{}

// Resumed tells that a parked party is back.
type Resumed struct{}

// Ended tells that the leg is over. Nothing follows.
type Ended struct{ Cause Cause }

func (Ringing) event()          {}
func (Answered) event()         {}
func (Offered) event()          {}
func (Accepted) event()         {}
func (Refused) event()          {}
func (DirectionChanged) event() {}
func (Pressed) event()          {}
func (KeyframeAsked) event()    {}
func (RateAsked) event()        {}
func (Told) event()             {}
func (TransferAsked) event()    {}
func (Referred) event()         {}
func (Parked) event()           {}
func (Resumed) event()          {}
func (Ended) event()            {}
