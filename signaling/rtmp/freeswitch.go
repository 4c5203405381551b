package rtmp

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"sipbridge/bridge"
	"sipbridge/signaling/rtmp/amf"
	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/transcode"
)

const (
	// phoneApplication is the application of FreeSWITCH's Flash phones.
	phoneApplication = "phone"
	// maxPhoneCalls is how many calls such a phone may have at a time.
	maxPhoneCalls = 8
	// loginTime is how long a person may take to log in.
	loginTime = 2 * time.Minute
)

// Why a command fails.
var (
	errNotLoggedIn  = errors.New("not logged in")
	errLogin        = errors.New("wrong name or password, or an account whose password is not kept here")
	errNoSuchCall   = errors.New("no such call")
	errState        = errors.New("not in this state of the call")
	errNotSupported = errors.New("not supported")
	errArguments    = errors.New("bad arguments")
	errTooManyCalls = errors.New("too many calls")
)

// freeswitch is the vocabulary of FreeSWITCH's mod_rtmp. Users log in after they have connected, calls have names, and
// of several calls one is heard. What fails is answered by _error; FreeSWITCH stayed silent.
type freeswitch struct {
	conn *conn
	// session is the name of the connection, which hashes of passwords are salted with.
	session string
	// host is that of the URL: where users are who log in without a domain.
	host string
	// looks tells that the phone shows and sends pictures.
	looks bool
	// ringing tells that the user's calls ring here.
	ringing bool
}

// isPhone tells whether an application is that of such phones.
func isPhone(app string) bool {
	app, _, _ = strings.Cut(app, "?")
	return strings.TrimSuffix(app, "/") == phoneApplication
}

// connectPhone lets such a phone in, to log in.
func (c *conn) connectPhone(asked command, object amf.Object) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := &freeswitch{conn: c, session: newUUID(), host: "localhost"}
	if at, err := url.Parse(object.Text("tcUrl")); err == nil {
		f.host = at.Hostname()
	}
	c.words, c.connected = f, true
	c.send(chunk.Number(chunk.WindowAckSize, windowSize))
	c.greet()
	info := statusInfo("status", "NetConnection.Connect.Success", "Connection succeeded.")
	info.Properties = append(info.Properties, amf.Property{Name: "objectEncoding", Value: 0.0})
	c.tell(0, "_result", asked.transaction, amf.Object{Properties: []amf.Property{
		{Name: "fmsVer", Value: "sipbridge/8,2"}, {Name: "capabilities", Value: 31.0},
	}}, info)
	f.say("connected", f.session)
	return c.socket.SetReadDeadline(time.Now().Add(loginTime))
}

// say calls a method of the client.
func (f *freeswitch) say(name string, args ...any) {
	f.conn.tell(0, append([]any{name, 0.0, nil}, args...)...)
}

// state tells how far a call is.
func (f *freeswitch) state(l *leg, state string) { f.say("callState", l.call, state) }

// fail answers a command that cannot be done.
func (f *freeswitch) fail(asked command, why error) {
	f.conn.fail(asked, why.Error())
}

// wish is what such a phone speaks: Speex, and H.264 if it looks.
func (f *freeswitch) wish() wish {
	if f.looks {
		return parseWish([]string{"wideband", "h264"})
	}
	return parseWish(nil)
}

// attach makes a call the one that is heard, or none. The two calls of a conference are heard together, as its first.
func (f *freeswitch) attach(l *leg) {
	if m := f.conn.conference; m != nil && l == m.second {
		l = m.first
	}
	if f.conn.active == l {
		return
	}
	if f.conn.active != nil {
		f.conn.active.media.setHeard(false)
	}
	f.conn.active = l
	name := ""
	if l != nil {
		name = l.call
		l.media.setHeard(true)
	}
	f.say("onAttach", name)
}

// plays says all that FreeSWITCH did: players wait for one or the other.
func (f *freeswitch) plays(asked command, name string) {
	f.conn.status(asked, "status", "NetStream.Play.Reset", name)
	f.conn.status(asked, "status", "NetStream.Play.Start", name)
	f.conn.data(asked.stream, "onStatus", amf.Object{Properties: []amf.Property{
		{Name: "code", Value: "NetStream.Data.Start"},
	}})
	f.conn.data(asked.stream, "|RtmpSampleAccess", true, true)
}

func (f *freeswitch) admits() bool { return len(f.conn.calls) < maxPhoneCalls }

func (f *freeswitch) called(l *leg) {
	l.media.setHeard(false)
	caller, _ := parseAddress(l.from.URI, "")
	var more any
	if _, shows := l.offer.First(transcode.Video); shows {
		more = amf.Object{Properties: []amf.Property{{Name: "want_video", Value: "true"}}}
	}
	f.say("incomingCall", l.call, clean(l.from.Name), caller.user, f.conn.user, more)
	f.state(l, "RINGING")
}

func (f *freeswitch) rings(l *leg, early bool) {
	if early {
		f.state(l, "EARLY")
		return
	}
	f.state(l, "RINGING")
}

func (f *freeswitch) answered(l *leg, _ bridge.Description) { f.state(l, "ACTIVE") }

func (f *freeswitch) heardInstead(l *leg) { f.attach(l) }

// introduced says name and number, as other phones write them.
func (f *freeswitch) introduced(l *leg, other bridge.Party) {
	number, _ := parseAddress(other.URI, "")
	f.say("displayUpdate", l.call, clean(other.Name), number.user)
}

func (f *freeswitch) held(l *leg, held bool) {
	if held {
		f.state(l, "HELD")
		return
	}
	f.state(l, "UNHELD")
	f.state(l, "ACTIVE")
}

// ended tells that a call is over, whoever ended it.
func (f *freeswitch) ended(l *leg, cause bridge.Cause) {
	f.state(l, "HANGUP")
	f.say("onHangup", l.call, hangupCause(cause))
}
