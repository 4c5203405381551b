package rtmp

import (
	"strings"
	"time"
)

// login makes the connection a user's, who proves himself with the MD5 of the session's name, his address and his
// password, with colons between them. Who is unknown and who has the wrong password hear the same; and so does a user
// whose account has only a hash (ha1), since a hash of something else cannot be compared with it.
func (f *freeswitch) login(asked command) error {
	c := f.conn
	given := asked.text(0)
	if given != "" && !strings.Contains(given, "@") {
		given += "@" + f.host
	}
	typed, ok := parseAddress(given, "")
	domain, ours := c.server.options.Domain(typed.hostOnly())
	if !c.guessAt(typed.user, typed.host, ours).right(func() bool {
		return ok && ours && c.server.options.Accounts.VerifySalted(typed.user, domain, f.session+":"+given, asked.text(1))
	}) {
		f.say("onLogin", "failure", nil, nil)
		return errLogin
	}
	f.forget()
	c.user, c.display = typed.user+"@"+domain, ""
	c.server.acquaint(c)
	c.server.options.Logger.Info("flash phone logged in", "user", c.user, "remote", c.remote)
	f.say("onLogin", "success", typed.user, domain)
	return nil
}

// isUser tells whether an address is that of the user, as is one that is left out.
func (f *freeswitch) isUser(address string) bool {
	if address == "" {
		return true
	}
	_, domain, _ := strings.Cut(f.conn.user, "@")
	given, ok := parseAddress(address, domain)
	canonical, ours := f.conn.server.options.Domain(given.hostOnly())
	return ok && ours && f.conn.user == given.user+"@"+canonical
}

// logout ends the user's calls, and makes the connection nobody's.
func (f *freeswitch) logout(asked command) error {
	if f.conn.user == "" || !f.isUser(asked.text(0)) {
		return errNotLoggedIn
	}
	name, domain, _ := strings.Cut(f.conn.user, "@")
	f.forget()
	f.say("onLogout", name, domain)
	return f.conn.socket.SetReadDeadline(time.Now().Add(loginTime))
}

// forget takes the connection from its user.
func (f *freeswitch) forget() {
	c := f.conn
	for _, l := range c.calls {
		cause := l.goodbye()
		f.ended(l, cause)
		l.end(cause)
	}
	if c.user != "" {
		c.server.leave(c, c.user)
	}
	c.user, f.ringing = "", false
}

// register lets the user's calls ring here.
func (f *freeswitch) register(asked command) error {
	if f.conn.user == "" || !f.isUser(asked.text(0)) {
		return errNotLoggedIn
	}
	if !f.ringing {
		f.ringing = true
		f.conn.server.enter(f.conn, f.conn.user)
	}
	return nil
}

// unregister lets them ring here no more.
func (f *freeswitch) unregister(asked command) error {
	if !f.ringing || !f.isUser(asked.text(0)) {
		return errNotLoggedIn
	}
	f.ringing = false
	f.conn.server.leave(f.conn, f.conn.user)
	return nil
}
