package presence

import (
	"encoding/xml"
	"slices"
)

// CallState is how far a call of a user has come (RFC 4235 section 3.7.1).
type CallState string

// The states of calls.
const (
	Trying    CallState = "trying"
	Early     CallState = "early"
	Confirmed CallState = "confirmed"
	// Terminated ends it; nothing is kept of the call.
	Terminated CallState = "terminated"
)

// Call is a call of a user, as those see it who watch him.
type Call struct {
	// ID names it among the user's calls.
	ID string
	// Placed tells that the user calls, and is not called.
	Placed bool
	State  CallState
	// Name and URI are the other party; only the user himself is told.
	Name, URI string
}

// CallChanged tells how far a user's call has come.
func (s *Server) CallChanged(name string, call Call) {
	s.mu.Lock()
	user := s.user(name)
	at := slices.IndexFunc(user.calls, func(known Call) bool { return known.ID == call.ID })
	isNews := at < 0 && call.State != Terminated || at >= 0 && user.calls[at] != call
	switch {
	case !isNews:
	case at < 0:
		user.calls = append(user.calls, call)
	case call.State == Terminated:
		user.calls = slices.Delete(user.calls, at, at+1)
	default:
		user.calls[at] = call
	}
	var news []outgoing
	if isNews {
		news = s.changed(name, Dialog)
	}
	s.tidy(name)
	s.mu.Unlock()
	s.send(news)
}

// dialogInfo and its parts are the document of RFC 4235 section 4.
type dialogInfo struct {
	XMLName xml.Name        `xml:"urn:ietf:params:xml:ns:dialog-info dialog-info"`
	Version int             `xml:"version,attr"`
	State   string          `xml:"state,attr"`
	Entity  string          `xml:"entity,attr"`
	Dialogs []dialogElement `xml:"dialog"`
}

type dialogElement struct {
	ID        string         `xml:"id,attr"`
	Direction string         `xml:"direction,attr"`
	State     CallState      `xml:"state"`
	Remote    *remoteElement `xml:"remote,omitempty"`
}

type remoteElement struct {
	Identity identityElement `xml:"identity"`
}

type identityElement struct {
	Display string `xml:"display,attr,omitempty"`
	URI     string `xml:",chardata"`
}

// dialogInfo lists all calls each time: a call that is missing has ended.
func (p *presentity) dialogInfo(subscription *Subscription) []byte {
	info := dialogInfo{Version: subscription.version, State: "full", Entity: "sip:" + subscription.watched}
	for _, call := range p.calls {
		shown := dialogElement{ID: call.ID, Direction: "recipient", State: call.State}
		if call.Placed {
			shown.Direction = "initiator"
		}
		if subscription.by == subscription.watched {
			shown.Remote = &remoteElement{identityElement{Display: call.Name, URI: call.URI}}
		}
		info.Dialogs = append(info.Dialogs, shown)
	}
	written, err := xml.Marshal(info)
	if err != nil {
		return nil // of these types nothing can fail
	}
	return append([]byte(xml.Header), written...)
}
