package rtmp

import (
	"sipbridge/bridge"
	"sipbridge/signaling/rtmp/amf"
)

// eventBody is the property of an event that has its text.
const eventBody = "_body"

// sendEvent says a text to the other party of a call: what FreeSWITCH made of an event that names a call. Headers stay
// here, and an event without a call is refused: it was for programs behind FreeSWITCH's event socket; there is none.
// The command is answered with what became of the text.
func (f *freeswitch) sendEvent(asked command) {
	l := f.conn.calls[asked.text(0)]
	text := asked.dictionary(1).Text(eventBody)
	switch {
	case len(asked.dictionary(0).Properties) > 0:
		f.fail(asked, errNotSupported)
	case l == nil:
		f.fail(asked, errNoSuchCall)
	case !isText(text):
		f.fail(asked, errArguments)
	case l.state != stateAnswered:
		f.fail(asked, errState)
	default:
		l.tellOther(text, newOutcome(f.conn, asked))
	}
}

// wrote tells what the other party of a call writes, as FreeSWITCH told of a MESSAGE.
func (f *freeswitch) wrote(l *leg, text string) bool {
	f.event(*l.other(), text, amf.Property{Name: "Session", Value: l.call})
	return true
}

// paged tells what somebody writes outside of calls.
func (f *freeswitch) paged(from bridge.Party, text string) bool {
	f.event(from, text)
	return true
}

func (f *freeswitch) event(from bridge.Party, text string, more ...amf.Property) {
	f.say("event", amf.Object{Properties: append([]amf.Property{
		{Name: "Event-Name", Value: "MESSAGE"},
		{Name: "type", Value: plainText},
		{Name: "from", Value: shown(from)},
		{Name: eventBody, Value: text},
	}, more...)})
}
