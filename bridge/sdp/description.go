package sdp

import (
	"cmp"
	"strings"
	"time"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// Description reduces the session to what crosses to the other leg. Every media section keeps its
// place. Telephone-event, comfort noise and repair formats are left out: each leg settles those with its own
// party. A section with port 0, of an unknown kind or not over RTP has no formats, which means refused.
// Directions are those of Media.Flow.
func (s *Session) Description() bridge.Description {
	description := bridge.Description{Media: make([]bridge.MediaDescription, 0, len(s.Media))}
	for _, media := range s.Media {
		description.Media = append(description.Media, media.Description())
	}
	return description
}

// Description reduces the section as Session.Description does.
func (m Media) Description() bridge.MediaDescription {
	description := bridge.MediaDescription{Kind: m.Kind(), Direction: m.Flow(), PacketTime: m.wantedPacketTime()}
	if description.Kind == transcode.Video {
		description.Bitrate = m.Bitrate
		description.Orientation = m.Extension(transcode.OrientationURI) != 0
	}
	if !m.Refused() && m.RTP() && description.Kind != 0 {
		description.Formats = m.Codecs()
	}
	description.Wishes = wishesOf(description.Formats)
	return description
}

// Every codec has packets of these lengths.
const usualPacketTime, leastPacketTime = 20 * time.Millisecond, 10 * time.Millisecond

// wantedPacketTime is a=ptime, as far as a=maxptime allows it (RFC 8866 section 6.4); 0 if the party does not care.
func (m Media) wantedPacketTime() time.Duration {
	if m.MaxPacketTime < leastPacketTime || cmp.Or(m.PacketTime, usualPacketTime) <= m.MaxPacketTime {
		return m.PacketTime
	}
	return m.MaxPacketTime
}

// wishesOf gives the parameters of Opus, of which those who send it are free to take any packets.
func wishesOf(formats []transcode.Format) string {
	for _, format := range formats {
		if strings.EqualFold(format.Name, "opus") {
			return format.Parameters
		}
	}
	return ""
}
