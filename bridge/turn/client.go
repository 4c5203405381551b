package turn

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/pion/logging"
	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
)

// afterFailure is how long a server is not asked again that is silent or does not know us: each call would wait for it.
const afterFailure = 30 * time.Second

// ErrUnavailable means a server that gave no relay just now.
var ErrUnavailable = errors.New("turn: no relay just now")

// ErrServer means the address of a server that cannot be read.
var ErrServer = errors.New("turn: no server such as turn:turn.example.org:3478 or turns:turn.example.org")

// ClientOptions say whose relays a Client uses.
type ClientOptions struct {
	// Server is a TURN URI (RFC 7065): turn:host:port, with ?transport=tcp over TCP, or turns:host:port. Required.
	Server string
	// Username and Password are long-term credentials. With Secret instead they are made anew for each relay, as by
	// Server.Credentials.
	Username, Password, Secret string
	// TLS is for turns. Default: the authorities of the system.
	TLS *tls.Config
}

// Client gets relays of another TURN server for ourselves. Its methods may be called from any goroutine.
type Client struct {
	options ClientOptions
	server  *stun.URI
	// not asks no more until then, in Unix nanoseconds.
	not atomic.Int64
}

// NewClient makes a Client. Nothing is sent before Allocate.
func NewClient(options ClientOptions) (*Client, error) {
	server, err := stun.ParseURI(options.Server)
	if err != nil || server.Scheme != stun.SchemeTypeTURN && server.Scheme != stun.SchemeTypeTURNS {
		return nil, fmt.Errorf("%w: %q", ErrServer, options.Server)
	}
	if options.Secret == "" && (options.Username == "" || options.Password == "") {
		return nil, ErrOptions
	}
	return &Client{options: options, server: server}, nil
}

// Allocate gets a relay that lets packets of the peers in, and of everybody to whom one is sent. Its Close ends it. The
// error is that of the server, or of ctx; after one the Client gives ErrUnavailable for a while, unless the server has
// said that it has no more relays just now.
func (c *Client) Allocate(ctx context.Context, peers ...netip.Addr) (net.PacketConn, error) {
	if time.Now().UnixNano() < c.not.Load() {
		return nil, ErrUnavailable
	}
	made, err := c.allocate(ctx, peers)
	if err != nil && !isFull(err) {
		c.not.Store(time.Now().Add(afterFailure).UnixNano())
	}
	if err != nil {
		return nil, fmt.Errorf("turn: %s: %w", c.server.Host, err)
	}
	return made, nil
}

// isFull tells whether a server answered that it has no relay left, for us or at all: the next call may get one.
func isFull(err error) bool {
	var refused *stun.TurnError
	if !errors.As(err, &refused) {
		return false
	}
	code := refused.ErrorCodeAttr.Code
	return code == stun.CodeAllocQuotaReached || code == stun.CodeInsufficientCapacity
}

func (c *Client) allocate(ctx context.Context, peers []netip.Addr) (net.PacketConn, error) {
	conn, server, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	way := newWay(conn, server)
	logs := logging.NewDefaultLoggerFactory()
	logs.DefaultLogLevel = logging.LogLevelDisabled // they would show the credentials' name
	account := c.credentials()
	client, err := turn.NewClient(&turn.ClientConfig{
		TURNServerAddr: server.String(), Conn: way, Username: account.Username, Password: account.Password,
		LoggerFactory: logs,
	})
	if err != nil {
		_ = conn.Close()
		return nil, err //nolint:wrapcheck // by Allocate
	}
	go way.read(client)
	made := &allocation{client: client, way: way}
	if err := made.ask(ctx, peers); err != nil {
		_ = made.Close()
		return nil, err
	}
	return made, nil
}

func (c *Client) credentials() Credentials {
	if c.options.Secret == "" {
		return Credentials{Username: c.options.Username, Password: c.options.Password}
	}
	return credentials(c.options.Secret, cmp.Or(c.options.Username, "sipbridge"), longestCall)
}

// connect opens the way to the server.
func (c *Client) connect(ctx context.Context) (net.PacketConn, net.Addr, error) {
	at := net.JoinHostPort(c.server.Host, strconv.Itoa(c.server.Port))
	if c.server.Proto == stun.ProtoTypeUDP {
		found, err := new(net.Dialer).DialContext(ctx, "udp", at) // resolves with ctx, and finds our address
		if err != nil {
			return nil, nil, err //nolint:wrapcheck // by Allocate
		}
		local, server := addressOf(found.LocalAddr()).Addr(), found.RemoteAddr()
		_ = found.Close()
		conn, err := new(net.ListenConfig).ListenPacket(ctx, "udp", netip.AddrPortFrom(local, 0).String())
		return conn, server, err //nolint:wrapcheck // by Allocate
	}
	var conn net.Conn
	var err error
	if c.server.Scheme == stun.SchemeTypeTURNS {
		conn, err = (&tls.Dialer{Config: c.options.TLS}).DialContext(ctx, "tcp", at)
	} else {
		conn, err = new(net.Dialer).DialContext(ctx, "tcp", at)
	}
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // by Allocate
	}
	return turn.NewSTUNConn(conn), conn.RemoteAddr(), nil
}
