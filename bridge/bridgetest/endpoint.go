package bridgetest

import (
	"testing"
	"time"

	"sipbridge/bridge"
)

// Dialled is a Leg that an Endpoint made for a Dial.
type Dialled struct {
	*Leg

	// Request is what was asked for.
	Request bridge.Request
}

// Endpoint is a scripted bridge.Endpoint.
type Endpoint struct {
	// Prepare, if set before the endpoint is used, is called with each new leg before Dial returns; it may
	// set Stubborn or OnCommand, or emit at once.
	Prepare func(Dialled)

	info  bridge.LegInfo
	dials chan Dialled
}

// NewEndpoint makes an endpoint whose legs have the party "sip:<name>@test".
func NewEndpoint(name string) *Endpoint {
	return NewEndpointOf(bridge.LegInfo{Party: bridge.Party{URI: "sip:" + name + "@test"}})
}

// NewEndpointOf makes an endpoint whose legs say info; ID and Dialog are filled for each.
func NewEndpointOf(info bridge.LegInfo) *Endpoint {
	return &Endpoint{info: info, dials: make(chan Dialled, eventsBuffered)}
}

// Dial makes a new leg, which AwaitDial gives to the test.
func (e *Endpoint) Dial(request bridge.Request) bridge.Leg {
	dialled := Dialled{Leg: NewLeg(e.info), Request: request}
	if e.Prepare != nil {
		e.Prepare(dialled)
	}
	e.dials <- dialled
	return dialled.Leg
}

// AwaitDial waits for the next Dial and gives its leg.
func (e *Endpoint) AwaitDial(tb testing.TB) Dialled {
	tb.Helper()
	select {
	case dialled := <-e.dials:
		return dialled
	case <-time.After(Patience):
		tb.Fatalf("%s was not dialled within %v", e.info.Party.URI, Patience)
		return Dialled{}
	}
}

// Dials gives how many Dials AwaitDial has not given yet.
func (e *Endpoint) Dials() int { return len(e.dials) }
