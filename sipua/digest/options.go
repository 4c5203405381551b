package digest

import (
	"log/slog"
	"time"
)

// Options are the settings of an Authenticator.
type Options struct {
	// Accounts has the users' secrets. Required.
	Accounts Accounts
	// Algorithms are offered to clients that aren't on a WebSocket, one header each, the strongest first; default
	// SHA256, MD5. Leave out SHA256 if some account has only an MD5 hash: its phone would choose SHA-256 and
	// fail, and a challenge that depended on the account would tell which users exist.
	Algorithms []Algorithm
	// NonceLife is how long a nonce is accepted; default 5 minutes.
	NonceLife time.Duration
	// Tries is how many failures of a user name from one source lock it there; default 5.
	Tries int
	// Lock is how long it stays locked; default 30 seconds. After it, each further failure locks again at once,
	// until there was none for ten times as long.
	Lock time.Duration
	// Logger gets a line when credentials are wrong, and one when a user name is locked, at most one of each a second;
	// default none.
	Logger *slog.Logger
	// Now is the clock; default time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if len(o.Algorithms) == 0 {
		o.Algorithms = []Algorithm{SHA256, MD5}
	}
	if o.NonceLife <= 0 {
		o.NonceLife = 5 * time.Minute
	}
	if o.Tries <= 0 {
		o.Tries = 5
	}
	if o.Lock <= 0 {
		o.Lock = 30 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}
