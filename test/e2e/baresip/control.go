package baresip

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"
)

// control speaks to baresip's ctrl_tcp module: JSON in netstrings, commands out, responses and events in.
type control struct {
	conn net.Conn
	gone chan struct{} // closed when read has returned

	mu      sync.Mutex
	events  []event       // guarded by mu
	changed chan struct{} // guarded by mu; closed and renewed at each event
}

type event struct {
	Event bool   `json:"event"`
	Type  string `json:"type"`
	Param string `json:"param"`
}

func dial(port int) (*control, error) {
	conn, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), 5*time.Second)
	if err != nil {
		return nil, fmt.Errorf("%w: control connection: %w", ErrPhone, err)
	}
	c := &control{conn: conn, gone: make(chan struct{}), changed: make(chan struct{})}
	go c.read()
	return c, nil
}

func (c *control) read() {
	defer close(c.gone)
	reader := bufio.NewReader(c.conn)
	for {
		message, err := readNetstring(reader)
		if err != nil {
			return
		}
		var e event
		if json.Unmarshal(message, &e) != nil || !e.Event {
			continue
		}
		c.mu.Lock()
		c.events = append(c.events, e)
		close(c.changed)
		c.changed = make(chan struct{})
		c.mu.Unlock()
	}
}

// readNetstring reads "<length>:<bytes>,".
func readNetstring(reader *bufio.Reader) ([]byte, error) {
	digits, err := reader.ReadString(':')
	if err != nil {
		return nil, fmt.Errorf("netstring: %w", err)
	}
	length, err := strconv.Atoi(digits[:len(digits)-1])
	if err != nil || length < 0 || length > 1<<20 {
		return nil, fmt.Errorf("%w: netstring length %q", ErrPhone, digits)
	}
	message := make([]byte, length+1)
	if _, err := io.ReadFull(reader, message); err != nil {
		return nil, fmt.Errorf("netstring: %w", err)
	}
	return message[:length], nil
}

func (c *control) command(name, parameters string) error {
	message, err := json.Marshal(map[string]string{"command": name, "params": parameters, "token": "test"})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPhone, err)
	}
	if _, err := fmt.Fprintf(c.conn, "%d:%s,", len(message), message); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrPhone, name, err)
	}
	return nil
}

// parameters of all events of a type so far.
func (c *control) parameters(kind string) []string {
	found, _ := c.look(kind)
	return found
}

// look returns the parameters so far, and a channel that closes when another event comes.
func (c *control) look(kind string) ([]string, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []string
	for _, e := range c.events {
		if e.Type == kind {
			found = append(found, e.Param)
		}
	}
	return found, c.changed
}

func (c *control) wait(kind string, count int, limit time.Duration) ([]string, error) {
	deadline := time.After(limit)
	for {
		found, changed := c.look(kind)
		if len(found) >= count {
			return found, nil
		}
		select {
		case <-changed:
		case <-c.gone:
			return nil, fmt.Errorf("%w: ended while %d × %s was awaited", ErrPhone, count, kind)
		case <-deadline:
			return nil, fmt.Errorf("%w: waited %v for %d × %s, saw %d", ErrPhone, limit, count, kind, len(found))
		}
	}
}

func (c *control) close() {
	_ = c.conn.Close()
	<-c.gone
}
