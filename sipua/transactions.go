package sipua

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

// transactions is the one table of a process, whatever the transport. The state machines are sipgo's.
type transactions struct {
	trace   Tracer
	streams *streams
	// silent is the logger of sipgo's state machines: what they would tell, peers can cause as often as they like, and
	// it names what we hear of by their errors anyway.
	silent *slog.Logger
	pumps  sync.WaitGroup

	mu      sync.Mutex
	servers map[string]*serverTransaction // guarded by mu
	clients map[string]*clientTransaction // guarded by mu
	closed  bool                          // guarded by mu
}

func newTransactions(trace Tracer, streams *streams) *transactions {
	return &transactions{
		trace:   trace,
		streams: streams,
		silent:  slog.New(slog.DiscardHandler),
		servers: make(map[string]*serverTransaction),
		clients: make(map[string]*clientTransaction),
	}
}

// serverKey names the transaction to which a request belongs, taking it as one of the given method (RFC 3261 section
// 17.2.3). The flow is part of it: one peer can't touch a transaction of another.
func serverKey(flow transport.Flow, request *sip.Request, method sip.RequestMethod) string {
	peer := flow.Transport() + " " + flow.RemoteAddr().String()
	if flow.Done() == nil {
		peer = flow.Transport() + " " + flow.RemoteAddr().Addr().String()
	}
	via := request.Via()
	branch, _ := via.Params.Get("branch")
	if strings.HasPrefix(branch, sip.RFC3261BranchMagicCookie) {
		return fmt.Sprintf("%s|%s|%s|%s:%d", method, peer, branch, via.Host, via.Port)
	}
	tag, _ := request.From().Params.Get("tag") // of an RFC 2543 peer
	return fmt.Sprintf("%s|%s|%d|%s|%s|%s", method, peer, request.CSeq().SeqNo, tag, via.Value(), request.CallID().Value())
}

// matchServer finds the transaction to which a request belongs, taking it as a request of the given method.
func (t *transactions) matchServer(flow transport.Flow, request *sip.Request, method sip.RequestMethod,
) *serverTransaction {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.servers[serverKey(flow, request, method)]
}

// newServer makes the transaction of a new request. The error is errClosed when the agent is closed.
func (t *transactions) newServer(source, reply transport.Flow, request *sip.Request) (*serverTransaction, error) {
	return t.newInvite(source, reply, request, func(*sip.Request) {})
}

// newInvite makes the transaction of a request that may be canceled; canceled hears of it.
func (t *transactions) newInvite(source, reply transport.Flow, request *sip.Request, canceled func(*sip.Request),
) (*serverTransaction, error) {
	key := serverKey(source, request, request.Method)
	machine := sip.NewServerTx(key, request, &connection{flow: reply, trace: t.trace}, t.silent)
	transaction := &serverTransaction{request: request, machine: machine, canceled: canceled, browser: comesBack(source)}
	machine.OnTerminate(func(key string, _ error) { t.dropServer(key) })
	if err := machine.Init(); err != nil {
		return nil, fmt.Errorf("server transaction: %w", err)
	}
	t.mu.Lock()
	closed := t.closed
	if !closed {
		t.servers[key] = transaction
	}
	t.mu.Unlock()
	if closed {
		machine.Terminate()
		return nil, errClosed
	}
	return transaction, nil
}

// send starts a client transaction for a complete request: Via with our branch on top. One that is too large for UDP
// goes over TCP, if the peer takes it.
func (t *transactions) send(flow transport.Flow, request *sip.Request, handler responseHandler,
) (*clientTransaction, error) {
	return t.start(&clientTransaction{table: t, handler: handler, settled: make(chan struct{})}, flow, request)
}

// sendTied does that, and gives the request up as soon as the flow is known to lead nowhere.
func (t *transactions) sendTied(flow transport.Flow, request *sip.Request, handler responseHandler,
) (*clientTransaction, error) {
	transaction := &clientTransaction{table: t, handler: handler, settled: make(chan struct{}), tied: true}
	return t.start(transaction, flow, request)
}

func (t *transactions) start(transaction *clientTransaction, flow transport.Flow, request *sip.Request,
) (*clientTransaction, error) {
	if stream := t.streams.instead(flow, request); stream != nil {
		transaction.datagram = &datagram{flow: flow, request: request, late: time.NewTimer(streamPatience)}
		flow, request = stream, message.Reroute(request, stream)
	} else if isTooLarge(flow, request) {
		return nil, tooLarge()
	}
	t.mu.Lock()
	closed := t.closed
	if !closed {
		t.pumps.Add(1)
	}
	t.mu.Unlock()
	if closed {
		return nil, errClosed
	}
	err := t.begin(transaction, flow, request)
	if err != nil && transaction.datagram != nil {
		err = t.beginSmaller(transaction, err)
	}
	if err != nil {
		t.pumps.Done()
		return nil, err
	}
	go func() {
		defer t.pumps.Done()
		transaction.pump()
	}()
	return transaction, nil
}

// begin sends a request with a state machine of its own.
func (t *transactions) begin(transaction *clientTransaction, flow transport.Flow, request *sip.Request) error {
	request.SetTransport(flow.Transport())
	key, err := sip.ClientTxKeyMake(request)
	if err != nil {
		return fmt.Errorf("transaction key: %w", err)
	}
	machine := sip.NewClientTx(key, request,
		&connection{flow: flow, trace: t.trace, keeps: transaction.keeps, wrote: transaction.wrote}, t.silent)
	machine.OnTerminate(func(key string, _ error) { t.dropClient(key) })
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return errClosed
	}
	t.clients[key] = transaction
	abandoned := transaction.set(request, flow, machine)
	t.mu.Unlock()
	if err := machine.Init(); err != nil {
		t.dropClient(key)
		return fmt.Errorf("send %s: %w", request.Method, err)
	}
	if abandoned {
		machine.Terminate()
	}
	return nil
}

// matchClient finds the transaction that a response answers.
func (t *transactions) matchClient(response *sip.Response) *clientTransaction {
	key, err := sip.ClientTxKeyMake(response)
	if err != nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.clients[key]
}

func (t *transactions) dropServer(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.servers, key)
}

func (t *transactions) dropClient(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.clients, key)
}

// sizes gives the number of live transactions, for metrics and leak checks.
func (t *transactions) sizes() (servers, clients int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.servers), len(t.clients)
}

// close ends all transactions and waits for their goroutines.
func (t *transactions) close() {
	t.mu.Lock()
	t.closed = true
	ends := make([]func(), 0, len(t.servers)+len(t.clients))
	for _, transaction := range t.servers {
		ends = append(ends, transaction.machine.Terminate)
	}
	for _, transaction := range t.clients {
		ends = append(ends, transaction.abandon)
	}
	t.mu.Unlock()
	for _, end := range ends {
		end()
	}
	t.pumps.Wait()
}
