package registrar

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/transport"
	"sipbridge/sipua/wire"
)

const maxUserAgent = 128

// order is what a REGISTER asks for.
type order struct {
	aor    AOR
	flow   transport.Flow
	callID string
	cseq   uint32
	// until, if set, is when the sender's proof ends, and with it his bindings.
	until time.Time
	// path are the proxies that the REGISTER came by.
	path []sip.Uri
	// removeAll is Contact: *.
	removeAll bool
	// wanted are the bindings to make or prolong, removed those to end; both empty in a query.
	wanted  []*Binding
	removed []*Binding
	// outbound is set if the client knows RFC 5626 and has asked for a flow by it.
	outbound bool
}

// refuse is an answer to a REGISTER that can't be obeyed.
func refuse(status int, text, reason string, headers ...bridge.Header) bridge.Cause {
	return bridge.Cause{Status: status, Text: text, Headers: headers, Err: errors.New("registrar: " + reason)}
}

func badRequest(reason string) bridge.Cause { return refuse(400, "Bad Request", reason) }

// read takes the order out of a request. now is when the bindings begin.
func (r *Registrar) read(request *sip.Request, flow transport.Flow, sender Sender, now time.Time) (order, error) {
	to, callID, cseq := request.To(), request.CallID(), request.CSeq()
	if to == nil || callID == nil || cseq == nil {
		return order{}, badRequest("no To, Call-ID or CSeq")
	}
	if unknown := unknownOptions(request); unknown != "" {
		return order{}, refuse(420, "Bad Extension", "required extension",
			bridge.Header{Name: "Unsupported", Value: unknown})
	}
	read := order{
		aor: r.canonical(AORFrom(to.Address)), flow: flow, callID: string(*callID), cseq: cseq.SeqNo, until: sender.Until,
	}
	var err error
	if read.path, err = pathsOf(request); err != nil {
		return order{}, err
	}
	contacts, star, err := contactsOf(request)
	if err != nil {
		return order{}, err
	}
	if star {
		read.removeAll = true
		return read, checkStar(request, contacts)
	}
	for i := range contacts {
		if err := r.addContact(&read, request, &contacts[i], now); err != nil {
			return order{}, err
		}
	}
	return read, nil
}

// unknownOptions are the extensions that the request requires and we don't have (RFC 3261 section 8.2.2.3).
func unknownOptions(request *sip.Request) string {
	var unknown []string
	for _, header := range request.GetHeaders("require") {
		for option := range strings.SplitSeq(header.Value(), ",") {
			if option = strings.TrimSpace(option); option != "" && !strings.EqualFold(option, "outbound") &&
				!strings.EqualFold(option, "path") {
				unknown = append(unknown, option)
			}
		}
	}
	return strings.Join(unknown, ", ")
}

// contactsOf reads all Contact headers.
func contactsOf(request *sip.Request) (contacts []contact, star bool, err error) {
	for _, header := range request.GetHeaders("contact") {
		text, err := wire.Value(header)
		if err != nil {
			return nil, false, badRequest(err.Error())
		}
		some, isStar, err := parseContacts(text)
		if err != nil {
			return nil, false, badRequest(err.Error())
		}
		contacts = append(contacts, some...)
		star = star || isStar
		if len(contacts) > maxContacts {
			return nil, false, badRequest("too many contacts")
		}
	}
	return contacts, star, nil
}

// checkStar holds Contact: * to its rules (RFC 3261 section 10.3): alone, and with Expires 0.
func checkStar(request *sip.Request, others []contact) error {
	expires := request.GetHeader("expires")
	if len(others) > 0 || len(request.GetHeaders("contact")) != 1 || expires == nil || seconds(expires.Value()) != 0 {
		return badRequest("Contact: * with other contacts or without Expires: 0")
	}
	return nil
}

// addContact turns one contact into a binding to make or to end.
func (r *Registrar) addContact(read *order, request *sip.Request, asked *contact, now time.Time) error {
	life := r.life(request, asked)
	if life > 0 && life < r.options.MinExpires {
		least := strconv.Itoa(int(r.options.MinExpires / time.Second))
		return refuse(423, "Interval Too Brief", "life too short", bridge.Header{Name: "Min-Expires", Value: least})
	}
	if !read.until.IsZero() && life > 0 {
		life = max(min(life, read.until.Sub(now)), time.Second)
	}
	binding := &Binding{
		AOR: read.aor, URI: asked.target(), Flow: read.flow, Path: read.path,
		Instance: asked.param("+sip.instance"), RegID: asked.regID(),
		CallID: read.callID, CSeq: read.cseq, Expires: now.Add(life),
		Q: asked.q(), UserAgent: userAgent(request), contact: *asked,
	}
	if life == 0 {
		read.removed = append(read.removed, binding)
		return nil
	}
	read.wanted = append(read.wanted, binding)
	if binding.outbound() && supports(request, "outbound") {
		read.outbound = true
		return checkFirstHop(request, read.path)
	}
	return nil
}

// life is how long a contact is to be bound: by its own parameter, else by the Expires header, else the default.
func (r *Registrar) life(request *sip.Request, asked *contact) time.Duration {
	life := r.options.DefaultExpires
	header := request.GetHeader("expires")
	switch {
	case asked.expires != "":
		life = time.Duration(seconds(asked.expires)) * time.Second
	case header != nil:
		life = time.Duration(seconds(header.Value())) * time.Second
	}
	return min(life, r.options.MaxExpires)
}

// seconds reads a time; a malformed one is an hour (RFC 3261 section 20.10).
func seconds(text string) uint32 {
	value, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
	if err != nil {
		return 3600
	}
	return uint32(value)
}

func supports(request *sip.Request, option string) bool {
	for _, header := range request.GetHeaders("supported") {
		for offered := range strings.SplitSeq(header.Value(), ",") {
			if strings.EqualFold(strings.TrimSpace(offered), option) {
				return true
			}
		}
	}
	return false
}

func userAgent(request *sip.Request) string {
	header := request.GetHeader("user-agent")
	if header == nil {
		return ""
	}
	name := header.Value()
	return strings.ToValidUTF8(name[:min(len(name), maxUserAgent)], "")
}

// outdated refuses a request that was overtaken by a later one of the same client (RFC 3261 section 10.3).
func (o *order) outdated(known *Binding) error {
	if known.CallID != o.callID || known.CSeq < o.cseq {
		return nil
	}
	return refuse(500, "Out Of Order", fmt.Sprintf("CSeq %d after %d", o.cseq, known.CSeq))
}
