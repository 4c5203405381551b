package bridgetest

import "sipbridge/bridge"

// Incoming is a scripted bridge.Incoming.
type Incoming struct {
	*Leg

	request bridge.Request
}

// NewIncoming makes a caller that asks for request. Party, identity and transport are taken from the
// request where info leaves them empty.
func NewIncoming(request bridge.Request, info bridge.LegInfo) *Incoming {
	if info.Party == (bridge.Party{}) {
		info.Party = request.From
	}
	if info.User == "" {
		info.Origin, info.User, info.Trunk = request.Origin, request.User, request.Trunk
	}
	if info.Transport == "" {
		info.Transport = "WS"
	}
	return &Incoming{Leg: NewLeg(info), request: request}
}

// Request gives the request.
func (i *Incoming) Request() bridge.Request { return i.request }

// Ring is recorded.
func (i *Incoming) Ring(early *bridge.Description) { i.record(Ring{early}) }

// Mention is recorded.
func (i *Incoming) Mention(headers []bridge.Header) { i.record(Mention{headers}) }

// Answer is recorded.
func (i *Incoming) Answer(answer bridge.Description) { i.record(Answer{answer}) }
