package transaction

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

// ErrClosed is what a closed agent answers.
var ErrClosed = errors.New("the SIP agent is closed")

// Table is the one table of an agent, whatever the transport. The state machines are sipgo's.
type Table struct {
	trace   Tracer
	log     *slog.Logger
	streams *streams
	closing chan struct{} // closed by Close
	// silent is the logger of sipgo's state machines: what they would tell, peers can cause as often as they like, and
	// it names what we hear of by their errors anyway.
	silent *slog.Logger
	pumps  sync.WaitGroup

	mu      sync.Mutex
	servers map[string]*Server // guarded by mu
	clients map[string]*Client // guarded by mu
	closed  bool               // guarded by mu
}

// Options configure a Table.
type Options struct {
	// FlowTo gives the flow to a target, as a connection is needed for what is too large for UDP; nil has none.
	FlowTo func(transport.Target) (transport.Flow, error)
	// Trace sees every message that is sent; nil for none.
	Trace Tracer
	// Log must not be nil.
	Log *slog.Logger
}

// NewTable makes a table; Close ends it.
func NewTable(options Options) *Table {
	return &Table{
		trace:   options.Trace,
		log:     options.Log,
		streams: newStreams(options.FlowTo),
		closing: make(chan struct{}),
		silent:  slog.New(slog.DiscardHandler),
		servers: make(map[string]*Server),
		clients: make(map[string]*Client),
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

// MatchServer finds the transaction to which a request belongs, taking it as a request of the given method.
func (t *Table) MatchServer(flow transport.Flow, request *sip.Request, method sip.RequestMethod) *Server {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.servers[serverKey(flow, request, method)]
}

// NewServer makes the transaction of a new request. source is where it came from, reply the way
// back. The error is ErrClosed when the agent is closed.
func (t *Table) NewServer(source, reply transport.Flow, request *sip.Request) (*Server, error) {
	return t.NewInvite(source, reply, request, nil)
}

// NewInvite makes the transaction of a request that may be canceled; canceled hears of it, if it is not nil.
func (t *Table) NewInvite(source, reply transport.Flow, request *sip.Request, canceled func(*sip.Request),
) (*Server, error) {
	key := serverKey(source, request, request.Method)
	machine := sip.NewServerTx(key, request, &connection{flow: reply, trace: t.trace}, t.silent)
	transaction := &Server{Request: request, machine: machine, canceled: canceled, browser: transport.FromBrowser(source)}
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
		return nil, ErrClosed
	}
	return transaction, nil
}

// Send starts a client transaction for a complete request: Via with our branch on top. One that is too large for UDP
// goes over TCP, if the peer takes it.
func (t *Table) Send(flow transport.Flow, request *sip.Request, handler Handler) (*Client, error) {
	return t.start(&Client{table: t, handler: handler, settled: make(chan struct{})}, flow, request)
}

// SendTied does that, and gives the request up as soon as the flow is known to lead nowhere.
func (t *Table) SendTied(flow transport.Flow, request *sip.Request, handler Handler) (*Client, error) {
	transaction := &Client{table: t, handler: handler, settled: make(chan struct{}), tied: true}
	return t.start(transaction, flow, request)
}

func (t *Table) start(transaction *Client, flow transport.Flow, request *sip.Request) (*Client, error) {
	transaction.inDialog = request.To().Params.Has("tag")
	if stream := t.streams.instead(flow, request); stream != nil {
		transaction.datagram = &datagram{flow: flow, request: request, late: time.NewTimer(streamPatience)}
		flow, request = stream, message.Reroute(request, stream)
	} else if IsTooLarge(flow, request) {
		return nil, tooLarge()
	}
	if !t.mayPump() {
		return nil, ErrClosed
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

// mayPump counts one more goroutine, unless the table is closed.
func (t *Table) mayPump() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.pumps.Add(1)
	}
	return !t.closed
}

// begin sends a request with a state machine of its own.
func (t *Table) begin(transaction *Client, flow transport.Flow, request *sip.Request) error {
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
		return ErrClosed
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

// Receive gives a response to the request that it answers. It reports false if there is none.
func (t *Table) Receive(response *sip.Response) bool {
	transaction := t.matchClient(response)
	if transaction == nil {
		return false
	}
	transaction.receive(response)
	return true
}

// matchClient finds the transaction that a response answers.
func (t *Table) matchClient(response *sip.Response) *Client {
	key, err := sip.ClientTxKeyMake(response)
	if err != nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.clients[key]
}

func (t *Table) dropServer(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.servers, key)
}

func (t *Table) dropClient(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.clients, key)
}

// Sizes gives the number of live transactions, for metrics and leak checks.
func (t *Table) Sizes() (servers, clients int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.servers), len(t.clients)
}

// Open gives the transactions without a final response; others live on only by the timers of RFC 3261 section 17.
func (t *Table) Open() (servers []*Server, clients []*Client) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, transaction := range t.servers {
		if !transaction.Answered() {
			servers = append(servers, transaction)
		}
	}
	for _, transaction := range t.clients {
		if !transaction.hasFinal() {
			clients = append(clients, transaction)
		}
	}
	return servers, clients
}

// Listened counts the transactions that still tell somebody of what comes, for leak checks.
func (t *Table) Listened() (count int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, transaction := range t.servers {
		if transaction.isListened() {
			count++
		}
	}
	for _, transaction := range t.clients {
		if transaction.isListened() {
			count++
		}
	}
	return count
}

// Close ends all transactions and waits for their goroutines.
func (t *Table) Close() {
	t.mu.Lock()
	t.closed = true
	close(t.closing)
	ends := make([]func(), 0, len(t.servers)+len(t.clients))
	for _, transaction := range t.servers {
		ends = append(ends, transaction.machine.Terminate)
	}
	for _, transaction := range t.clients {
		ends = append(ends, transaction.Abandon)
	}
	t.mu.Unlock()
	for _, end := range ends {
		end()
	}
	t.pumps.Wait()
}
