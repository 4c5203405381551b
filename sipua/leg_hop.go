package sipua

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/dialog"
	"sipbridge/sipua/transport"
)

// hopPatience is how long a look-up inside a dialog may take, and so how long ACK and BYE wait for it.
const hopPatience = 2 * time.Second

// nextHop is the flow for requests inside the dialog: the party's connection while it lives; else the first route or
// the remote target, by its address or by what was found for its name; else where the party last sent from.
func (l *leg) nextHop(d *dialog.Dialog) transport.Flow {
	if l.keepsFlow(d) {
		return l.flow
	}
	for _, target := range l.nextTargets(d) {
		if flow, err := l.flowTo(target); err == nil {
			return flow
		}
	}
	return l.flow
}

// flowTo gives the flow to a server: the party's, if it leads there.
func (l *leg) flowTo(target transport.Target) (transport.Flow, error) {
	if leadsTo(l.flow, target) && !transport.IsGone(l.flow) {
		return l.flow, nil
	}
	return l.agent.options.Transports.FlowTo(target)
}

// keepsFlow tells whether requests of a dialog go on the party's flow, whatever it names as the next hop.
func (l *leg) keepsFlow(d *dialog.Dialog) bool {
	if comesBack(l.flow) || l.flow.Done() != nil && !transport.IsGone(l.flow) {
		return true
	}
	// The first request goes where its target was located, whatever its Request-URI names.
	return l.flow.Done() == nil && d.IsBare()
}

// nextTargets are where requests of a dialog may go, the best first.
func (l *leg) nextTargets(d *dialog.Dialog) []transport.Target {
	var targets []transport.Target
	if target, ours := transport.TargetOf(l.flow); ours { // it ended: connect to the same server again
		targets = append(targets, target)
	}
	if next, ok := d.NextAddress(); ok && l.mayMoveTo(next) {
		return append(targets, transport.Target{Transport: l.flow.Transport(), Address: next})
	}
	return append(targets, l.foundTargets(d)...)
}

// foundTargets are the servers found for the name of the next hop, as far as the party may move there. What began
// encrypted stays so. The server that speaks already comes first if it is one of them: it knows the dialog. Those that
// failed lately come last.
func (l *leg) foundTargets(d *dialog.Dialog) []transport.Target {
	var targets []transport.Target
	for _, target := range d.Hop().Servers() {
		switch {
		case !l.mayMoveTo(target.Address) || transport.IsEncrypted(l.flow) && !transport.IsEncryptedWord(target.Transport):
		case leadsTo(l.flow, target):
			targets = slices.Insert(targets, 0, target)
		default:
			targets = append(targets, target)
		}
	}
	return l.agent.options.Blacklist.Sort(targets)
}

// leadsTo tells whether a flow is the way to a target.
func leadsTo(flow transport.Flow, target transport.Target) bool {
	return strings.EqualFold(flow.Transport(), target.Transport) && flow.RemoteAddr() == target.Plain().Address
}

// mayMoveTo keeps a party from aiming our requests at others: only a configured server may name an address
// that is not its own, and nobody a loopback address from outside.
func (l *leg) mayMoveTo(next netip.AddrPort) bool {
	source, address := l.flow.RemoteAddr().Addr().Unmap(), next.Addr().Unmap()
	if address == source {
		return true
	}
	return l.trusted && address.IsLoopback() == source.IsLoopback() && !address.IsUnspecified()
}

// partyAddresses are those that the party has named for itself; none if it named none, or only by names.
func (l *leg) partyAddresses() []netip.Addr {
	hosts := l.dialog.Hosts()
	if len(hosts) == 0 {
		return nil
	}
	for _, target := range l.foundTargets(l.dialog) {
		hosts = append(hosts, target.Address.Addr().Unmap())
	}
	return hosts
}

// lookUpHop looks the next hop of a dialog up beside the leg's goroutine, if it is a name. It is called whenever the
// party may have named another one; what was found for the same name before stays in use meanwhile.
func (l *leg) lookUpHop(d *dialog.Dialog) {
	hop := d.Hop()
	name, ok := d.NextName()
	switch {
	case ok && !l.trusted && hop.Knows(name):
		return // a phone's is looked up once
	case !ok, l.keepsFlow(d), !l.mayLookUp():
		hop.Forget()
		return
	}
	if !hop.Seek(name) {
		return
	}
	next, callID := d.NextURI(), d.ID().CallID
	uri := *next.Clone()
	l.pending++
	started := l.agent.crew.start(func() {
		targets, err := l.agent.locateHop(uri, callID)
		l.mailbox.post(func() { l.hopFound(d, name, targets, err) })
	})
	if !started {
		l.pending--
		hop.Sought(name)
	}
}

// How many names of a user's phones are looked up, in the long run and at once.
const (
	namesPerSecond = 0.5
	namesAtOnce    = 10
)

// mayLookUp tells whether a name of the party is looked up, which costs questions to whomever the name belongs to: that
// of a server always, that of a user's phone now and then, a stranger's never. A phone's name leads no further than to
// the address from which it speaks (mayMoveTo): so nobody finds out by us what is where.
func (l *leg) mayLookUp() bool {
	if l.trusted {
		return true
	}
	_, user := l.place()
	return user != "" && l.agent.names.Allow(user, time.Now())
}

// locateHop looks a name up. It takes no longer than hopPatience.
func (a *Agent) locateHop(uri sip.Uri, callID string) ([]transport.Target, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	defer a.after(hopPatience, cancel).Stop()
	return a.options.Locator.Locate(ctx, uri, callID)
}

// hopFound takes what was found for a name, and sends what waited for it. If the party has named another one
// meanwhile, that is looked up.
func (l *leg) hopFound(d *dialog.Dialog, name dialog.ServerName, targets []transport.Target, err error) {
	l.pending--
	switch wanted := d.Hop().Sought(name); {
	case !wanted && l.state != stateOver:
		l.lookUpHop(d)
	case !wanted:
	case err != nil:
		l.agent.complain("next hop of a dialog not found", "leg", l.id, "host", name.Host(), "error", err)
	default:
		d.Hop().Found(targets)
		l.describe()
	}
	l.sendHeld(d)
	l.proposeNext()
}

// awaitsHop tells whether it is about to be known where a dialog goes. A phone is where it last sent from meanwhile.
func (l *leg) awaitsHop(d *dialog.Dialog) bool {
	_, known := transport.TargetOf(l.flow)
	return d.Hop().IsOpen() && !known && l.trusted && !l.keepsFlow(d)
}

// sendLast sends an ACK to a 2xx, or a BYE: the requests that the party must get even if it has just moved. They wait
// for a look-up that is under way.
func (l *leg) sendLast(d *dialog.Dialog, request *sip.Request) {
	if !l.awaitsHop(d) {
		l.sendNow(d, request)
		return
	}
	d.Hop().Hold(request)
}

func (l *leg) sendNow(d *dialog.Dialog, request *sip.Request) {
	var err error
	if request.IsAck() {
		err = l.agent.sendACK(l.nextHop(d), request)
	} else {
		_, err = l.sendIn(d, request, nil)
	}
	if err != nil {
		l.log.Debug("request not sent", "method", request.Method, "error", err)
	}
}

// sendHeld sends what waited for a look-up, in order.
func (l *leg) sendHeld(d *dialog.Dialog) {
	for _, request := range d.Hop().Release() {
		l.sendNow(d, request)
	}
}

// sendAllHeld does that in all dialogs, because the leg is going.
func (l *leg) sendAllHeld() {
	l.sendHeld(l.dialog)
	if l.calling == nil {
		return
	}
	for _, fork := range l.calling.forks {
		l.sendHeld(fork.dialog)
	}
}
