package transcode

// Kind is the kind of a media stream: the word after "m=" in SDP (RFC 8866 section 5.14).
type Kind uint8

// The kinds of media that cross the bridge.
const (
	Audio Kind = iota + 1
	Video
)

// Kinds are all of them.
func Kinds() [2]Kind { return [2]Kind{Audio, Video} }

// String gives the kind as SDP writes it.
func (k Kind) String() string {
	switch k {
	case Audio:
		return "audio"
	case Video:
		return "video"
	default:
		return "unknown"
	}
}
