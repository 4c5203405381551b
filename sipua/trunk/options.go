package trunk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge/number"
	"sipbridge/sipua/headers"
	"sipbridge/sipua/wire"
	"sipbridge/transcode"
)

// Options describe a trunk. Only Name and NextHops are needed.
type Options struct {
	// Name is by what routes and rules know it.
	Name string
	// NextHops are the SIP URIs of its servers, tried in order.
	NextHops []string
	// Domain is the host in the URIs of those who are called there; default is that of the first of NextHops.
	Domain string
	// FromDomain is the host in our own URI there; default is Domain.
	FromDomain string
	// Account is the user part of our own URI there; it may be empty.
	Account string
	// Login answers its challenges; nil answers none.
	Login Login
	// Register keeps us registered there; Expires is the time that is asked for, default 1 h.
	Register bool
	Expires  time.Duration
	// Codecs are the names of those that may be used, in order of preference; empty means those of the bridge.
	Codecs []string
	// DTMF is how keys are sent: see the constants; empty is DTMFAuto.
	DTMF DTMF
	// Identity is how the caller is shown: see the constants; empty is IdentityFrom.
	Identity Identity
	// HideCaller asks the trunk to show nobody who calls.
	HideCaller bool
	// Trusted tells that the trunk is in our trust domain (RFC 3325): what it asserts about callers is believed, and it
	// is told what others assert.
	Trusted bool
	// CalledOut and CallingOut rewrite the numbers of calls to the trunk, CalledIn and CallingIn of calls from it, as
	// number.ParseRewriting reads them.
	CalledOut, CallingOut, CalledIn, CallingIn []string
	// Headers says which header fields cross from it, and which never do to it.
	Headers headers.Policy
}

// Login proves us to a trunk; digest.Login is one.
type Login interface {
	// Answer gives the value of the header that answers the strongest of some challenges to a request, or an error if
	// none can be answered.
	Answer(challenges []string, method, uri string) (string, error)
}

// ErrOptions is the error of a trunk that cannot be.
var ErrOptions = errors.New("trunk")

// Trunk is one trunk. It does not change and may be used by any goroutine.
type Trunk struct {
	options Options
	hops    []sip.Uri
	codecs  []transcode.Codec
	// port is that of the URIs of those who are called there; 0 for none.
	port int

	calledOut, callingOut, calledIn, callingIn number.Rewriting
}

// DefaultExpires is how long a registration is asked to last.
const DefaultExpires = time.Hour

// New checks the options. The error joins one for each that is bad; each is an ErrOptions and names the trunk.
func New(options Options) (*Trunk, error) {
	t := &Trunk{options: options}
	faults := []error{t.readServers(), t.readChoices(), t.readRules()}
	for i, fault := range faults {
		if fault != nil {
			faults[i] = fmt.Errorf("%w %q: %w", ErrOptions, options.Name, fault)
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return t, nil
}

func (t *Trunk) readServers() error {
	if len(t.options.NextHops) == 0 {
		return errors.New("it has no next hop")
	}
	for _, text := range t.options.NextHops {
		hop, err := wire.ParseURI(text, wire.StreamLimits())
		if err != nil || hop.Scheme != "sip" && hop.Scheme != "sips" || hop.Host == "" {
			return fmt.Errorf("next hop %q is no SIP URI", text)
		}
		t.hops = append(t.hops, hop)
	}
	if t.options.Domain == "" {
		t.options.Domain, t.port = t.hops[0].Host, t.hops[0].Port
	}
	if t.options.FromDomain == "" {
		t.options.FromDomain = t.options.Domain
	}
	for _, host := range []string{t.options.Domain, t.options.FromDomain} {
		if _, err := wire.ParseURI("sip:"+host, wire.StreamLimits()); err != nil || strings.ContainsAny(host, ";?@") {
			return fmt.Errorf("%q is no domain", host)
		}
	}
	return nil
}

func (t *Trunk) readChoices() error {
	if t.options.Register && t.options.Account == "" {
		return errors.New("it cannot be registered at without a username")
	}
	if t.options.Expires == 0 {
		t.options.Expires = DefaultExpires
	}
	if t.options.Expires < time.Minute || t.options.Expires > mostExpires {
		return fmt.Errorf("%v is no time for a registration to last", t.options.Expires)
	}
	if !slices.Contains([]DTMF{DTMFAuto, DTMFEvents, DTMFRelay, DTMFInfo, DTMFInband}, t.options.DTMF) {
		return fmt.Errorf("%q is no way to send keys", t.options.DTMF)
	}
	known := []Identity{IdentityFrom, IdentityAsserted, IdentityPreferred, IdentityAccount}
	if t.options.Identity == "" {
		t.options.Identity = IdentityFrom
	}
	if !slices.Contains(known, t.options.Identity) {
		return fmt.Errorf("%q is no way to show a caller", t.options.Identity)
	}
	if t.options.Identity != IdentityFrom && t.options.Account == "" {
		return errors.New("without a username its own identity cannot be shown")
	}
	return t.readCodecs()
}

func (t *Trunk) readCodecs() error {
	for _, name := range t.options.Codecs {
		before := len(t.codecs)
		for _, known := range transcode.Codecs() {
			if strings.EqualFold(known.Name, name) {
				t.codecs = append(t.codecs, known)
			}
		}
		if len(t.codecs) == before {
			return fmt.Errorf("%q is no codec", name)
		}
	}
	return nil
}

func (t *Trunk) readRules() error {
	var faults []error
	for _, list := range []struct {
		name  string
		lines []string
		into  *number.Rewriting
	}{
		{"called_out", t.options.CalledOut, &t.calledOut},
		{"calling_out", t.options.CallingOut, &t.callingOut},
		{"called_in", t.options.CalledIn, &t.calledIn},
		{"calling_in", t.options.CallingIn, &t.callingIn},
	} {
		rules, err := number.ParseRewriting(list.lines)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", list.name, err))
		}
		*list.into = rules
	}
	return errors.Join(faults...)
}
