package flows

import (
	"bufio"
	"crypto/md5"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// raw is a SIP party that is spoken by the test itself: for digests that this sipp does not know, and for saying
// nothing.
type raw struct {
	t    *testing.T
	word string // UDP, TCP or TLS
	conn net.Conn
	// read gives the next message.
	read   func() (string, error)
	branch int
	// name tells the calls of this party from others.
	name string
}

// newRaw opens a party on a port, 0 for any, that speaks to the service.
func (w *world) newRaw(t *testing.T, name string, port int) *raw {
	t.Helper()
	server, err := net.ResolveUDPAddr("udp4", w.SIP)
	must(t, err)
	conn, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}, server)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	buffer := make([]byte, 65536)
	return &raw{t: t, word: "UDP", conn: conn, name: name, read: func() (string, error) {
		size, err := conn.Read(buffer)
		return string(buffer[:size]), err
	}}
}

// newRawOn opens one that speaks on a transport.
func (w *world) newRawOn(t *testing.T, name, word string) *raw {
	t.Helper()
	switch word {
	case "UDP":
		return w.newRaw(t, name, 0)
	case "TCP":
		return w.newRawTCP(t, name)
	default:
		conn, err := (&tls.Dialer{Config: &tls.Config{RootCAs: w.authority}}).DialContext(t.Context(), "tcp4", w.SIPS)
		must(t, err)
		return newStream(t, name, word, conn)
	}
}

// newRawTCP opens one with a connection to the service.
func (w *world) newRawTCP(t *testing.T, name string) *raw {
	t.Helper()
	conn, err := net.Dial("tcp4", w.SIP)
	must(t, err)
	return newStream(t, name, "TCP", conn)
}

func newStream(t *testing.T, name, word string, conn net.Conn) *raw {
	t.Helper()
	t.Cleanup(func() { _ = conn.Close() })
	reader := bufio.NewReader(conn)
	return &raw{t: t, word: word, conn: conn, name: name, read: func() (string, error) { return readMessage(reader) }}
}

// readMessage reads a message of a stream.
func readMessage(reader *bufio.Reader) (string, error) {
	var head strings.Builder
	size := 0
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			return "", fmt.Errorf("read: %w", err)
		}
		head.WriteString(line)
		if value, ok := strings.CutPrefix(line, "Content-Length: "); ok {
			if size, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return "", fmt.Errorf("length: %w", err)
			}
		}
		if line == "\r\n" {
			break
		}
	}
	body := make([]byte, size)
	_, err := io.ReadFull(reader, body)
	return head.String() + string(body), err
}

func (r *raw) address() string { return r.conn.LocalAddr().String() }

// send sends lines, and a body if there is one.
func (r *raw) send(body string, lines ...string) {
	r.t.Helper()
	if body != "" {
		lines = append(lines, "Content-Type: application/sdp")
	}
	lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)))
	_, err := r.conn.Write([]byte(strings.Join(lines, "\r\n") + "\r\n\r\n" + body))
	must(r.t, err)
}

// request makes the lines of a request; the tags of From and To belong to the values given.
func (r *raw) request(method, uri, from, to string, number int, more ...string) []string {
	r.branch++
	return append([]string{
		method + " " + uri + " SIP/2.0",
		fmt.Sprintf("Via: SIP/2.0/%s %s;rport;branch=z9hG4bK%s%d", r.word, r.address(), r.name, r.branch),
		"Max-Forwards: 70", "From: " + from, "To: " + to, "Call-ID: " + r.name + "@" + r.address(),
		fmt.Sprintf("CSeq: %d %s", number, method),
	}, more...)
}

// respond answers a message that came.
func (r *raw) respond(request, status, body string, more ...string) {
	r.t.Helper()
	lines := []string{"SIP/2.0 " + status}
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		value := header(request, name)
		if name == "To" && !strings.Contains(value, "tag=") {
			value += ";tag=" + r.name
		}
		lines = append(lines, name+": "+value)
	}
	r.send(body, append(lines, more...)...)
}

// await gives the next message that begins so, with line feeds alone, and passes over others.
func (r *raw) await(start string) string {
	r.t.Helper()
	must(r.t, r.conn.SetReadDeadline(time.Now().Add(2*limit)))
	for {
		message, err := r.read()
		if err != nil {
			r.t.Fatalf("%s waits for %q: %v", r.name, start, err)
		}
		message = strings.ReplaceAll(message, "\r\n", "\n")
		if strings.HasPrefix(message, start) {
			return message
		}
	}
}

// digestFields reads a challenge or its answer.
func digestFields(value string) map[string]string {
	given := map[string]string{}
	for part := range strings.SplitSeq(strings.TrimPrefix(value, "Digest "), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		given[name] = strings.Trim(value, `"`)
	}
	return given
}

// digestResponse is the response that credentials with MD5 should have (RFC 2617 section 3.2.2).
func digestResponse(proof, user, password, method, uri string) string {
	given := digestFields(proof)
	hash := func(parts ...string) string {
		sum := md5.Sum([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(sum[:])
	}
	return hash(hash(user, given["realm"], password), given["nonce"], given["nc"], given["cnonce"], given["qop"],
		hash(method, uri))
}

// authorization answers a digest challenge with SHA-256.
func authorization(challenge, user, password, method, uri string) string {
	given := digestFields(challenge)
	hash := func(parts ...string) string {
		sum := sha256.Sum256([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(sum[:])
	}
	response := hash(hash(user, given["realm"], password), given["nonce"], "00000001", "c", "auth", hash(method, uri))
	return fmt.Sprintf(`Digest username=%q, realm=%q, nonce=%q, uri=%q, response=%q, algorithm=SHA-256, qop=auth, `+
		`nc=00000001, cnonce="c"`, user, given["realm"], given["nonce"], uri, response)
}
