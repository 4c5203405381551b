package clicktocall

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/netip"
	"time"

	"sipbridge/web/clicktocall/store"
)

// Options say what can be called, and by whom. Zero fields mean the default.
type Options struct {
	// Buttons are addresses that need no account.
	Buttons []Button
	// Store keeps the accounts; nil for none, and then only Buttons can be called.
	Store *store.Store
	// Allowed tells whether an account may have a SIP address called. Required with Store, or the service would be
	// a relay for everybody.
	Allowed func(address string) bool
	// Key seals the password hashes of callers in the database. 32 bytes, required with Store.
	Key [32]byte
	// PasswordTokens lets the MD5 of an account's password prove it in every action, as webrtc2sip's pages do it. Without
	// it they have to sign in first, and get a token that ends.
	PasswordTokens bool
	// Mail sends mails. Without it nobody can make an account.
	Mail Mailer
	// Captcha tells people from programs where an account is made; nil for no such test.
	Captcha Captcha
	// URL is where browsers reach this server, without a path, for the links in mails.
	URL string
	// Domain is a domain of our own in which guests have their names. Required.
	Domain string
	// WebSocketPath is where SIP over WebSocket is. Default "/ws".
	WebSocketPath string
	// Login makes what answers the challenges of the server of a domain; see bridge.Request. Default: none does.
	Login func(domain, user, ha1 string) any
	// ICEServers gives what a guest is told of relays (RTCIceServer in JSON), who asked us at the address local from that
	// of peer. Default, and where it gives nothing: he is told of none.
	ICEServers func(local, peer netip.Addr, guest Guest) json.RawMessage
	// CallsAtOnce bounds the calls to one address at a time. Default 3.
	CallsAtOnce int
	// GuestLife is how long a guest may start calls. Default 2 minutes.
	GuestLife time.Duration
	// SessionLife is how long an account is signed in. Default 12 hours.
	SessionLife time.Duration
	// Logger gets what an operator must know. Default: none is written.
	Logger *slog.Logger
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// Button is an address that can be called from some web sites.
type Button struct {
	// To is a SIP URI.
	To string
	// Origins are the web sites, each as a browser names it: scheme://host or scheme://host:port.
	Origins []string
}

// Mailer sends mails of text.
type Mailer interface {
	// Send gives a mail to a server. The text is UTF-8.
	Send(ctx context.Context, to, subject, text string) error
}

// Captcha tells people from programs.
type Captcha interface {
	// Solved tells whether value is the solution of a riddle that was set to who has this address.
	Solved(ctx context.Context, value, remote string) (bool, error)
}

func (o Options) withDefaults() Options {
	if o.WebSocketPath == "" {
		o.WebSocketPath = "/ws"
	}
	if o.Login == nil {
		o.Login = func(string, string, string) any { return nil }
	}
	if o.ICEServers == nil {
		o.ICEServers = func(netip.Addr, netip.Addr, Guest) json.RawMessage { return nil }
	}
	if o.CallsAtOnce == 0 {
		o.CallsAtOnce = 3
	}
	if o.GuestLife == 0 {
		o.GuestLife = 2 * time.Minute
	}
	if o.SessionLife == 0 {
		o.SessionLife = 12 * time.Hour
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}
