// Package sipp runs Debian's sipp as a SIP phone that keeps to a script: it answers, refuses, holds and hangs up
// exactly as told, and gives every message it saw. Its sound is played and heard by an ear.Ear, or echoed.
package sipp

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"sipbridge/test/e2e/process"
)

// Media is what sipp puts in its SDP.
type Media struct {
	// Port of RTP on 127.0.0.1.
	Port int
	// Codec is PCMU or PCMA, the only one named.
	Codec string
	// NoEvents leaves out telephone-event/8000, which is otherwise named beside it.
	NoEvents bool
	// Payload is the codec's payload type, if it is not the static one.
	Payload int
	// Address is that of RTP, if it is not 127.0.0.1.
	Address string
	// Video are the lines of a section of video; none for a phone without.
	Video []string
	// Soundless leaves out the section of audio.
	Soundless bool
}

func (m Media) sdp(version int, direction string) string {
	address, family := cmp.Or(m.Address, "127.0.0.1"), "IP4"
	if strings.Contains(address, ":") {
		family = "IP6"
	}
	return fmt.Sprintf(`      v=0
      o=phone 1 %d IN IP4 127.0.0.1
      s=-
      c=IN %s %s
      t=0 0
%s%s`, version, family, address, m.audio(direction), m.video(direction))
}

func (m Media) audio(direction string) string {
	if m.Soundless {
		return ""
	}
	payload := 0
	if m.Codec == "PCMA" {
		payload = 8
	}
	payload = cmp.Or(m.Payload, payload)
	list, events := fmt.Sprint(payload), ""
	if !m.NoEvents {
		list += " 101"
		events = "      a=rtpmap:101 telephone-event/8000\n      a=fmtp:101 0-15\n"
	}
	return fmt.Sprintf(`      m=audio %d RTP/AVP %s
      a=rtpmap:%d %s/8000
%s      a=ptime:20
      a=%s
`, m.Port, list, payload, m.Codec, events, direction)
}

func (m Media) video(direction string) string {
	if m.Video == nil {
		return ""
	}
	return "      " + strings.Join(append(slices.Clone(m.Video), "a="+direction), "\n      ") + "\n"
}

// Options says how to run a script.
type Options struct {
	// Steps of the script. A script that is called starts after the INVITE.
	Steps []Step
	// Remote is host:port of the server to call; empty means to be called.
	Remote string
	// TCP instead of UDP.
	TCP bool
	// IPv6 has it at [::1] instead of 127.0.0.1.
	IPv6 bool
	// Inherits lets a script that is called have a call that another one has answered: it begins without the INVITE.
	Inherits bool
	// Calls is how many calls to play before ending; default 1.
	Calls int
	// Port to listen on; 0 takes a free one.
	Port int
	// AnswersInfo answers each INFO that no step awaits.
	AnswersInfo bool
	// EchoPort, if not 0, is an RTP port of sipp's own where it sends everything back.
	EchoPort int
	// Dir takes the files; it must be the script's own.
	Dir string
}

// Script is a running sipp.
type Script struct {
	// Address is where it listens, host:port.
	Address string
	// URI is where to call it.
	URI string

	process *process.Process
	dir     string
}

// ErrScript says that a script did not go as written.
var ErrScript = errors.New("sipp")

// Start starts sipp; the caller must Wait for it or Stop it.
func Start(options Options) (*Script, error) {
	port, err := options.Port, error(nil)
	if port == 0 {
		port, err = process.FreePort()
	}
	if err != nil {
		return nil, err
	}
	name, transport := filepath.Join(options.Dir, "scenario.xml"), "udp"
	if err = os.WriteFile(name, []byte(scenario(options)), 0o600); err != nil {
		return nil, fmt.Errorf("sipp's scenario: %w", err)
	}
	mode := "u1"
	if options.TCP {
		mode, transport = "t1", "tcp"
	}
	host, address := "127.0.0.1", fmt.Sprintf("127.0.0.1:%d", port)
	if options.IPv6 {
		host, address = "::1", fmt.Sprintf("[::1]:%d", port)
	}
	arguments := []string{
		"-sf", name, "-i", host, "-p", strconv.Itoa(port), "-t", mode, "-m", strconv.Itoa(max(options.Calls, 1)),
		"-nostdin", "-timeout", "180s", "-timeout_error", "-max_socket", "100",
		"-trace_msg", "-message_file", filepath.Join(options.Dir, "messages.log"),
		"-trace_err", "-error_file", filepath.Join(options.Dir, "errors.log"),
	}
	if options.AnswersInfo {
		arguments = append(arguments, "-aa")
	}
	if options.EchoPort != 0 {
		arguments = append(arguments, "-rtp_echo", "-mi", "127.0.0.1", "-mp", strconv.Itoa(options.EchoPort))
	}
	if options.Remote != "" {
		arguments = append(arguments, options.Remote)
	}
	running, err := process.Start(process.Options{
		Tool: "sipp", Package: "sip-tester", Args: arguments, Dir: options.Dir, Env: []string{"TERM=dumb"},
	})
	if err != nil {
		return nil, err
	}
	s := &Script{
		Address: address, URI: fmt.Sprintf("sip:phone@%s;transport=%s", address, transport),
		process: running, dir: options.Dir,
	}
	if err = s.awaitListening(port, options); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// awaitListening waits until sipp has its port: the one thing it does not print.
func (s *Script) awaitListening(port int, options Options) error {
	table, local := "/proc/net/udp", fmt.Sprintf("0100007F:%04X", port)
	if options.TCP {
		table = "/proc/net/tcp"
	}
	if options.IPv6 {
		table, local = table+"6", fmt.Sprintf("00000000000000000000000001000000:%04X", port)
	}
	deadline := time.Now().Add(20 * time.Second)
	for {
		sockets, err := os.ReadFile(table)
		if err != nil {
			return fmt.Errorf("sockets: %w", err)
		}
		if strings.Contains(string(sockets), local) {
			return nil
		}
		select {
		case <-s.process.Gone():
			if options.Remote != "" { // it may have called and be through: Wait tells
				return nil
			}
			return fmt.Errorf("%w: ended at once\n%s", ErrScript, s.Report())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%w: does not listen\n%s", ErrScript, s.Report())
		}
	}
}

func scenario(options Options) string {
	var text strings.Builder
	text.WriteString("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<scenario name=\"script\">\n")
	if options.Remote == "" && !options.Inherits {
		text.WriteString(string(recv(`request="INVITE" rrs="true"`, keepInvite)))
	}
	for _, step := range options.Steps {
		text.WriteString(string(step))
	}
	if options.Inherits {
		return text.String() + "</scenario>\n"
	}
	// sipp insists that every variable is used somewhere; which are depends on the steps.
	used := "peer"
	for _, sometimes := range []string{"rseq", "via"} {
		if strings.Contains(text.String(), fmt.Sprintf("assign_to=%q", sometimes)) {
			used += "," + sometimes
		}
	}
	if options.Remote == "" {
		used = "via,from,to,cseq"
	}
	fmt.Fprintf(&text, "  <Reference variables=%q/>\n</scenario>\n", used)
	return text.String()
}

// Wait waits until all calls have been played, and returns an error if one did not go as written.
func (s *Script) Wait(limit time.Duration) error {
	code, err := s.process.Wait(limit)
	if err != nil || code != 0 {
		return fmt.Errorf("%w: exit code %d, %w\n%s", ErrScript, code, err, s.Report())
	}
	return nil
}

// Stop ends sipp in the middle of its script.
func (s *Script) Stop() { s.process.Stop(time.Second) }

// Message is one SIP message that sipp sent or received.
type Message struct {
	// Sent by sipp, or received.
	Sent bool
	// Text is the whole message.
	Text string
}

var messageStart = regexp.MustCompile(`(?m)^(?:UDP|TCP) message (sent|received).*\n\n`)

// Messages are all messages so far, in order.
func (s *Script) Messages() []Message {
	content, err := os.ReadFile(filepath.Join(s.dir, "messages.log"))
	if err != nil {
		return nil // none yet
	}
	text := string(content)
	var messages []Message
	found := messageStart.FindAllStringSubmatchIndex(text, -1)
	for i, at := range found {
		end := len(text)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		body, _, _ := strings.Cut(text[at[1]:end], "\n-----------------------")
		messages = append(messages, Message{Sent: text[at[2]:at[3]] == "sent", Text: body})
	}
	return messages
}

// WaitMessage waits for a received message that begins so, such as "BYE " or "SIP/2.0 180", and returns the newest.
func (s *Script) WaitMessage(start string, limit time.Duration) (string, error) {
	deadline := time.Now().Add(limit)
	for {
		newest := ""
		for _, message := range s.Messages() {
			if !message.Sent && strings.HasPrefix(message.Text, start) {
				newest = message.Text
			}
		}
		if newest != "" {
			return newest, nil
		}
		if time.Now().After(deadline) {
			return "", fmt.Errorf("%w: waited %v to receive %q\n%s", ErrScript, limit, start, s.Report())
		}
		time.Sleep(20 * time.Millisecond) // the messages are in a file
	}
}

// AudioPort finds the port of the audio line in a message's SDP; 0 if there is none.
func AudioPort(message string) int { return mediaPort(message, "audio") }

// VideoPort finds that of the video line.
func VideoPort(message string) int { return mediaPort(message, "video") }

func mediaPort(message, kind string) int {
	found := regexp.MustCompile(`(?m)^m=` + kind + ` (\d+) `).FindStringSubmatch(message)
	if found == nil {
		return 0
	}
	port, err := strconv.Atoi(found[1])
	if err != nil {
		return 0
	}
	return port
}

// Report is what happened, for a failed test.
func (s *Script) Report() string {
	var report strings.Builder
	for _, name := range []string{"errors.log", "messages.log"} {
		content, err := os.ReadFile(filepath.Join(s.dir, name))
		if err == nil {
			fmt.Fprintf(&report, "%s:\n%s\n", name, content)
		}
	}
	if report.Len() == 0 {
		return s.process.Output()
	}
	return report.String()
}
