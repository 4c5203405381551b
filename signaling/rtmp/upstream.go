package rtmp

import (
	"context"
	"time"

	"sipbridge/bridge"
	"sipbridge/signaling/rtmp/amf"
)

// Account is a user of a domain with a server of its own, as a client names him in connect.
type Account struct {
	// Name and Domain are his address.
	Name, Domain string
	// Login and Password prove him to the server.
	Login, Password string
}

// Upstreams are the servers of other domains, at which clients are registered with their own credentials.
type Upstreams interface {
	// Serves tells whether a host is a domain with a server of its own, and gives its canonical name.
	Serves(host string) (domain string, ok bool)
	// Register keeps an account registered until ctx ends, and then ends the registration. Calls to the account ring at
	// device. told hears each outcome: nil, or a bridge.Cause. It does not block.
	Register(ctx context.Context, account Account, device bridge.Endpoint, told func(error)) error
	// Prove gives the Login of the account's bridge.Requests.
	Prove(account Account) any
}

// registration is what is known of a client at the server of its domain.
type registration struct {
	account Account
	// asked and info are the connect that waits for the outcome.
	asked command
	app   string
	info  amf.Object
}

// registerTime is how long a client may be silent while the server of its domain decides: it hears after 32 s at the
// latest, by SIP's own timer.
const registerTime = 40 * time.Second

// upstreamAccount gives the account of a client whose domain has a server of its own.
func (c *conn) upstreamAccount(name, host string, asked command) (Account, bool) {
	if c.server.options.Upstreams == nil {
		return Account{}, false
	}
	domain, ok := c.server.options.Upstreams.Serves(host)
	if !ok {
		return Account{}, false
	}
	login := asked.text(0)
	if login == "" {
		login = name
	}
	return Account{Name: name, Domain: domain, Login: login, Password: asked.text(1)}, true
}

// register registers a client at the server of its domain. Whether it is let in is told when the server has answered.
func (c *conn) register(wanted registration) error {
	ctx, stop := context.WithCancel(context.Background())
	c.unregister = stop
	upstreams := c.server.options.Upstreams
	c.working.Go(func() {
		c.contain(func() {
			told := c.firstOutcome(wanted)
			if err := upstreams.Register(ctx, wanted.account, endpoint{c}, told); err != nil {
				told(err)
			}
		})
	})
	return c.socket.SetReadDeadline(time.Now().Add(registerTime))
}

// firstOutcome gives what hears the outcomes of a registration: the first one decides whether the client is let in,
// later ones it is told of.
func (c *conn) firstOutcome(wanted registration) func(error) {
	first, registered := true, false
	return func(err error) {
		news := registered != (err == nil)
		registered = err == nil
		switch {
		case !first:
			c.tellRegistration(err, news)
			return
		case err != nil:
			c.unregister()
			c.turnAway(wanted, refusalOf(err))
		default:
			c.letIn(wanted)
		}
		first = false
	}
}

// turnAway rejects a client whose server does not register it.
func (c *conn) turnAway(wanted registration, cause bridge.Cause) {
	if cause.Status == 403 {
		c.server.options.Guard.Fail(wanted.account.user(), c.remote)
	}
	c.reject(wanted.asked, reasonText(cause))
}

// refusalOf gives the cause for which the server does not register a client. Asking for credentials that it has got
// already means that they are wrong.
func refusalOf(err error) bridge.Cause {
	cause := bridge.CauseOf(err)
	if cause.Status == 401 || cause.Status == 407 {
		return bridge.Cause{Status: 403, Text: "Forbidden", Err: err}
	}
	return cause
}

// letIn makes a client that is registered a device of its user.
func (c *conn) letIn(wanted registration) {
	user := wanted.account.user()
	c.server.options.Guard.Succeed(user, c.remote)
	c.mu.Lock()
	c.login = c.server.options.Upstreams.Prove(wanted.account)
	c.mu.Unlock()
	c.welcome(wanted.asked, user, wanted.app, wanted.info)
	_ = c.socket.SetReadDeadline(time.Now().Add(c.server.options.IdleTimeout)) // a closed one is found by read
	c.server.options.Logger.Info("flash phone registered upstream", "user", user, "remote", c.remote)
}

// tellRegistration tells a client that it can no longer be called, or can again. The status of a connection comes on
// stream 0. When the server will have the client no more, the connection ends.
func (c *conn) tellRegistration(err error, news bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	cause := refusalOf(err)
	switch {
	case c.over || !news:
	case err == nil:
		c.connectionStatus("status", "SIP.Registration.Success", "Registered.")
	case cause.Status == 403:
		last := c.written(0, "onStatus", 0.0, nil,
			statusInfo("error", "NetConnection.Connect.Rejected", reasonText(cause)))
		last.last = true
		c.put(last)
	default:
		c.connectionStatus("warning", "SIP.Registration.Failed", reasonText(cause))
	}
}

// connectionStatus tells the status of the connection. The caller holds mu.
func (c *conn) connectionStatus(level, code, description string) {
	c.tell(0, "onStatus", 0.0, nil, statusInfo(level, code, description))
}
