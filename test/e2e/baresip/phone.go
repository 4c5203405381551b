// Package baresip runs Debian's baresip as a SIP phone: its microphone is a tone, and what it hears is in a file.
package baresip

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sipbridge/test/e2e/process"
	"sipbridge/test/e2e/tone"
)

// Options says what kind of phone to start.
type Options struct {
	// User is the user part of the phone's address.
	User string
	// Codec is the only one the phone has: PCMU, PCMA or opus.
	Codec string
	// Transport of the signalling: udp (the default), tcp or tls.
	Transport string
	// Certificate is a PEM file with a certificate and its key: the phone can be called over TLS, at the port behind
	// its own. baresip checks nobody else's.
	Certificate string
	// IPv6 puts the phone on [::1].
	IPv6 bool
	// Registrar, as host:port, makes the phone register there; empty leaves it a stranger of phones.example.
	Registrar string
	// Domain of the address-of-record when registering.
	Domain string
	// Password when registering.
	Password string
	// Manual lets the test answer; otherwise the phone answers at once.
	Manual bool
	// Silent is a phone without a tone: its microphone gives digital silence.
	Silent bool
	// ToneHz is the microphone's tone; default 800.
	ToneHz int
	// Contact, as "sip:user@domain", is whom Say writes to, and whose presence the phone watches. The phone then
	// also publishes its own.
	Contact string
	// Video is the codec of pictures, vp8 or vp9; empty for a phone without. It sends black ones.
	Video string
	// Encryption of media: srtp (best effort in RTP/AVP), srtp-mand (RTP/SAVP), srtp-mandf (RTP/SAVPF), dtls_srtp
	// (UDP/TLS/RTP/SAVP), dtls_srtpf; empty for none.
	Encryption string
	// ICE lets the phone's media find their way by ICE.
	ICE bool
	// Dir takes the phone's files; it must be the phone's own.
	Dir string
}

// Phone is a running baresip.
type Phone struct {
	// URI to dial to reach the phone directly.
	URI string
	// Port of its UDP and TCP; that of TLS is the next.
	Port int

	process *process.Process
	control *control
	dir     string
}

// ErrPhone is what went wrong at the phone.
var ErrPhone = errors.New("baresip")

const modules = "/usr/lib/baresip/modules"

// Start starts the phone and waits until it listens, and until it is registered if it is to register.
func Start(options Options) (*Phone, error) {
	if _, err := os.Stat(modules); err != nil {
		return nil, fmt.Errorf("%w: %s; apt-get install baresip-core", process.ErrMissing, modules)
	}
	sipPort, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	controlPort, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	if options.Transport == "" {
		options.Transport = "udp"
	}
	address := fmt.Sprintf("127.0.0.1:%d", sipPort)
	if options.IPv6 {
		address = fmt.Sprintf("[::1]:%d", sipPort)
	}
	if err = writeFiles(options, address, controlPort); err != nil {
		return nil, err
	}
	running, err := process.Start(process.Options{
		Tool: "baresip", Package: "baresip-core", Args: []string{"-s", "-f", options.Dir}, Dir: options.Dir,
	})
	if err != nil {
		return nil, err
	}
	phone := &Phone{
		URI:  fmt.Sprintf("sip:%s@%s;transport=%s", options.User, address, options.Transport),
		Port: sipPort, process: running, dir: options.Dir,
	}
	if err = phone.await(controlPort, options.Registrar != ""); err != nil {
		phone.Stop()
		return nil, err
	}
	return phone, nil
}

const startLimit = 30 * time.Second

func (p *Phone) await(controlPort int, registers bool) error {
	if err := p.process.WaitOutput("baresip is ready", startLimit); err != nil {
		return err
	}
	var err error
	if p.control, err = dial(controlPort); err != nil {
		return fmt.Errorf("%w\n%s", err, p.process.Output())
	}
	if !registers {
		return nil
	}
	// Not by its event, which may have passed before we listened.
	return p.process.WaitOutput("200 OK (", startLimit)
}

func writeFiles(options Options, address string, controlPort int) error {
	rate, codec := 8000, options.Codec+"/8000/1"
	if options.Codec == "opus" {
		rate, codec = 48000, "opus/48000/2"
	}
	hertz := options.ToneHz
	if hertz == 0 {
		hertz = 800
	}
	source := filepath.Join(options.Dir, "microphone.wav")
	sound := tone.Sine(float64(hertz), rate, 120)
	if options.Silent {
		clear(sound)
	}
	if err := tone.WriteWAV(source, rate, sound); err != nil {
		return err
	}
	return errors.Join(
		write(options.Dir, "config",
			config(options.Dir, source, address, rate, controlPort)+
				certificate(options.Certificate)+watching(options)+camera(options)+protection(options)),
		write(options.Dir, "accounts", account(options, codec)),
		write(options.Dir, "contacts", contacts(options)),
	)
}

func write(dir, name, content string) error {
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		return fmt.Errorf("baresip's files: %w", err)
	}
	return nil
}

// config has the phone's media at ports that nobody is given by number: not those of a service, which may bind them
// later, and not those that the kernel hands out.
func config(dir, source, address string, rate, controlPort int) string {
	return fmt.Sprintf(`poll_method epoll
sip_listen %[1]s
call_local_timeout 120
call_max_calls 10
audio_source aufile,%[2]s
audio_player aufile,%[3]s/unused.wav
audio_alert aufile,%[3]s/unused.wav
ausrc_srate %[4]d
auplay_srate %[4]d
ausrc_channels 1
auplay_channels 1
rtp_stats yes
rtp_ports 2000-9998
module_path %[5]s
module g711.so
module opus.so
module aufile.so
module sndfile.so
module_tmp uuid.so
module_tmp account.so
module_app ctrl_tcp.so
module_app menu.so
ctrl_tcp_listen 127.0.0.1:%[6]d
snd_path %[3]s
`, address, source, dir, rate, modules, controlPort)
}

func certificate(file string) string {
	if file == "" {
		return ""
	}
	return "sip_certificate " + file + "\n"
}

func camera(options Options) string {
	if options.Video == "" {
		return ""
	}
	return fmt.Sprintf("module %s.so\nmodule fakevideo.so\nvideo_source fakevideo,nil\nvideo_display fakevideo,nil\n"+
		"video_size 320x240\nvideo_fps 15\nvideo_bitrate 300000\n", options.Video)
}

// protection loads the modules of media encryption and ICE.
func protection(options Options) string {
	text := ""
	switch {
	case strings.HasPrefix(options.Encryption, "dtls"):
		text = "module dtls_srtp.so\n"
	case options.Encryption != "":
		text = "module srtp.so\n"
	}
	if options.ICE {
		text += "module ice.so\n"
	}
	return text
}

func watching(options Options) string {
	if options.Contact == "" {
		return ""
	}
	return "module_app contact.so\nmodule_app presence.so\n"
}

func contacts(options Options) string {
	if options.Contact == "" {
		return ""
	}
	return fmt.Sprintf("\"Contact\" <%s>;presence=p2p\n", options.Contact)
}

func account(options Options, codec string) string {
	answer := "auto"
	if options.Manual {
		answer = "manual"
	}
	host, registering := "phones.example", "regint=0"
	if options.Registrar != "" {
		host = options.Domain
		registering = fmt.Sprintf(`regint=60;auth_pass=%s;outbound="sip:%s;transport=%s"`,
			options.Password, options.Registrar, options.Transport)
	}
	if options.Contact != "" {
		registering += ";pubint=600"
	}
	if options.Encryption != "" {
		registering += ";mediaenc=" + options.Encryption
	}
	if options.ICE {
		registering += ";medianat=ice"
	}
	return fmt.Sprintf("<sip:%s@%s;transport=%s>;%s;answermode=%s;audio_codecs=%s\n",
		options.User, host, options.Transport, registering, answer, codec)
}

// Dial calls a URI.
func (p *Phone) Dial(uri string) error { return p.control.command("dial", uri) }

// Say sends a text to the Contact.
func (p *Phone) Say(text string) error { return p.control.command("message", text) }

// WaitText waits until the phone has shown a text: what is said to it, and what becomes of its contact.
func (p *Phone) WaitText(text string, limit time.Duration) error {
	return p.process.WaitOutput(text, limit)
}

// SetPresence tells those who watch the phone whether it is "presence_online" or "presence_offline".
func (p *Phone) SetPresence(command string) error { return p.control.command(command, "") }

// Answer accepts the call that rings.
func (p *Phone) Answer() error { return p.control.command("accept", "") }

// Hangup ends, refuses or cancels the call.
func (p *Phone) Hangup() error { return p.control.command("hangup", "") }

// Hold holds the call.
func (p *Phone) Hold() error { return p.control.command("hold", "") }

// Resume resumes the held call.
func (p *Phone) Resume() error { return p.control.command("resume", "") }

// Transfer sends the other party of the call to a URI.
func (p *Phone) Transfer(uri string) error { return p.control.command("transfer", uri) }

// Press sends one key by RFC 4733.
func (p *Phone) Press(key string) error { return p.control.command("sndcode", key) }

// Event names of the phone.
const (
	Incoming    = "CALL_INCOMING"
	Ringing     = "CALL_RINGING"
	Progress    = "CALL_PROGRESS"
	Established = "CALL_ESTABLISHED"
	Closed      = "CALL_CLOSED"
	DTMF        = "CALL_DTMF_START"
	DTMFEnd     = "CALL_DTMF_END"
)

// WaitEvent waits until this many events of a type have come since the phone started, and returns the
// parameter of the last of them: the reason of a CALL_CLOSED, the key of a CALL_DTMF_START.
func (p *Phone) WaitEvent(kind string, count int, limit time.Duration) (string, error) {
	parameters, err := p.control.wait(kind, count, limit)
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, p.Report())
	}
	return parameters[count-1], nil
}

// Keys are the keys received so far, in order.
func (p *Phone) Keys() string { return strings.Join(p.control.parameters(DTMF), "") }

// Count is how many events of the type have come.
func (p *Phone) Count(kind string) int { return len(p.control.parameters(kind)) }

// Heard is the last second of what the phone heard in its newest call, with its sample rate.
func (p *Phone) Heard() (samples []int16, rate int, err error) {
	names, err := filepath.Glob(filepath.Join(p.dir, "dump-*-dec.wav"))
	if err != nil || len(names) == 0 {
		return nil, 0, errors.Join(fmt.Errorf("%w: has heard nothing yet", ErrPhone), err)
	}
	// The names carry the time, and Glob sorts them.
	rate, samples, err = tone.ReadWAV(names[len(names)-1])
	return samples[max(0, len(samples)-rate):], rate, err
}

// WaitTone waits until the last second heard is the tone: three quarters of its energy.
func (p *Phone) WaitTone(hertz float64, limit time.Duration) error {
	return p.listen(limit, fmt.Sprintf("%.0f Hz", hertz), func(samples []int16, rate int) bool {
		return len(samples) == rate && tone.Level(samples) > -50 && tone.Share(samples, rate, hertz) > 0.75
	})
}

// WaitQuiet waits until nothing, or only silence, has been heard for half a second. baresip writes no silence of
// its own: while nothing arrives its file stands still.
func (p *Phone) WaitQuiet(limit time.Duration) error {
	var last []int16
	loud := time.Now()
	return p.listen(limit, "silence", func(samples []int16, rate int) bool {
		fresh := samples[len(samples)-min(len(samples), rate/10):]
		if !slices.Equal(samples, last) && tone.Level(fresh) > -60 {
			loud = time.Now()
		}
		last = samples
		return time.Since(loud) > 500*time.Millisecond
	})
}

func (p *Phone) listen(limit time.Duration, what string, enough func([]int16, int) bool) error {
	deadline := time.Now().Add(limit)
	for {
		samples, rate, err := p.Heard()
		if err == nil && enough(samples, rate) {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%w: waited %v to hear %s: %d samples, level %.0f dB, 440 Hz %.2f, 800 Hz %.2f, %w\n%s",
				ErrPhone, limit, what, len(samples), tone.Level(samples), tone.Share(samples, rate, 440),
				tone.Share(samples, rate, 800), err, p.Report())
		}
		time.Sleep(100 * time.Millisecond) // a file that grows has no better sign
	}
}

// Report is what the phone printed, with the SIP messages.
func (p *Phone) Report() string { return p.process.Output() }

// Stop ends the phone and waits.
func (p *Phone) Stop() {
	if p.control != nil {
		p.control.close()
	}
	p.process.Stop(3 * time.Second)
}
