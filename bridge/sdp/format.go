package sdp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sipbridge/transcode"
)

// Format is an RTP format of a media section.
type Format struct {
	transcode.Format
	// Feedback are the values of its a=rtcp-fb lines (RFC 4585), without the payload type.
	Feedback []string
}

// Role says what a format is for.
type Role uint8

// The roles of a format.
const (
	// RoleCodec is audio or video proper.
	RoleCodec Role = iota
	// RoleTelephoneEvent is RFC 4733.
	RoleTelephoneEvent
	// RoleComfortNoise is RFC 3389.
	RoleComfortNoise
	// RoleRedundancy is RFC 2198.
	RoleRedundancy
	// RoleRepair is correction and retransmission: ulpfec, flexfec, rtx.
	RoleRepair
)

// RoleOf tells what a codec is for, by its name.
func RoleOf(codec transcode.Codec) Role {
	switch strings.ToLower(codec.Name) {
	case "telephone-event":
		return RoleTelephoneEvent
	case "cn":
		return RoleComfortNoise
	case "red":
		return RoleRedundancy
	case "ulpfec", "flexfec", "flexfec-03", "rtx", "parityfec", "1d-interleaved-parityfec":
		return RoleRepair
	default:
		return RoleCodec
	}
}

// Static gives the codec of a static payload type (RFC 3551 tables 4 and 5), which needs no rtpmap.
func Static(payloadType uint8) (transcode.Codec, bool) {
	if codec, ok := staticAudio(payloadType); ok {
		return codec, true
	}
	return staticVideo(payloadType)
}

//nolint:cyclop // a table of the RFC, one line each
func staticAudio(payloadType uint8) (transcode.Codec, bool) {
	switch payloadType {
	case 0:
		return codec("PCMU", 8000)
	case 3:
		return codec("GSM", 8000)
	case 4:
		return codec("G723", 8000)
	case 5:
		return codec("DVI4", 8000)
	case 6:
		return codec("DVI4", 16000)
	case 7:
		return codec("LPC", 8000)
	case 8:
		return codec("PCMA", 8000)
	case 9:
		return codec("G722", 8000)
	case 10:
		return transcode.Codec{Name: "L16", ClockRate: 44100, Channels: 2}, true
	case 11:
		return codec("L16", 44100)
	case 12:
		return codec("QCELP", 8000)
	case 13:
		return codec("CN", 8000)
	case 14:
		return codec("MPA", 90000)
	case 15:
		return codec("G728", 8000)
	case 16:
		return codec("DVI4", 11025)
	case 17:
		return codec("DVI4", 22050)
	case 18:
		return codec("G729", 8000)
	default:
		return transcode.Codec{}, false
	}
}

func staticVideo(payloadType uint8) (transcode.Codec, bool) {
	switch payloadType {
	case 25:
		return codec("CelB", 90000)
	case 26:
		return codec("JPEG", 90000)
	case 28:
		return codec("nv", 90000)
	case 31:
		return codec("H261", 90000)
	case 32:
		return codec("MPV", 90000)
	case 33:
		return codec("MP2T", 90000)
	case 34:
		return codec("H263", 90000)
	default:
		return transcode.Codec{}, false
	}
}

func codec(name string, clockRate uint32) (transcode.Codec, bool) {
	return transcode.Codec{Name: name, ClockRate: clockRate}, true
}

// PictureFeedback is what we say of RTCP feedback on pictures (RFC 4585, RFC 5104): requests for full ones are passed
// on, and lost packets are sent again.
func PictureFeedback() []string { return []string{"nack", "nack pli", "ccm fir"} }

// Takes tells whether a kind of RTCP feedback is among those of the format.
func (f Format) Takes(feedback string) bool {
	return slices.ContainsFunc(f.Feedback, func(value string) bool {
		return strings.EqualFold(strings.Join(strings.Fields(value), " "), feedback)
	})
}

// Shared gives those of our kinds of feedback that the format has, too: only they may be answered (RFC 4585 section
// 4.2).
func (f Format) Shared(ours []string) []string {
	var shared []string
	for _, feedback := range ours {
		if f.Takes(feedback) {
			shared = append(shared, feedback)
		}
	}
	return shared
}

// Repairs gives the payload type whose packets are sent again under this format (RFC 4588 section 8.1), and reports
// false if it is not for that.
func Repairs(format transcode.Format) (payloadType uint8, ok bool) {
	if !strings.EqualFold(format.Name, "rtx") {
		return 0, false
	}
	for field := range strings.SplitSeq(format.Parameters, ";") {
		name, value, _ := strings.Cut(field, "=")
		if strings.EqualFold(strings.TrimSpace(name), "apt") {
			number, err := strconv.ParseUint(strings.TrimSpace(value), 10, 7)
			return uint8(number), err == nil
		}
	}
	return 0, false
}

// Retransmission is the format under which packets of another one are sent again.
func Retransmission(of transcode.Format, payloadType uint8) transcode.Format {
	return transcode.Format{
		Codec:       transcode.Codec{Name: "rtx", ClockRate: of.ClockRate},
		PayloadType: payloadType, Parameters: fmt.Sprintf("apt=%d", of.PayloadType),
	}
}
