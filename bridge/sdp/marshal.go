package sdp

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"sipbridge/bridge/quality"
)

// Marshal prints the description. Lines end with CRLF. Everything of a Media is printed in its section; its c=
// line only where its address differs from the session's. A field with CR, LF, NUL or invalid blanks gives
// ErrUnprintable: no value can add a line.
func (s *Session) Marshal() ([]byte, error) {
	printer := &printer{}
	username := s.Origin.Username
	if username == "" {
		username = "-"
	}
	printer.line("v=0")
	printer.word(username)
	printer.line("o=%s %d %d IN %s", username, s.Origin.SessionID, s.Origin.Version, printer.address(s.Origin.Address))
	printer.line("s=-")
	if s.Address != "" {
		printer.line("c=IN %s", printer.address(s.Address))
	}
	printer.line("t=0 0")
	if s.ICELite {
		printer.line("a=ice-lite")
	}
	if s.Bundle != nil {
		printer.word(s.Bundle...)
		printer.line("a=group:BUNDLE %s", strings.Join(s.Bundle, " "))
	}
	for i := range s.Media {
		printer.media(&s.Media[i], s.Address)
	}
	if printer.err != nil {
		return nil, printer.err
	}
	return []byte(printer.text.String()), nil
}

// printer writes lines and keeps the first error.
type printer struct {
	text strings.Builder
	err  error
}

// line is the only way to the text: here no line can hide another one.
func (p *printer) line(format string, values ...any) {
	line := fmt.Sprintf(format, values...)
	if strings.ContainsAny(line, "\r\n\x00") {
		p.fail(line)
		return
	}
	p.text.WriteString(line)
	p.text.WriteString("\r\n")
}

// fail names the line, never its value: that may be a key.
func (p *printer) fail(line string) {
	if p.err == nil {
		name, _, _ := strings.Cut(line, ":")
		p.err = fmt.Errorf("%w: %.32q", ErrUnprintable, name)
	}
}

// word checks values that stand between blanks.
func (p *printer) word(values ...string) {
	for _, value := range values {
		if value == "" || strings.ContainsAny(value, " \t\r\n\x00") {
			p.fail(value)
		}
	}
}

// address gives "IP4 192.0.2.1" or "IP6 2001:db8::1". A host name is called IP4.
func (p *printer) address(address string) string {
	p.word(address)
	parsed, err := netip.ParseAddr(address)
	if err == nil && parsed.Is6() && !parsed.Is4In6() {
		return "IP6 " + address
	}
	return "IP4 " + address
}

func (p *printer) media(media *Media, sessionAddress string) {
	words := media.Words
	if len(media.Formats) > 0 {
		words = payloadTypes(media.Formats)
	}
	if len(words) == 0 {
		words = []string{"0"}
	}
	p.word(media.Type, media.Protocol)
	p.word(words...)
	p.line("m=%s %d %s %s", media.Type, media.Port, media.Protocol, strings.Join(words, " "))
	if media.Address != "" && media.Address != sessionAddress {
		p.line("c=IN %s", p.address(media.Address))
	}
	p.bandwidth(media)
	p.rtcp(media)
	p.transport(media)
	p.identity(media)
	for _, extension := range media.Extensions {
		p.word(extension.URI)
		p.line("a=extmap:%d %s", extension.ID, extension.URI)
	}
	for _, format := range media.Formats {
		p.format(format)
	}
	for _, feedback := range media.Feedback {
		p.line("a=rtcp-fb:* %s", feedback)
	}
	p.packetTime("ptime", media.PacketTime)
	p.packetTime("maxptime", media.MaxPacketTime)
	p.sources(media)
}

// bandwidth prints the form that everybody reads.
func (p *printer) bandwidth(media *Media) {
	if media.Bitrate != 0 {
		p.line("b=AS:%d", (media.Bitrate+999)/1000)
	}
}

func (p *printer) rtcp(media *Media) {
	switch {
	case media.RTCPPort == 0:
	case media.RTCPAddress == "":
		p.line("a=rtcp:%d", media.RTCPPort)
	default:
		p.line("a=rtcp:%d IN %s", media.RTCPPort, p.address(media.RTCPAddress))
	}
}

func (p *printer) transport(media *Media) {
	for _, candidate := range media.Candidates {
		p.line("a=candidate:%s", candidate)
	}
	p.flag("ice-mismatch", media.ICEMismatch)
	p.flag("end-of-candidates", media.EndOfCandidates)
	p.value("ice-ufrag", media.ICEUfrag)
	p.value("ice-pwd", media.ICEPwd)
	p.value("ice-options", strings.Join(media.ICEOptions, " "))
	for _, fingerprint := range media.Fingerprints {
		p.word(fingerprint.Hash, fingerprint.Value)
		p.line("a=fingerprint:%s %s", fingerprint.Hash, fingerprint.Value)
	}
	p.value("setup", media.Setup)
	for _, crypto := range media.Crypto {
		p.value("crypto", crypto.value())
	}
}

func (p *printer) identity(media *Media) {
	p.value("mid", media.MID)
	p.flag("bundle-only", media.BundleOnly)
	p.line("a=%s", media.Direction)
	p.value("msid", media.MSID)
	p.flag("rtcp-mux", media.RTCPMux)
	p.flag("rtcp-rsize", media.RTCPReducedSize)
	p.extendedReports(media.XR)
}

func (p *printer) format(format Format) {
	p.word(format.Name)
	p.line("a=rtpmap:%d %s", format.PayloadType, format.Codec)
	for _, feedback := range format.Feedback {
		p.line("a=rtcp-fb:%d %s", format.PayloadType, feedback)
	}
	if format.Parameters != "" {
		p.line("a=fmtp:%d %s", format.PayloadType, format.Parameters)
	}
}

func (p *printer) sources(media *Media) {
	for _, group := range media.SSRCGroups {
		p.line("a=ssrc-group:%s", group)
	}
	for _, source := range media.SSRCs {
		if source.CName == "" {
			continue // RFC 5576 section 4.1: a source without an attribute cannot be written
		}
		p.line("a=ssrc:%d cname:%s", source.ID, source.CName)
	}
}

func (p *printer) value(name, value string) {
	if value != "" {
		p.line("a=%s:%s", name, value)
	}
}

func (p *printer) flag(name string, set bool) {
	if set {
		p.line("a=%s", name)
	}
}

func (p *printer) packetTime(name string, duration time.Duration) {
	if duration >= time.Millisecond {
		p.line("a=%s:%d", name, duration.Milliseconds())
	}
}

func payloadTypes(formats []Format) []string {
	words := make([]string, 0, len(formats))
	for _, format := range formats {
		words = append(words, fmt.Sprint(format.PayloadType))
	}
	return words
}

// extendedReports prints a=rtcp-xr.
func (p *printer) extendedReports(wanted quality.Wishes) {
	var words []string
	if wanted.ReceiverTime {
		words = append(words, "rcvr-rtt=all")
	}
	if wanted.VoIPMetrics {
		words = append(words, "voip-metrics")
	}
	p.value("rtcp-xr", strings.Join(words, " "))
}
