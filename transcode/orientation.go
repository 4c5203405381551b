package transcode

import "github.com/pion/rtp"

// OrientationURI names the RTP header extension that says how a picture is to be turned (3GPP TS 26.114 section 7.4.5).
const OrientationURI = "urn:3gpp:video-orientation"

// orientationID is the number of that extension between the legs; each has another one with its party.
const orientationID = 1

// TakeOrientation leaves of the header extensions of a party's packet only the orientation, whose number with the party
// is id; 0 leaves none.
func TakeOrientation(header *rtp.Header, id uint8) {
	value := header.GetExtension(id)
	known := header.Extension && id != 0 && len(value) == 1
	header.Extension, header.ExtensionProfile, header.Extensions = false, 0, header.Extensions[:0]
	if known {
		_ = header.SetExtension(orientationID, value) // its number and size are right
	}
}

// GiveOrientation gives the orientation of a packet between the legs the number that it has with a party; 0 takes it
// away.
func GiveOrientation(header *rtp.Header, id uint8) {
	if !header.Extension {
		return
	}
	value := header.GetExtension(orientationID)
	header.Extension, header.ExtensionProfile, header.Extensions = false, 0, nil // the source's are not ours to change
	if id != 0 && len(value) == 1 {
		_ = header.SetExtension(id, value)
	}
}
