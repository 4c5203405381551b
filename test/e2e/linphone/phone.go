// Package linphone runs Debian's linphonec as a SIP phone with Speex: it answers at once, its microphone is a tone, and
// what it hears is in a file.
package linphone

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sipbridge/test/e2e/process"
	"sipbridge/test/e2e/tone"
)

// Options says what kind of phone to start.
type Options struct {
	// Codec is the only one the phone has, such as speex or PCMU; Rate is its clock rate.
	Codec string
	Rate  int
	// User, Domain and Password of the account that the phone registers at Registrar, host:port for UDP.
	User, Domain, Password, Registrar string
	// Encrypted lets the phone have no media but SRTP, with keys in SDP.
	Encrypted bool
	// ICE lets the phone's media find their way by ICE.
	ICE bool
	// Video is the codec of pictures, H264 or VP8; empty for a phone without. It sends one that stands.
	Video string
	// ToneHz is the microphone's tone.
	ToneHz int
	// Dir takes the phone's files; it must be the phone's own.
	Dir string
}

// Phone is a running linphonec.
type Phone struct {
	process  *process.Process
	commands *os.File // its standard input
	dir      string
	rate     int // of what it writes
}

// ErrPhone is what went wrong at the phone.
var ErrPhone = errors.New("linphonec")

const startLimit = 30 * time.Second

// portPairs are one for SIP, one each for the sound of two calls, and one each for their pictures: linphonec takes the
// next pair for the second call, and shares its ports with whoever has them.
const portPairs = 5

// sampleRate of the file that linphonec plays.
const sampleRate = 16000

// Start starts the phone and waits until it is registered.
func Start(options Options) (*Phone, error) {
	program, err := process.Find("linphonec", "linphone-cli")
	if err != nil {
		return nil, err
	}
	port, err := process.FreePorts(portPairs)
	if err != nil {
		return nil, err
	}
	p := &Phone{dir: options.Dir, rate: options.Rate}
	if err = p.writeFiles(options, port); err != nil {
		return nil, err
	}
	// It reads commands from its standard input, and ends with it.
	p.process, err = process.Start(process.Options{
		Tool: "sh", Package: "dash", Dir: options.Dir, Env: []string{"HOME=" + options.Dir},
		Args: []string{"-c", `exec "$0" -b rc -a -d 3 $1 < commands`, program, options.flag()},
	})
	if err != nil {
		return nil, errors.Join(err, p.commands.Close())
	}
	if err = p.prepare(); err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

func (p *Phone) writeFiles(options Options, port int) error {
	// Without this folder the SIP port stays 0.
	err := os.MkdirAll(filepath.Join(p.dir, ".local/share/linphone"), 0o700)
	if err != nil {
		return fmt.Errorf("linphonec's files: %w", err)
	}
	if err = os.WriteFile(filepath.Join(p.dir, "rc"), []byte(configuration(options, port)), 0o600); err != nil {
		return fmt.Errorf("linphonec's files: %w", err)
	}
	const seconds = 120
	sine := tone.Sine(float64(options.ToneHz), sampleRate, seconds)
	if err = tone.WriteWAV(filepath.Join(p.dir, "microphone.wav"), sampleRate, sine); err != nil {
		return err
	}
	name := filepath.Join(p.dir, "commands")
	if err = syscall.Mkfifo(name, 0o600); err != nil {
		return fmt.Errorf("linphonec's commands: %w", err)
	}
	// Opened for reading too, or it would wait for the reader.
	if p.commands, err = os.OpenFile(name, os.O_RDWR, 0); err != nil {
		return fmt.Errorf("linphonec's commands: %w", err)
	}
	return nil
}

// flag has linphonec take pictures.
func (o Options) flag() string {
	if o.Video == "" {
		return ""
	}
	return "-V"
}

// pictures are the lines about them.
func (o Options) pictures() string {
	if o.Video == "" {
		return ""
	}
	var text strings.Builder
	text.WriteString("[video]\ndevice=StaticImage: Static picture\nsize=qvga\ncapture=1\ndisplay=1\n" +
		"automatically_initiate=1\nautomatically_accept=1\nshow_local=0\n")
	for number, codec := range []string{"VP8", "H264"} {
		enabled := 0
		if codec == o.Video {
			enabled = 1
		}
		fmt.Fprintf(&text, "[video_codec_%d]\nmime=%s\nrate=90000\nenabled=%d\n", number, codec, enabled)
	}
	return text.String()
}

func configuration(options Options, port int) string {
	var text strings.Builder
	fmt.Fprintf(&text, "[sip]\nsip_port=%d\nsip_tcp_port=0\nsip_tls_port=0\nuse_ipv6=0\nbind_address=127.0.0.1\n"+
		"default_proxy=0\n[rtp]\naudio_rtp_port=%d\nvideo_rtp_port=%d\n[sound]\nechocancellation=0\n",
		port, port+2, port+6)
	fmt.Fprintf(&text, "[proxy_0]\nreg_proxy=<sip:%[1]s;transport=udp>\nreg_route=<sip:%[1]s;transport=udp;lr>\n"+
		"reg_identity=sip:%[2]s@%[3]s\nreg_sendregister=1\nreg_expires=600\n",
		options.Registrar, options.User, options.Domain)
	if options.Encrypted {
		text.WriteString("[sip]\nmedia_encryption=srtp\nmedia_encryption_mandatory=1\n")
	}
	if options.ICE {
		text.WriteString("[net]\nnat_policy_ref=found\n[nat_policy_0]\nref=found\nprotocols=ice\n")
	}
	text.WriteString(options.pictures())
	fmt.Fprintf(&text, "[auth_info_0]\nusername=%s\npasswd=%s\n", options.User, options.Password)
	codecs := []struct {
		name string
		rate int
	}{{"opus", 48000}, {"speex", 16000}, {"speex", 8000}, {"speex", 32000}, {"PCMU", 8000}, {"PCMA", 8000}, {"GSM", 8000}}
	for number, codec := range codecs {
		enabled := 0
		if codec.name == options.Codec && codec.rate == options.Rate {
			enabled = 1
		}
		fmt.Fprintf(&text, "[audio_codec_%d]\nmime=%s\nrate=%d\nenabled=%d\n", number, codec.name, codec.rate, enabled)
	}
	return text.String()
}

// prepare takes files in place of a sound card.
func (p *Phone) prepare() error {
	for _, command := range []string{"soundcard use files", "play microphone.wav", "record heard.wav"} {
		if err := p.command(command); err != nil {
			return err
		}
	}
	return p.process.WaitOutput("[LinphoneRegistrationOk]", startLimit)
}

func (p *Phone) command(line string) error {
	if _, err := p.commands.WriteString(line + "\n"); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrPhone, line, err)
	}
	return nil
}

// Dial calls a URI.
func (p *Phone) Dial(uri string) error { return p.command("call " + uri) }

// Hold holds the call, and waits until that is agreed; another one may be placed then.
func (p *Phone) Hold(limit time.Duration) error {
	if err := p.command("pause"); err != nil {
		return err
	}
	return p.process.WaitOutput("to LinphoneCallPaused", limit)
}

// Join connects the other parties of two calls, which are numbered from 1.
func (p *Phone) Join(held, consulted int) error {
	return p.command(fmt.Sprintf("transfer %d --to-call %d", held, consulted))
}

// Hangup ends the call.
func (p *Phone) Hangup() error { return p.command("terminate") }

// WaitEnded waits until a call has ended.
func (p *Phone) WaitEnded(limit time.Duration) error { return p.process.WaitOutput("ended (", limit) }

// WaitMessage waits until a text has come in a SIP message.
func (p *Phone) WaitMessage(text string, limit time.Duration) error {
	return p.process.WaitOutput(text, limit)
}

// WaitTone waits until the last second heard is the tone: three quarters of its energy.
func (p *Phone) WaitTone(hertz float64, limit time.Duration) error {
	deadline := time.Now().Add(limit)
	for {
		samples, err := p.heard()
		if len(samples) == p.rate && tone.Level(samples) > -50 && tone.Share(samples, p.rate, hertz) > 0.75 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%w: waited %v to hear %.0f Hz: %d samples, level %.0f dB, %w\n%s",
				ErrPhone, limit, hertz, len(samples), tone.Level(samples), err, p.Report())
		}
		time.Sleep(100 * time.Millisecond) // a file that grows has no better sign
	}
}

// WaitPath waits until ICE has found a path in the call that began with the last such message.
func (p *Phone) WaitPath(message string, limit time.Duration) error {
	for deadline := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		report := p.Report()
		if begin := strings.LastIndex(report, message); begin >= 0 &&
			strings.Contains(report[begin:], "Finished ICE check list") {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%w: ICE has found no path in %v\n%s", ErrPhone, limit, report)
		}
	}
}

// heard is the last second of what the phone heard. linphonec writes the header of its file when the call is over, so
// it is passed over here.
func (p *Phone) heard() ([]int16, error) {
	const header = 44
	content, err := os.ReadFile(filepath.Join(p.dir, "heard.wav"))
	if err != nil || len(content) < header {
		return nil, errors.Join(fmt.Errorf("%w: has heard nothing yet", ErrPhone), err)
	}
	samples := make([]int16, (len(content)-header)/2)
	for i := range samples {
		samples[i] = int16(binary.LittleEndian.Uint16(content[header+2*i:]))
	}
	return samples[max(0, len(samples)-p.rate):], nil
}

// WaitPictures waits until the phone has decoded H.264 for a while, in pictures of this size, and gives how many a
// second.
func (p *Phone) WaitPictures(size string, limit time.Duration) (rate string, err error) {
	if err = p.process.WaitOutput("OpenH264 decoder: Frame size: "+size, limit); err != nil {
		return "", err
	}
	_, after, _ := strings.Cut(p.process.Output(), "OpenH264 decoder: FPS=")
	rate, _, _ = strings.Cut(after, "\n")
	return rate, nil
}

// Report is what the phone printed.
func (p *Phone) Report() string { return p.process.Output() }

// Stop ends the phone and waits.
func (p *Phone) Stop() {
	p.process.Stop(3 * time.Second)
	_ = p.commands.Close() // nobody reads any more
}
