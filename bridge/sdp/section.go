package sdp

import (
	"strconv"
	"strings"
	"time"

	"sipbridge/bridge/quality"
	"sipbridge/transcode"
)

// longestPacketTime is the largest a=ptime that is believed.
const longestPacketTime = time.Second

// section is a media section while it is read. The session level is read into one, too.
type section struct {
	media Media
	// independent tells that the bit rate is b=TIAS, which b=AS does not replace.
	independent bool
	// hasDirection tells that a direction attribute stood in the section.
	hasDirection bool
	// codecs, parameters and feedback are the lines of one payload type each, by payload type; -1
	// stands for "*", all of them.
	codecs     map[int]transcode.Codec
	parameters map[int]string
	feedback   map[int][]string
}

func (s *section) attribute(name, value string) {
	if direction, ok := parseDirection(name); ok {
		s.media.Direction, s.hasDirection = direction, true
		return
	}
	if !s.transportAttribute(name, value) && !s.identityAttribute(name, value) {
		s.formatAttribute(name, value)
	}
}

// bandwidth reads "AS:512", in kbit/s, or "TIAS:480000", "RS:800" or "RR:2400", in bit/s.
func (s *section) bandwidth(value string) {
	kind, text, _ := strings.Cut(value, ":")
	number, err := strconv.ParseUint(strings.TrimSpace(text), 10, 40)
	if err != nil {
		return
	}
	switch kind {
	case "TIAS":
		s.media.Bitrate, s.independent = (number+999)/1000*1000, true // as it can be told by b=AS
	case "AS":
		if !s.independent {
			s.media.Bitrate = number * 1000
		}
	case "RS":
		s.media.RTCPSenders = quality.Share{Bitrate: number, Given: true}
	case "RR":
		s.media.RTCPReceivers = quality.Share{Bitrate: number, Given: true}
	}
}

// extension reads "3/recvonly URI attributes".
func (s *section) extension(value string) {
	fields := strings.Fields(value)
	if len(fields) < 2 || len(s.media.Extensions) == MaxExtensions {
		return
	}
	word, _, _ := strings.Cut(fields[0], "/")
	id, err := strconv.ParseUint(word, 10, 8)
	if err == nil && id > 0 && id < 15 {
		s.media.Extensions = append(s.media.Extensions, Extension{ID: uint8(id), URI: fields[1]})
	}
}

// transportAttribute reads ICE, DTLS and SDES attributes.
func (s *section) transportAttribute(name, value string) bool {
	media := &s.media
	switch name {
	case "ice-ufrag":
		media.ICEUfrag = value
	case "ice-pwd":
		media.ICEPwd = value
	case "ice-options":
		media.ICEOptions = strings.Fields(value)
	case "candidate":
		if len(media.Candidates) < MaxCandidates && value != "" {
			media.Candidates = append(media.Candidates, value)
		}
	case "end-of-candidates":
		media.EndOfCandidates = true
	case "fingerprint":
		if fingerprint, ok := parseFingerprint(value); ok {
			media.Fingerprints = append(media.Fingerprints, fingerprint)
		}
	case "setup":
		media.Setup = strings.ToLower(value)
	case "crypto":
		if crypto, ok := parseCrypto(value); ok && len(media.Crypto) < MaxCrypto {
			media.Crypto = append(media.Crypto, crypto)
		}
	default:
		return false
	}
	return true
}

// identityAttribute reads attributes that say which stream this is, how its RTCP comes, and that ICE cannot be.
func (s *section) identityAttribute(name, value string) bool {
	media := &s.media
	switch name {
	case "mid":
		media.MID = value
	case "bundle-only":
		media.BundleOnly = true
	case "msid":
		if media.MSID == "" {
			media.MSID = value
		}
	case "ssrc":
		s.ssrc(value)
	case "rtcp":
		s.rtcp(value)
	case "rtcp-mux":
		media.RTCPMux = true
	case "rtcp-xr":
		media.XR = wishes(value)
	case "ice-mismatch":
		media.ICEMismatch = true
	case "rtcp-rsize":
		media.RTCPReducedSize = true
	default:
		return false
	}
	return true
}

func (s *section) formatAttribute(name, value string) {
	switch name {
	case "rtpmap":
		s.rtpmap(value)
	case "fmtp":
		if payloadType, rest, ok := cutPayloadType(value); ok && rest != "" {
			s.parameters = with(s.parameters, payloadType, rest)
		}
	case "rtcp-fb":
		if payloadType, rest, ok := cutPayloadType(value); ok && rest != "" {
			s.feedback = with(s.feedback, payloadType, append(s.feedback[payloadType], rest))
		}
	case "extmap":
		s.extension(value)
	case "ptime":
		s.media.PacketTime = milliseconds(value)
	case "maxptime":
		s.media.MaxPacketTime = milliseconds(value)
	}
}

// with sets a key of a map that may be nil.
func with[V any](in map[int]V, key int, value V) map[int]V {
	if in == nil {
		in = make(map[int]V)
	}
	in[key] = value
	return in
}

// ssrc reads "777536127 cname:C3+Uij6HA6qEcaVP"; other source attributes only announce the source.
func (s *section) ssrc(value string) {
	idText, attribute, _ := strings.Cut(value, " ")
	parsed, err := strconv.ParseUint(idText, 10, 32)
	if err != nil {
		return
	}
	id := uint32(parsed)
	cname, isCName := strings.CutPrefix(attribute, "cname:")
	for i := range s.media.SSRCs {
		if known := &s.media.SSRCs[i]; known.ID == id {
			if isCName {
				known.CName = cname
			}
			return
		}
	}
	source := SSRC{ID: id}
	if isCName {
		source.CName = cname
	}
	s.media.SSRCs = append(s.media.SSRCs, source)
}

// rtcp reads "53020" or "53020 IN IP4 126.16.64.4" (RFC 3605 section 2.1).
func (s *section) rtcp(value string) {
	fields := strings.Fields(value)
	if len(fields) == 0 {
		return
	}
	port, err := strconv.ParseUint(fields[0], 10, 16)
	if err != nil {
		return
	}
	s.media.RTCPPort = uint16(port)
	if len(fields) > 3 {
		s.media.RTCPAddress = fields[3]
	}
}

// rtpmap reads "111 opus/48000/2".
func (s *section) rtpmap(value string) {
	payloadType, rest, ok := cutPayloadType(value)
	if !ok || payloadType < 0 {
		return
	}
	parts := strings.Split(rest, "/")
	if len(parts) < 2 || parts[0] == "" || strings.ContainsAny(parts[0], " \t") {
		return
	}
	clockRate, err := strconv.ParseUint(strings.TrimSpace(parts[1]), 10, 32)
	if err != nil || clockRate == 0 {
		return
	}
	parsed := transcode.Codec{Name: parts[0], ClockRate: uint32(clockRate)}
	if len(parts) > 2 {
		channels, err := strconv.ParseUint(strings.TrimSpace(parts[2]), 10, 8)
		if err == nil && channels > 1 {
			parsed.Channels = uint8(channels)
		}
	}
	s.codecs = with(s.codecs, payloadType, parsed)
}

// cutPayloadType splits "111 rest"; "*" gives -1.
func cutPayloadType(value string) (payloadType int, rest string, ok bool) {
	word, rest, _ := strings.Cut(value, " ")
	rest = strings.TrimSpace(rest)
	if word == "*" {
		return -1, rest, true
	}
	parsed, err := strconv.ParseUint(word, 10, 7)
	return int(parsed), rest, err == nil
}

// milliseconds reads a packet time. Parts of a millisecond are dropped.
func milliseconds(text string) time.Duration {
	whole, _, _ := strings.Cut(text, ".")
	value, err := strconv.ParseUint(whole, 10, 16)
	duration := time.Duration(value) * time.Millisecond
	if err != nil || duration > longestPacketTime {
		return 0
	}
	return duration
}

// parseFingerprint reads "sha-256 4A:AD:...".
func parseFingerprint(value string) (Fingerprint, bool) {
	fields := strings.Fields(value)
	if len(fields) != 2 || len(fields[1]) > 3*64 {
		return Fingerprint{}, false
	}
	for pair := range strings.SplitSeq(fields[1], ":") {
		if _, err := strconv.ParseUint(pair, 16, 8); err != nil || len(pair) != 2 {
			return Fingerprint{}, false
		}
	}
	return Fingerprint{Hash: strings.ToLower(fields[0]), Value: strings.ToUpper(fields[1])}, true
}

// inherit takes over what the session level says and the section does not.
func (s *section) inherit(defaults *section) {
	media, from := &s.media, &defaults.media
	if media.Address == "" {
		media.Address = from.Address
	}
	if !s.hasDirection {
		media.Direction = from.Direction
	}
	if media.ICEUfrag == "" && media.ICEPwd == "" {
		media.ICEUfrag, media.ICEPwd = from.ICEUfrag, from.ICEPwd
	}
	if media.ICEOptions == nil {
		media.ICEOptions = from.ICEOptions
	}
	if media.Fingerprints == nil {
		media.Fingerprints = from.Fingerprints
	}
	if media.Setup == "" {
		media.Setup = from.Setup
	}
	if media.Crypto == nil {
		media.Crypto = from.Crypto
	}
	if media.Bitrate == 0 {
		media.Bitrate = from.Bitrate
	}
	media.RTCPSenders = media.RTCPSenders.Or(from.RTCPSenders)
	media.RTCPReceivers = media.RTCPReceivers.Or(from.RTCPReceivers)
	media.Extensions = append(media.Extensions, from.Extensions...)
	media.RTCPMux = media.RTCPMux || from.RTCPMux
	media.EndOfCandidates = media.EndOfCandidates || from.EndOfCandidates
	if media.PacketTime == 0 {
		media.PacketTime = from.PacketTime
	}
	if media.MaxPacketTime == 0 {
		media.MaxPacketTime = from.MaxPacketTime
	}
}

// resolveFormats makes formats of the words of an RTP section; those without an encoding are left out, as
// are repeated ones.
func (s *section) resolveFormats() {
	if !s.media.RTP() {
		return
	}
	seen := [128]bool{}
	for _, word := range s.media.Words {
		payloadType, rest, ok := cutPayloadType(word)
		if !ok || payloadType < 0 || rest != "" || seen[payloadType] {
			continue
		}
		found, known := s.codecs[payloadType]
		if !known {
			found, known = Static(uint8(payloadType))
		}
		if !known {
			continue
		}
		seen[payloadType] = true
		s.media.Formats = append(s.media.Formats, s.format(uint8(payloadType), found))
	}
}

func (s *section) format(payloadType uint8, found transcode.Codec) Format {
	format := Format{Format: transcode.Format{
		Codec: found, PayloadType: payloadType, Parameters: s.parameters[int(payloadType)],
	}}
	format.Feedback = append(format.Feedback, s.feedback[int(payloadType)]...)
	format.Feedback = append(format.Feedback, s.feedback[-1]...)
	return format
}

// wishes reads what of a=rtcp-xr we know.
func wishes(value string) quality.Wishes {
	var wanted quality.Wishes
	for word := range strings.FieldsSeq(value) {
		name, _, _ := strings.Cut(strings.ToLower(word), "=")
		wanted.VoIPMetrics = wanted.VoIPMetrics || name == "voip-metrics"
		wanted.ReceiverTime = wanted.ReceiverTime || name == "rcvr-rtt"
	}
	return wanted
}
