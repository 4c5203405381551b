package sipua

import (
	"strings"
	"sync"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/presence"
	"sipbridge/sipua/transport"
)

// watcher is the SIP side of a subscription to a local user: a dialog on the flow on which it was made, with which it
// ends. What is told on it, and when, package presence decides.
type watcher struct {
	agent *Agent
	flow  transport.Flow
	id    bridge.DialogID
	// user is who watches, "name@domain".
	user string
	// event is the Event header of the notifications.
	event string
	// subscription is set before anything is told.
	subscription *presence.Subscription

	mu     sync.Mutex
	dialog *dialog // guarded by mu
}

var _ presence.Watcher = (*watcher)(nil)

// newWatcher makes the dialog that a SUBSCRIBE starts (RFC 6665 section 4.4.1).
func (a *Agent) newWatcher(flow transport.Flow, request *sip.Request, user string) *watcher {
	w := &watcher{
		agent: a, flow: flow, user: user, event: eventOf(request),
		dialog: answeringDialog(request, message.ContactOn(flow, request.Recipient.User)),
	}
	w.id = w.dialog.id
	return w
}

// eventOf is the event of a SUBSCRIBE as its notifications name it: with the id by which the watcher tells several of
// one dialog apart (RFC 6665 section 8.2.1).
func eventOf(request *sip.Request) string {
	name, params, _ := strings.Cut(message.Value(request, "Event"), ";")
	event := strings.ToLower(strings.TrimSpace(name))
	for param := range strings.SplitSeq(params, ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		if strings.EqualFold(key, "id") && value != "" {
			return event + ";id=" + value
		}
	}
	return event
}

// Notify sends a NOTIFY in the dialog.
func (w *watcher) Notify(notification presence.Notification, answered func(status int)) {
	w.mu.Lock()
	notify := w.dialog.request(sip.NOTIFY)
	w.mu.Unlock()
	notify.AppendHeader(sip.NewHeader("Event", w.event))
	notify.AppendHeader(sip.NewHeader("Subscription-State", notification.State))
	notify.AppendHeader(sip.NewHeader("Content-Type", notification.ContentType))
	notify.SetBody(notification.Body)
	message.Complete(w.flow, notify)
	_, err := w.agent.transactions.Send(w.flow, notify, func(response *sip.Response, err error) {
		switch {
		case err != nil:
			w.heard(0, answered)
		case !response.IsProvisional():
			w.heard(response.StatusCode, answered)
		}
	})
	if err != nil {
		w.heard(0, answered)
	}
}

// heard takes the answer to a NOTIFY, after which the subscription may be over.
func (w *watcher) heard(status int, answered func(status int)) {
	answered(status)
	if w.agent.presence.IsOver(w.subscription) {
		w.agent.watchers.remove(w)
	}
}

// next takes the sequence number of a request of the watcher, and tells whether it is in order.
func (w *watcher) next(request *sip.Request) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if request.CSeq().SeqNo <= w.dialog.remoteSequence {
		return false
	}
	w.dialog.remoteSequence = request.CSeq().SeqNo
	w.dialog.setTarget(message.Contact(request))
	return true
}

// contact is our address in the dialog.
func (w *watcher) contact() sip.Header {
	w.mu.Lock()
	defer w.mu.Unlock()
	return &sip.ContactHeader{Address: w.dialog.contact}
}
