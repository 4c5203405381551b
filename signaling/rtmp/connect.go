package rtmp

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"sipbridge/signaling/rtmp/amf"
	"sipbridge/signaling/rtmp/chunk"
)

// application is the name before the address in the URL.
const application = "sip"

// noAddress is why a client with a password but without an address is rejected.
const noAddress = "Missing app path"

// maxConnectArguments are login, password, display name and rate.
const maxConnectArguments = 4

// connect logs a client in, or rejects it. A client of a domain with a server of its own is registered there first.
func (c *conn) connect(asked command) error {
	object, _ := asked.object.(amf.Object)
	app := object.Text("app")
	if isLive(app) {
		c.connectPublisher(asked, app)
		return nil
	}
	if isPhone(app) {
		return c.connectPhone(asked, object)
	}
	encoding, hasEncoding := object.Get("objectEncoding").(float64)
	account, reason := c.identify(app, asked)
	if encoding != 0 && encoding != 3 {
		reason = "Unsupported encoding " + strconv.FormatFloat(encoding, 'g', -1, 64)
	}
	c.send(chunk.Number(chunk.WindowAckSize, windowSize))
	if reason != "" {
		c.reject(asked, reason)
		return nil
	}
	info := statusInfo("status", "NetConnection.Connect.Success", "Connection succeeded.")
	if hasEncoding {
		info.Properties = append(info.Properties, amf.Property{Name: "objectEncoding", Value: encoding})
	}
	if account.upstream {
		return c.register(registration{account: account.Account, asked: asked, app: app, info: info})
	}
	if account.guest {
		c.admit(asked, account.Account, app, info)
		return nil
	}
	c.welcome(asked, account.user(), app, info)
	c.server.options.Logger.Info("flash phone logged in", "user", account.user(), "remote", c.remote)
	return nil
}

// welcome makes a client a device of its user.
func (c *conn) welcome(asked command, user, app string, info amf.Object) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return
	}
	c.user = user
	c.begins(asked, app, info)
	c.server.enter(c, user) // before it is told, so that whoever has heard it can be called
	c.tell(0, "_result", asked.transaction, nil, info)
}

// begins notes what a client says of itself. The caller holds mu.
func (c *conn) begins(asked command, app string, info amf.Object) {
	c.display = clean(asked.text(2))
	c.connected = true
	c.outcomes = asksForTexts(app)
	c.texts = c.outcomes
	c.amf3 = info.Get("objectEncoding") == 3.0
	c.greet()
}

// greet says what is the same for all connections.
func (c *conn) greet() {
	c.send(chunk.Bandwidth(windowSize))
	c.send(chunk.Number(chunk.SetChunkSize, outgoingChunk))
	c.send(chunk.Event(chunk.StreamBegin, 0))
}

// reject says why a client may not connect; nothing that it says afterwards counts. It is
// told in AMF0, which every client reads.
func (c *conn) reject(asked command, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rejected = true
	c.server.counts.rejected.Add(1)
	info := statusInfo("status", "NetConnection.Connect.Rejected", reason)
	last := c.written(0, "_error", asked.transaction, nil, info)
	last.last = true
	c.put(last)
}

func statusInfo(level, code, description string) amf.Object {
	return amf.Object{Properties: []amf.Property{
		{Name: "level", Value: level},
		{Name: "code", Value: code},
		{Name: "description", Value: description},
		{Name: "fmsVer", Value: "sipbridge/8,2"},
		{Name: "details", Value: nil},
	}}
}

// identified is an account that may be let in. That of a domain with a server of its own is to be registered there.
type identified struct {
	Account

	upstream bool
	// guest tells that nothing was proved.
	guest bool
}

// user is the address, "name@domain".
func (a Account) user() string { return a.Name + "@" + a.Domain }

// identify gives the account of a client, or the reason why there is none.
func (c *conn) identify(app string, asked command) (account identified, reason string) {
	name, host, reason := splitApp(app)
	if reason != "" && reason != noAddress {
		return identified{}, reason
	}
	switch {
	case len(asked.args) > maxConnectArguments:
		return identified{}, "Exception on onConnect"
	case asked.text(1) == "":
		return c.identifyGuest(name, host)
	case reason != "":
		return identified{}, reason
	}
	return c.identifyUser(name, host, asked)
}

// identifyUser does it for a client with a password. Who is unknown and who has the wrong password hear the same.
func (c *conn) identifyUser(name, host string, asked command) (account identified, reason string) {
	const forbidden = "403 Forbidden"
	password := asked.text(1)
	if !isCredential(asked.text(0)) || !isCredential(password) {
		return identified{}, forbidden
	}
	if account, ok := c.upstreamAccount(name, host, asked); ok {
		if c.guess(account.user()).locked() {
			return identified{}, forbidden
		}
		return identified{Account: account, upstream: true}, ""
	}
	domain, ours := c.server.options.Domain(host)
	login, _, _ := strings.Cut(asked.text(0), "@")
	if !c.guessAt(name, host, ours).right(func() bool {
		return ours && (login == "" || login == name) && c.server.options.Accounts.Verify(name, domain, password)
	}) {
		return identified{}, forbidden
	}
	return identified{Account: Account{Name: name, Domain: domain}}, ""
}

// isCredential tells whether a text may be somebody's login or password: a login goes into a header of SIP.
func isCredential(text string) bool {
	return len(text) <= maxText && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// splitApp reads "sip/user@domain[:port][/anything][?anything]".
func splitApp(app string) (name, host, reason string) {
	app, _, _ = strings.Cut(app, "?")
	found, rest, _ := strings.Cut(app, "/")
	if found != application {
		return "", "", "Application not found: " + clean(found)
	}
	address, _, _ := strings.Cut(rest, "/")
	if unescaped, err := url.PathUnescape(address); err == nil {
		address = unescaped
	}
	if address == "" {
		return "", "", noAddress
	}
	uri, ok := parseAddress(address, "")
	if !ok || uri.user == "" {
		return "", "", "Invalid URI"
	}
	return uri.user, uri.hostOnly(), ""
}
