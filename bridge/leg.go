package bridge

import "sipbridge/transcode"

// Leg is one party of a call, whatever protocol it speaks. Commands never block; what becomes of
// them, and everything else a party does, arrives on Events. Only Ended ends a leg, and it is the last event.
type Leg interface {
	// Info says what is known of the leg now.
	Info() LegInfo
	// Events is read by the call alone. It is closed after Ended.
	Events() <-chan Event
	// Media is the leg's sound and pictures. It is valid for the life of the leg.
	Media() Media
	// Offer offers new media: add video, change codec. Accepted or Refused follows.
	Offer(offer Description)
	// Accept answers what the party Offered.
	Accept(answer Description)
	// Refuse declines what the party Offered: the call stands on the old media.
	Refuse(cause Cause)
	// SetDirection holds or resumes: direction is what the bridge does toward the party.
	SetDirection(direction Direction)
	// SendDTMF sends a key in the way negotiated with the party.
	SendDTMF(key DTMF)
	// AskKeyframe asks the party for a full picture.
	AskKeyframe()
	// LimitPictures asks the party to send no more than this of pictures, in bit/s.
	LimitPictures(bitrate uint64)
	// Tell brings the party what the other one says. done is called with what the party answered, from any goroutine;
	// it does not block. If the leg ends before, nobody may hear of it.
	Tell(message Message, done func(Cause))
	// Refer asks the party to call the target of a referral by itself, if Info says that it can. Referred follows, more
	// than once.
	Refer(referral Referral)
	// TransferProgress tells a party that asked for a transfer how it goes, by the status of the call to the target: below
	// 200 it goes on, 200 is success, 300 and more failure. The first one also accepts or refuses what was asked.
	TransferProgress(cause Cause)
	// Hangup ends the leg: CANCEL, BYE or a final response, the leg knows which. Ended follows. It may be
	// called again, also after Ended; only the first time counts.
	Hangup(cause Cause)
}

// Incoming is a leg that called us and waits for its answer.
type Incoming interface {
	Leg
	// Request is what the party asked for.
	Request() Request
	// Ring tells the caller that the callee rings; with early media if early is not nil. The
	// first early description fixes the answer: the SDP is repeated to the byte when the call is answered. To a Request
	// without an offer, early is our offer, for a leg that has to make it now: Accepted then comes before Answer.
	Ring(early *Description)
	// Mention gives headers that cross to the caller with the next Ring or Answer.
	Mention(headers []Header)
	// Answer accepts the call. To a Request without an offer, answer is our offer and
	// Accepted follows with the party's answer, unless it came while it rang.
	Answer(answer Description)
}

// Introduced is a Leg whose party can be told who the other one is, when that has become somebody else or is known
// better.
type Introduced interface {
	Leg
	// Introduce tells who the other party is from now on.
	Introduce(other ConnectedIdentity)
}

// Endpoint is something that can be called.
type Endpoint interface {
	// Dial starts a call at once and returns its leg; every failure arrives as Ended.
	Dial(request Request) Leg
}

// Restricted is an Endpoint with which not every codec may be used.
type Restricted interface {
	// Codecs are those that may, by preference; nil means any that the bridge has.
	Codecs() []transcode.Codec
}

// Metered is an Endpoint to which only some may place calls, and only so many: Dial asks and counts.
type Metered interface {
	// Metered tells whether Dial does so for a request. Then nobody else may place that call in the bridge's stead.
	Metered(request Request) bool
}

// Media is what a leg hears and says. Its methods may be called at any time, also before
// the media path is up and after it is closed.
type Media interface {
	// Receive sets where the party's packets of a kind go; nil drops them. Each packet carries the
	// payload type of a Format of the description agreed with the party.
	Receive(kind transcode.Kind, to transcode.PacketWriter)
	// Sender is the way to the party. It owns SSRC, sequence numbers and timestamps of its stream, and
	// expects packets that carry the payload type of a Format agreed with the party.
	Sender(kind transcode.Kind) transcode.PacketWriter
	// Stats is what was measured since the start of the leg.
	Stats() MediaStats
}

// LegInfo describes a leg for routing, logs and metrics.
type LegInfo struct {
	// ID is unique in this process.
	ID string
	// Transport is the signalling transport: "WS", "WSS", "UDP", "TCP", "TLS", "RTMP", "builtin".
	Transport string
	// Party is the far end.
	Party Party
	// Origin, User and Trunk say for whom the party can ask, as in Request: User is "name@domain" of an account
	// of ours, Trunk the name of the upstream domain or trunk, else empty.
	Origin Origin
	User   string
	Trunk  string
	// Private tells that the party does not want to be shown (RFC 3323).
	Private bool
	// Refers tells that the party said that it can be asked to call somebody else (RFC 3515).
	Refers bool
	// Codecs are those that may be used with the party; nil means any that the bridge has.
	Codecs []transcode.Codec
	// Dialog is the SIP dialog, as far as it is known.
	Dialog DialogID
}
