package rtmptest

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"sipbridge/signaling/rtmp/amf"
	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/handshake"
)

// Patience is how long the Await methods wait before they fail the test.
const Patience = 20 * time.Second

// commandStream is the chunk stream of the client's commands; those of sound are beyond.
const commandStream = 3

// Options says what a Client is like.
type Options struct {
	// Handshake is its form. Default: handshake.Simple.
	Handshake handshake.Layout
	// AMF3 makes it ask for object encoding 3, and say its commands in messages of type 17.
	AMF3 bool
	// TLS makes it speak RTMPS, whatever the certificate. Default: plain RTMP.
	TLS bool
	// Tunnel makes it speak RTMPT, to a web server.
	Tunnel bool
}

// Command is a command that the server said.
type Command struct {
	// Name is a callback, _result, _error or onStatus.
	Name string
	// Transaction is the number of the command that a _result answers.
	Transaction float64
	// Args are all values behind the null.
	Args []any
	// Type is that of the message.
	Type uint8
}

// Client is a Flash phone. Its methods may be called from the test's goroutine only, but for Send and Speak.
type Client struct {
	tb      testing.TB
	options Options
	socket  io.ReadWriteCloser
	serial  float64
	reading sync.WaitGroup

	// writing guards writer.
	writing sync.Mutex
	writer  *chunk.Writer

	// mu guards what follows.
	mu       sync.Mutex
	commands []Command
	taken    int
	control  []chunk.Message
	heard    []chunk.Message
	seen     []chunk.Message
	ended    bool
	changed  chan struct{} // closed and replaced with each change
}

// Dial opens a connection; the test closes it at its end.
func Dial(tb testing.TB, address string, options Options) *Client {
	tb.Helper()
	socket, err := dial(tb, address, options)
	if err != nil {
		tb.Fatal(err)
	}
	c := &Client{tb: tb, options: options, socket: socket, changed: make(chan struct{})}
	tb.Cleanup(c.Close)
	if err := handshake.Client(socket, options.Handshake); err != nil {
		tb.Fatal(err)
	}
	c.writer = chunk.NewWriter(socket)
	c.reading.Go(c.read)
	return c
}

func dial(tb testing.TB, address string, options Options) (io.ReadWriteCloser, error) {
	tb.Helper()
	if options.Tunnel {
		return dialTunnel(tb.Context(), address)
	}
	dialer := net.Dialer{Timeout: Patience}
	socket, err := dialer.DialContext(tb.Context(), "tcp", address)
	if err == nil && options.TLS {
		socket = tls.Client(socket, &tls.Config{InsecureSkipVerify: true})
	}
	return socket, err
}

// Login opens a connection and logs in a user of a domain.
func Login(tb testing.TB, address, user, password string) *Client {
	tb.Helper()
	c := Dial(tb, address, Options{})
	name, _, _ := strings.Cut(user, "@")
	if answer := c.Connect("sip/"+user, name, password, name); answer.Name != "_result" {
		tb.Fatalf("%s cannot connect: %+v", user, answer)
	}
	return c
}

// Close ends the connection.
func (c *Client) Close() {
	_ = c.socket.Close() // the server may have been first
	c.reading.Wait()
}

// Connect says connect with an application and arguments, and gives the answer.
func (c *Client) Connect(app string, args ...any) Command {
	c.tb.Helper()
	return c.AwaitAnswer(c.CallConnect(app, args...))
}

// ConnectWith says connect with more properties than others do, and gives the answer.
func (c *Client) ConnectWith(app string, more ...amf.Property) Command {
	c.tb.Helper()
	return c.AwaitAnswer(c.connect(app, more, nil))
}

// CallConnect says connect and gives its transaction.
func (c *Client) CallConnect(app string, args ...any) float64 {
	c.tb.Helper()
	return c.connect(app, nil, args)
}

func (c *Client) connect(app string, more []amf.Property, args []any) float64 {
	c.tb.Helper()
	object := amf.Object{Properties: []amf.Property{
		{Name: "app", Value: app},
		{Name: "flashVer", Value: "WIN 11,2,202,0"},
		{Name: "tcUrl", Value: "rtmp://test/" + app},
	}}
	if c.options.AMF3 {
		object.Properties = append(object.Properties, amf.Property{Name: "objectEncoding", Value: 3.0})
	}
	object.Properties = append(object.Properties, more...)
	return c.say(0, "connect", object, args)
}

// Call says a command and gives its transaction.
func (c *Client) Call(name string, args ...any) float64 {
	c.tb.Helper()
	return c.say(0, name, nil, args)
}

// CallOn says a command about a message stream and gives its transaction.
func (c *Client) CallOn(stream uint32, name string, args ...any) float64 {
	c.tb.Helper()
	return c.say(stream, name, nil, args)
}

// Ask says a command and waits for its answer.
func (c *Client) Ask(name string, args ...any) Command {
	c.tb.Helper()
	return c.AwaitAnswer(c.Call(name, args...))
}

func (c *Client) say(stream uint32, name string, object any, args []any) float64 {
	c.tb.Helper()
	c.serial++
	body, err := amf.Encode0(append([]any{name, c.serial, object}, args...)...)
	if err != nil {
		c.tb.Fatal(err)
	}
	message := chunk.Message{Type: chunk.Command0, StreamID: stream, Payload: body}
	if c.options.AMF3 {
		message.Type, message.Payload = chunk.Command3, append([]byte{0}, body...)
	}
	c.Send(commandStream, message)
	return c.serial
}

// Send sends any message. That the server has closed the connection is no fault here.
func (c *Client) Send(chunkStream uint32, message chunk.Message) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.writer.WriteMessage(chunkStream, message); err == nil {
		_ = c.writer.Flush() // Ended tells
	}
}

// SetChunkSize makes the client's chunks larger, and tells the server.
func (c *Client) SetChunkSize(size uint32) {
	c.tb.Helper()
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.writer.SetChunkSize(size); err != nil {
		c.tb.Error(err)
	}
}

// Stream makes a message stream.
func (c *Client) Stream() uint32 {
	c.tb.Helper()
	answer := c.Ask("createStream")
	if len(answer.Args) == 1 {
		if stream, ok := answer.Args[0].(float64); ok {
			return uint32(stream)
		}
	}
	c.tb.Fatalf("createStream gives %+v", answer)
	return 0
}

// Publish begins to speak, on a new stream, which it gives.
func (c *Client) Publish(name string) uint32 {
	c.tb.Helper()
	stream := c.Stream()
	c.say(stream, "publish", nil, []any{name, "live"})
	c.AwaitStatus("NetStream.Publish.Start")
	return stream
}

// Play begins to listen, on a new stream, which it gives.
func (c *Client) Play(name string) uint32 {
	c.tb.Helper()
	stream := c.Stream()
	c.say(stream, "play", nil, []any{name})
	c.AwaitStatus("NetStream.Play.Start")
	return stream
}

// CloseStream ends what is done on a stream.
func (c *Client) CloseStream(stream uint32) {
	c.tb.Helper()
	c.say(stream, "closeStream", nil, nil)
}

// Show sends one video message on a stream; payload begins with its tag.
func (c *Client) Show(stream, timestamp uint32, payload []byte) {
	c.Send(commandStream+stream, chunk.Message{
		Type: chunk.Video, StreamID: stream, Timestamp: timestamp, Payload: payload,
	})
}

// Speak says one audio message on a stream; the first byte of payload is its tag.
func (c *Client) Speak(stream, timestamp uint32, payload []byte) {
	c.Send(commandStream+stream, chunk.Message{
		Type: chunk.Audio, StreamID: stream, Timestamp: timestamp, Payload: payload,
	})
}
