package bridgetest

import "sipbridge/bridge"

// Command is one call of a method of bridge.Leg or bridge.Incoming, as a Leg recorded it. The concrete types are
// those in this file.
type Command interface{ command() }

// Offer is a call of bridge.Leg.Offer.
type Offer struct{ Offer bridge.Description }

// Accept is a call of bridge.Leg.Accept.
type Accept struct{ Answer bridge.Description }

// Refuse is a call of bridge.Leg.Refuse.
type Refuse struct{ Cause bridge.Cause }

// SetDirection is a call of bridge.Leg.SetDirection.
type SetDirection struct{ Direction bridge.Direction }

// SendDTMF is a call of bridge.Leg.SendDTMF.
type SendDTMF struct{ Key bridge.DTMF }

// LimitPictures is a call of bridge.Leg.LimitPictures.
type LimitPictures struct{ Bitrate uint64 }

// AskKeyframe is a call of bridge.Leg.AskKeyframe.
type AskKeyframe struct{}

// Tell is a call of bridge.Leg.Tell.
type Tell struct {
	Message bridge.Message
	Done    func(bridge.Cause)
}

// Refer is a call of bridge.Leg.Refer.
type Refer struct{ Referral bridge.Referral }

// TransferProgress is a call of bridge.Leg.TransferProgress.
type TransferProgress struct{ Cause bridge.Cause }

// Introduce is a call of bridge.Introduced.Introduce.
type Introduce struct{ Other bridge.ConnectedIdentity }

// Hangup is a call of bridge.Leg.Hangup.
type Hangup struct{ Cause bridge.Cause }

// Ring is a call of bridge.Incoming.Ring.
type Ring struct{ Early *bridge.Description }

// Mention is a call of bridge.Incoming.Mention.
type Mention struct{ Headers []bridge.Header }

// Answer is a call of bridge.Incoming.Answer.
type Answer struct{ Answer bridge.Description }

func (Offer) command()         {}
func (Accept) command()        {}
func (Refuse) command()        {}
func (SetDirection) command()  {}
func (SendDTMF) command()      {}
func (AskKeyframe) command()   {}
func (LimitPictures) command() {}
func (Tell) command()          {}

func (Refer) command()            {}
func (TransferProgress) command() {}
func (Hangup) command()           {}
func (Introduce) command()        {}
func (Ring) command()             {}
func (Mention) command()          {}
func (Answer) command()           {}
