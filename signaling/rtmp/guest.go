package rtmp

import (
	"strings"

	"sipbridge/bridge"
	"sipbridge/signaling/rtmp/amf"
)

// guest is a client without a password, which may call where strangers may, and cannot be called.
type guest struct {
	// uri is who it says it is.
	uri string
	// domain is where those are whom it calls by a bare name or number; empty if nowhere.
	domain string
}

// anonymous is who a guest is that gives no address, or one that needs a password (RFC 3323 section 4.1.1.3).
const anonymous = "sip:anonymous@anonymous.invalid"

// identifyGuest lets a client in that proves nothing, if strangers may call at all. Its address may be left out.
func (c *conn) identifyGuest(name, host string) (account identified, reason string) {
	if !c.server.options.Guests {
		return identified{}, "401 Unauthorized"
	}
	if !c.server.enterGuest(c) {
		c.server.counts.refused.Add(1)
		return identified{}, "503 Service Unavailable"
	}
	return identified{Account: Account{Name: name, Domain: host}, guest: true}, ""
}

// admit lets a guest in.
func (c *conn) admit(asked command, account Account, app string, info amf.Object) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.guest = c.server.guest(account)
	c.begins(asked, app, info)
	c.tell(0, "_result", asked.transaction, nil, info)
}

// guestShare is the part of all connections that guests may have.
const guestShare = 4

// enterGuest counts a client as a guest, unless there are too many: they keep nobody out who has a password.
func (s *Server) enterGuest(client *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.guests >= max(s.options.MaxConnections/guestShare, 1) {
		return false
	}
	s.guests++
	client.visits = true
	return true
}

// guest gives what is believed of a guest: an address of a domain that asks for passwords says nothing.
func (s *Server) guest(account Account) *guest {
	if account.Domain == "" {
		return &guest{uri: anonymous, domain: s.live.options.Domain}
	}
	if canonical, ours := s.options.Domain(account.Domain); ours {
		return &guest{uri: anonymous, domain: canonical}
	}
	if s.options.Upstreams != nil {
		if domain, served := s.options.Upstreams.Serves(account.Domain); served {
			return &guest{uri: anonymous, domain: domain}
		}
	}
	return &guest{uri: "sip:" + account.user(), domain: s.live.options.Domain}
}

// mayCall tells whether a client may call now: guests call as seldom as other strangers. The caller holds mu.
func (c *conn) mayCall(to address) error {
	if c.guest == nil {
		return nil
	}
	return c.server.options.AdmitStranger(c.remote, to.uri())
}

// domain is where those are whom the client calls by a bare name or number. The caller holds mu.
func (c *conn) domain() string {
	if c.guest != nil {
		return c.guest.domain
	}
	_, domain, _ := strings.Cut(c.user, "@")
	return domain
}

// request is what the client asks for at an address. The caller holds mu.
func (c *conn) request(to address) bridge.Request {
	if c.guest != nil {
		return bridge.Request{From: bridge.Party{Name: c.display, URI: c.guest.uri}, To: to.uri()}
	}
	return bridge.Request{
		From: bridge.Party{Name: c.display, URI: "sip:" + c.user}, To: to.uri(),
		Origin: bridge.OriginUser, User: c.user, Login: c.login,
	}
}
