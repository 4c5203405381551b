// Package rtpengine is the least that makes a gateway of rtpengine (https://github.com/sipwise/rtpengine): SIP from
// WebSockets goes to a phone over UDP, and rtpengine, by its ng protocol, carries the media between them. What is
// measured is rtpengine's process; the signalling is this program's own and counts for nothing.
package rtpengine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"sipbridge/test/load/exchange"
	"sipbridge/test/load/measure"
	"sipbridge/test/load/program"
	"sipbridge/test/load/service"
)

// Options says what the gateway does.
type Options struct {
	// Binary is that of rtpengine-daemon.
	Binary string
	// Phone takes all calls.
	Phone netip.AddrPort
	// Transcode turns Opus into µ-law; else the browser's codec passes.
	Transcode bool
	// RTPPorts is the range for media, first-last.
	RTPPorts string
}

// Gateway is a running rtpengine and the signalling before it.
type Gateway struct {
	measure.Process

	options Options
	control string // where rtpengine takes commands
	engine  *program.Program
	socket  *exchange.Socket
	web     *http.Server
	address string
	serving sync.WaitGroup
	// ctx ends with Stop, and with it what calls still wait for.
	ctx    context.Context //nolint:containedctx // the life of a server
	cancel context.CancelFunc

	mu          sync.Mutex
	calls       map[string]*call             // by Call-ID; guarded by mu
	connections map[*websocket.Conn]struct{} // guarded by mu
}

// Start starts rtpengine and waits until it answers. It must be stopped.
func Start(ctx context.Context, options Options) (*Gateway, error) {
	g := &Gateway{
		options: options, calls: make(map[string]*call), connections: make(map[*websocket.Conn]struct{}),
	}
	g.ctx, g.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if err := g.start(ctx); err != nil {
		return nil, errors.Join(err, g.Stop())
	}
	return g, nil
}

func (g *Gateway) start(ctx context.Context) error {
	ports, err := service.FreePorts(ctx, 1)
	if err != nil {
		return err
	}
	g.control = net.JoinHostPort("127.0.0.1", strconv.Itoa(ports[0]))
	var first, last int
	if _, err = fmt.Sscanf(g.options.RTPPorts, "%d-%d", &first, &last); err != nil {
		return fmt.Errorf("ports %q: %w", g.options.RTPPorts, err)
	}
	//nolint:contextcheck // it outlives ctx, so that it can be told to end
	g.engine, err = program.Start(g.options.Binary, "--config-file=none", "-f", "-E", "--log-level=4",
		"--interface=lo/127.0.0.1", "--listen-ng="+g.control, "--port-min="+strconv.Itoa(first),
		"--port-max="+strconv.Itoa(last), "--table=-1", "--delete-delay=0")
	if err != nil {
		return fmt.Errorf("%w (Debian package rtpengine-daemon)", err)
	}
	g.Process = measure.ProcessOf(g.engine.PID())
	if g.socket, err = exchange.Listen(nil); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("WebSocket: %w", err)
	}
	g.address = listener.Addr().String()

	g.web = &http.Server{Handler: http.HandlerFunc(g.upgrade), ReadHeaderTimeout: time.Minute}
	g.serving.Go(func() { _ = g.web.Serve(listener) }) // it ends when Stop closes it
	return g.awaitReady(ctx)
}

func (g *Gateway) awaitReady(ctx context.Context) error {
	const patience = 20 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := ask(ctx, g.control, dictionary{"command": "ping"})
	if err != nil {
		return fmt.Errorf("%w: %s", err, g.engine.Output())
	}
	return nil
}

// Address is where browsers connect, as host:port.
func (g *Gateway) Address() string { return g.address }

// Stop ends rtpengine and the signalling.
func (g *Gateway) Stop() error {
	g.cancel()
	var fault error
	if g.web != nil {
		fault = g.web.Close()
	}
	g.closeConnections()
	if g.socket != nil {
		g.socket.Close()
	}
	g.serving.Wait()
	if g.engine == nil {
		return fault
	}
	const patience = 10 * time.Second
	return errors.Join(fault, g.engine.Stop(patience))
}
