package sdp

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/quality"
	"sipbridge/transcode"
)

// Media is one media section: an m= line and what belongs to it. After Parse it also holds what it inherits from
// the session level.
type Media struct {
	// Type is the word after m=, in lower case: "audio", "video", "image", "application".
	Type string
	// Port is the RTP port; 0 means refused, unless BundleOnly is set.
	Port uint16
	// Protocol is the transport protocol of the m= line, as written: "RTP/AVP", "UDP/TLS/RTP/SAVPF".
	Protocol string
	// Words are the formats of the m= line as they stood there. Marshal prints them
	// only where Formats is empty, which is how a refused section repeats the m= line of its offer.
	Words []string
	// Formats are the RTP formats whose encoding is known, in the order of the m= line, telephone-event,
	// comfort noise and repair formats included.
	Formats []Format
	// Feedback are values of a=rtcp-fb that go for all formats. Marshal prints them with "*"; Parse gives them to each
	// Format instead.
	Feedback []string

	// Address is where the media goes: an IP literal or a host name.
	Address string
	// RTCPPort and RTCPAddress are those of a=rtcp (RFC 3605); zero where not given.
	RTCPPort    uint16
	RTCPAddress string
	// RTCPMux tells that RTP and RTCP share a port (RFC 5761).
	RTCPMux bool
	// XR is what the party wants of extended reports (RFC 3611 section 5.1).
	XR quality.Wishes
	// RTCPReducedSize is a=rtcp-rsize (RFC 5506).
	RTCPReducedSize bool

	// Direction is as the describing party sees it; SendRecv where not given. It does not yet
	// reflect a hold by address: see Media.Flow.
	Direction bridge.Direction
	// PacketTime and MaxPacketTime are a=ptime and a=maxptime; 0 where not given or senseless.
	PacketTime, MaxPacketTime time.Duration

	// Bitrate is the most that the describing party takes, in bit/s: b=TIAS (RFC 3890), else b=AS (RFC 8866 section 5.8);
	// 0 where not given. The latter is printed.
	Bitrate uint64
	// RTCPSenders and RTCPReceivers are b=RS and b=RR: what RTCP of either may take (RFC 3556). They are only read.
	RTCPSenders, RTCPReceivers quality.Share
	// Extensions are the RTP header extensions (RFC 8285), at most MaxExtensions.
	Extensions []Extension

	// MID is the identification tag (RFC 5888); empty where not given.
	MID string
	// BundleOnly is a=bundle-only (RFC 9143 section 6).
	BundleOnly bool
	// MSID is the value of the first a=msid (RFC 8830).
	MSID string
	// SSRCs are the announced synchronisation sources (RFC 5576), each once.
	SSRCs []SSRC
	// SSRCGroups are what the sources are to each other: "FID 1 2" has lost packets of 1 sent again as 2 (RFC 5576
	// section 4.2). They are only printed.
	SSRCGroups []string

	// ICEUfrag and ICEPwd are the ICE credentials (RFC 8839 section 5.4).
	ICEUfrag, ICEPwd string
	// ICEOptions are the words of a=ice-options.
	ICEOptions []string
	// Candidates are the values of the a=candidate lines, at most MaxCandidates.
	Candidates []string
	// ICEMismatch is a=ice-mismatch: the offer's address was changed on the way, so there is no ICE (RFC 8839
	// section 5.3).
	ICEMismatch bool
	// EndOfCandidates is a=end-of-candidates (RFC 8840).
	EndOfCandidates bool
	// Fingerprints are those of the DTLS certificate (RFC 8122); ill-formed ones are left out.
	Fingerprints []Fingerprint
	// Setup is the DTLS role: "actpass", "active", "passive" or "holdconn" (RFC 4145).
	Setup string
	// Crypto are the a=crypto lines that can be used (RFC 4568), at most MaxCrypto; others are left out.
	Crypto []Crypto
}

// Extension is an RTP header extension (RFC 8285 section 5).
type Extension struct {
	// ID is its number in packets, 1 to 14: longer headers are not read.
	ID uint8
	// URI says what it means.
	URI string
}

// Extension gives the number of a header extension; 0 if the section does not have it.
func (m Media) Extension(uri string) uint8 {
	for _, extension := range m.Extensions {
		if extension.URI == uri {
			return extension.ID
		}
	}
	return 0
}

// Fingerprint is a certificate fingerprint.
type Fingerprint struct {
	// Hash is the name of the hash function, in lower case: "sha-256".
	Hash string
	// Value is the digest in upper-case hexadecimal pairs joined by colons.
	Value string
}

// SSRC is a synchronisation source named in a description.
type SSRC struct {
	ID uint32
	// CName is its canonical name; empty where not given.
	CName string
}

// Kind gives the kind of the section; 0 for kinds that the bridge does not carry.
func (m Media) Kind() transcode.Kind {
	switch m.Type {
	case "audio":
		return transcode.Audio
	case "video":
		return transcode.Video
	default:
		return 0
	}
}

// RTP tells whether the section carries RTP, over whatever transport.
func (m Media) RTP() bool { return strings.Contains(strings.ToUpper(m.Protocol), "RTP/") }

// Encrypted tells whether the section is of SRTP: RTP/SAVP, RTP/SAVPF and their DTLS forms.
func (m Media) Encrypted() bool { return strings.Contains(strings.ToUpper(m.Protocol), "RTP/SAVP") }

// Refused tells whether the section is switched off (RFC 3264 section 6).
func (m Media) Refused() bool { return m.Port == 0 && !m.BundleOnly }

// ICE tells whether the section has ICE credentials.
func (m Media) ICE() bool { return m.ICEUfrag != "" && m.ICEPwd != "" }

// Flow is the direction that really holds. A party without ICE whose address is 0.0.0.0 or :: cannot
// receive (hold as in RFC 2543, kept by RFC 3264 section 8.4), so sendrecv becomes sendonly and recvonly
// becomes inactive. With ICE that address only means that the candidates tell more.
func (m Media) Flow() bridge.Direction {
	address, err := netip.ParseAddr(m.Address)
	if err == nil && address.IsUnspecified() && !m.ICE() {
		return m.Direction.And(bridge.SendOnly)
	}
	return m.Direction
}

// RTPAddress is where RTP for the describing party goes. It reports false if there is no usable IP
// literal; host names are not looked up.
func (m Media) RTPAddress() (netip.AddrPort, bool) { return addrPort(m.Address, m.Port) }

// RTCPAddrPort is where RTCP for the describing party goes without multiplexing: what a=rtcp says, else
// the port after the RTP port (RFC 3550 section 11).
func (m Media) RTCPAddrPort() (netip.AddrPort, bool) {
	address, port := m.Address, m.Port+1
	if m.RTCPPort != 0 {
		port = m.RTCPPort
	}
	if m.RTCPAddress != "" {
		address = m.RTCPAddress
	}
	return addrPort(address, port)
}

func addrPort(address string, port uint16) (netip.AddrPort, bool) {
	parsed, err := netip.ParseAddr(address)
	if err != nil || parsed.Zone() != "" || port == 0 {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(parsed.Unmap(), port), true
}

// Codecs gives the formats that are audio or video proper: without telephone-event, comfort noise and repair formats.
func (m Media) Codecs() []transcode.Format {
	return m.pick(func(role Role) bool { return role == RoleCodec })
}

// TelephoneEvents gives the telephone-event formats (RFC 4733).
func (m Media) TelephoneEvents() []transcode.Format {
	return m.pick(func(role Role) bool { return role == RoleTelephoneEvent })
}

// ComfortNoise gives the comfort-noise formats (RFC 3389).
func (m Media) ComfortNoise() []transcode.Format {
	return m.pick(func(role Role) bool { return role == RoleComfortNoise })
}

// Retransmissions gives the formats under which packets are sent again (RFC 4588).
func (m Media) Retransmissions() []transcode.Format {
	repairs := m.pick(func(role Role) bool { return role == RoleRepair })
	return slices.DeleteFunc(repairs, func(format transcode.Format) bool {
		_, ok := Repairs(format)
		return !ok
	})
}

// Format gives the format of a payload type; an empty one if there is none.
func (m Media) Format(payloadType uint8) Format {
	for _, format := range m.Formats {
		if format.PayloadType == payloadType {
			return format
		}
	}
	return Format{}
}

// Redundancy gives the formats that repeat others (RFC 2198).
func (m Media) Redundancy() []transcode.Format {
	return m.pick(func(role Role) bool { return role == RoleRedundancy })
}

func (m Media) pick(wanted func(Role) bool) []transcode.Format {
	var picked []transcode.Format
	for _, format := range m.Formats {
		if wanted(RoleOf(format.Codec)) {
			picked = append(picked, format.Format)
		}
	}
	return picked
}

// Refuse gives the section that refuses this one in an answer: same m= line and MID, port 0.
func (m Media) Refuse() Media {
	return Media{Type: m.Type, Protocol: m.Protocol, Words: m.Words, MID: m.MID, Direction: bridge.Inactive}
}
