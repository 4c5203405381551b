package relay

import (
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/digest"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

// register is what is to be done for a REGISTER that goes to an upstream server, so that calls come back.
//
// The server must not get the browser's Contact, which leads nowhere. Two things can stand for it. A token at our own
// address in the Contact works with every server. A server that has Path (RFC 3327) can get the Contact as it is, with
// its +sip.instance and reg-id, and a Path with the token: then it sees one device as one, also when it comes by
// several bridges (RFC 5626). Which server has Path shows in its 200, which repeats it; so a first REGISTER has both.
type register struct {
	relay  *Relay
	source transport.Flow
	// to answers the server's challenge once, if it can.
	to Domain
	// user is whom it is for, token what leads to the browser.
	user, token string
	// contact is the browser's; nil if the REGISTER has none, or "*".
	contact *sip.ContactHeader
	// all says that the Contact is "*": it ends every binding of the user.
	all bool
	// path says that the REGISTER has a Path, outbound that its Contact is the browser's own.
	path, outbound bool
	// former is the token by which the server still knows the browser, where it is outbound now.
	former string
	// attempted says that the browser tries to prove who it is.
	attempted bool
	// credentials are what answers a challenge, made by us.
	credentials sip.Header
}

func (r *Relay) newRegister(flow transport.Flow, received *sip.Request, to Domain) *register {
	made := &register{
		relay: r, source: flow, to: to, user: message.AddressOfRecord(received.To().Address),
		attempted: attempted(received),
	}
	contact := message.Contact(received)
	switch {
	case contact == nil:
	case contact.Address.Wildcard:
		made.all = true
	default:
		made.contact = contact.Clone()
		made.choosePath(received)
	}
	return made
}

// choosePath decides what stands for the browser. Only a Contact that names its device is told from all others by the
// server: sipML5 has the same one on every page.
func (r *register) choosePath(received *sip.Request) {
	known, ok := r.relay.bindings.same(r.user, r.contact.Address.String(), r.source)
	if r.token = known.Token; !ok {
		r.token = message.NewTag()
	}
	instance, _ := r.contact.Params.Get("+sip.instance")
	id, _ := r.contact.Params.Get("reg-id")
	r.path = instance != "" && atoi(id) > 0 && message.HasOption(received, "Supported", "path")
	r.outbound = r.path && r.relay.paths.has(r.to.Name)
	if r.outbound && ok && !known.Outbound {
		r.former = known.Token
	}
}

// complete puts into a REGISTER where the server finds the browser, and its credentials if we make them.
func (r *register) complete(request *sip.Request, flow transport.Flow) {
	if r == nil {
		return
	}
	if r.credentials != nil {
		request.RemoveHeader(r.credentials.Name())
		request.AppendHeader(r.credentials)
	}
	r.address(request, flow)
}

func (r *register) address(request *sip.Request, flow transport.Flow) {
	if r.all {
		request.AppendHeader(&sip.ContactHeader{Address: sip.Uri{Host: "*", Wildcard: true}})
	}
	if r.contact == nil {
		return
	}
	ours := message.ContactOn(flow, r.token)
	if r.path {
		request.AppendHeader(sip.NewHeader("Path", pathAt(ours)))
	}
	if r.outbound {
		request.AppendHeader(r.contact.Clone())
		if r.former != "" {
			ended := &sip.ContactHeader{Address: ours, Params: sip.NewParams()}
			ended.Params.Add("expires", "0")
			request.AppendHeader(ended)
		}
		return
	}
	contact := &sip.ContactHeader{Address: ours, Params: r.contact.Params.Clone()}
	for _, name := range []string{"+sip.instance", "reg-id"} {
		contact.Params.Remove(name) // they name a device behind us, not us
	}
	request.AppendHeader(contact)
}

// pathAt is the Path that leads to us and down a browser's flow; ob tells that it does (RFC 5626 section 5.1).
func pathAt(ours sip.Uri) string {
	uri := *ours.Clone()
	if uri.UriParams == nil {
		uri.UriParams = sip.NewParams()
	}
	uri.UriParams.Add("lr", "")
	uri.UriParams.Add("ob", "")
	return "<" + uri.String() + ">"
}

// again tells whether the server's answer asks for the REGISTER in another way: without a Path, since it does not know
// that (RFC 3327 section 5.3), or with credentials, and the browser left us what makes them. Both happen once.
func (r *register) again(received *sip.Request, upstream *sip.Response) bool {
	if r == nil {
		return false
	}
	if r.path && upstream.StatusCode == sip.StatusBadExtension {
		r.relay.paths.set(r.to.Name, false)
		r.path, r.outbound = false, false
		return true
	}
	if r.to.Answers == nil || !message.IsChallenge(upstream) {
		return false
	}
	header, err := r.to.Answers.Answer(upstream, received.Method, received.Recipient)
	r.to.Answers = nil
	if err != nil {
		return false
	}
	r.credentials, r.attempted = header, true
	return true
}

// settle notes what became of the REGISTER, and completes the response for the browser.
func (r *register) settle(upstream, response *sip.Response) {
	if r == nil {
		return
	}
	if r.attempted {
		r.relay.guard.tried(r.user, r.source, upstream)
	}
	if upstream.IsSuccess() {
		r.registered(upstream, response)
	}
}

// registered binds the browser to its token, and gives it back its own Contact with the server's expiry.
func (r *register) registered(upstream, response *sip.Response) {
	if r.all {
		r.relay.bindings.removeUser(r.user)
	}
	if r.contact == nil {
		return
	}
	seconds := r.expiry(upstream)
	if seconds == 0 {
		r.relay.bindings.remove(r.token)
		return
	}
	seconds = r.learnPath(upstream, seconds)
	contact := r.contact.Clone()
	contact.Params.Remove("expires")
	contact.Params.Add("expires", strconv.Itoa(seconds))
	response.AppendHeader(contact)
	r.relay.options.Users.Proved(r.source, r.user)
	r.relay.bindings.add(Binding{
		Token: r.token, User: r.user, Contact: r.contact.Address.String(), Flow: r.source, Outbound: r.outbound,
		Until: time.Now().Add(time.Duration(seconds)*time.Second + 30*time.Second),
	})
}

// soon is the expiry, in seconds, that makes a browser register again at once, in another way.
const soon = 10

// learnPath sees in a 200 whether the server has Path. If it has no more, the browser is bound to a Contact that leads
// nowhere, and is to come again.
func (r *register) learnPath(upstream *sip.Response, seconds int) int {
	if !r.path {
		return seconds
	}
	has := false
	for _, path := range message.Values(upstream, "Path") {
		has = has || strings.Contains(path, r.token)
	}
	r.relay.paths.set(r.to.Name, has)
	if r.outbound && !has {
		return min(seconds, soon)
	}
	return seconds
}

// expiry is what the server granted: in the Contact that is ours, else in Expires; 0 if it is not bound.
func (r *register) expiry(upstream *sip.Response) int {
	for _, header := range upstream.GetHeaders("Contact") {
		contact, ok := header.(*sip.ContactHeader)
		if !ok || !r.isOurs(contact) {
			continue
		}
		if value, ok := contact.Params.Get("expires"); ok {
			return atoi(value)
		}
		if header := upstream.GetHeader("Expires"); header != nil {
			return atoi(header.Value())
		}
		return defaultExpiry
	}
	return 0
}

// isOurs tells whether a Contact in a 200 is the one that was registered.
func (r *register) isOurs(contact *sip.ContactHeader) bool {
	given, own := contact.Address, r.contact.Address
	if !r.outbound {
		return given.User == r.token
	}
	return given.User == own.User && strings.EqualFold(given.Host, own.Host)
}

// defaultExpiry holds when a server grants a binding and says no time (RFC 3261 section 10.2.1.1).
const defaultExpiry = 3600

func atoi(value string) int {
	number, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31)
	if err != nil {
		return 0
	}
	return int(number)
}

// attempted tells whether the sender of a request tries to prove who he is.
func attempted(request *sip.Request) bool {
	said := append(message.Values(request, "Authorization"), message.Values(request, "Proxy-Authorization")...)
	return digest.Attempted(said)
}
