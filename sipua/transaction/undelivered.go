package transaction

import (
	"bytes"
	"fmt"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/transport"
)

// errUndelivered is why a server is given up: an ICMP error says that nobody is there.
var errUndelivered = fmt.Errorf("datagram came back: %w", sip.ErrTransactionTransport)

// Undelivered takes the news that a datagram came back (RFC 3261 section 18.4): quoted is its beginning. Anybody can
// forge such news, but not the branch of a request of ours. A request inside a dialog is repeated all the same, since
// its peer may just be starting again, unless another server can have it.
func (t *Table) Undelivered(flow transport.Flow, quoted []byte) {
	key, ok := quotedKey(quoted)
	if !ok {
		return
	}
	t.mu.Lock()
	transaction := t.clients[key]
	t.mu.Unlock()
	if transaction == nil {
		return
	}
	_, way := transaction.Sent()
	if way.RemoteAddr() != flow.RemoteAddr() || transaction.inDialog && !transaction.tied {
		return
	}
	transaction.Fail(errUndelivered)
}

// quotedKey gives the key of the transaction of a request, of which only the beginning is there: method and the branch
// of the first Via, which is ours.
func quotedKey(quoted []byte) (string, bool) {
	line, rest, found := bytes.Cut(quoted, []byte("\r\n"))
	if !found {
		return "", false
	}
	method, _, _ := bytes.Cut(line, []byte(" "))
	via, _, found := bytes.Cut(rest, []byte("\r\n"))
	name, value, _ := bytes.Cut(via, []byte(":"))
	if !found || string(name) != "Via" {
		return "", false
	}
	for param := range bytes.SplitSeq(value, []byte(";")) {
		if branch, ok := bytes.CutPrefix(param, []byte("branch=")); ok {
			return string(branch) + sip.TxSeperator + string(method), true
		}
	}
	return "", false
}
