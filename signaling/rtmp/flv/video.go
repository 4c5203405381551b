package flv

import (
	"encoding/binary"
	"errors"
)

// ErrFormat is the error of bytes that are no video tag, or no such content.
var ErrFormat = errors.New("flv: not in the format of a video tag")

// Codecs of video tags.
const (
	Sorenson = 2
	AVC      = 7
)

// Kind is what a tag of H.264 has in it.
type Kind uint8

// The kinds, as AVCPacketType says them.
const (
	IsConfiguration Kind = 0
	IsPicture       Kind = 1
	IsEnd           Kind = 2
)

const (
	keyFrame   = 1
	interFrame = 2
	// headerSize is that of a tag of H.264.
	headerSize = 5
)

// Video is a video tag.
type Video struct {
	// Codec is AVC or another number of the specification.
	Codec uint8
	// Key tells that decoding can begin here.
	Key bool
	// Kind of a tag of AVC.
	Kind Kind
	// Composition is by how many milliseconds a picture of AVC is shown later than the tag's time.
	Composition int32
	// Body of a tag of AVC is a configuration record or a picture; of others all behind the first byte.
	Body []byte
}

// ParseVideo reads a tag. Its body is part of it.
func ParseVideo(tag []byte) (Video, error) {
	if len(tag) == 0 || tag[0]&0x80 != 0 { // the highest bit is another format (Enhanced RTMP)
		return Video{}, ErrFormat
	}
	video := Video{Codec: tag[0] & 0x0f, Key: tag[0]>>4 == keyFrame, Body: tag[1:]}
	if video.Codec != AVC {
		return video, nil
	}
	if len(tag) < headerSize || Kind(tag[1]) > IsEnd {
		return Video{}, ErrFormat
	}
	video.Kind, video.Body = Kind(tag[1]), tag[headerSize:]
	const sign = 8 // of 24 bits
	video.Composition = int32(uint32(tag[2])<<24|uint32(tag[3])<<16|uint32(tag[4])<<8) >> sign
	return video, nil
}

// AppendConfiguration appends the tag of a configuration.
func AppendConfiguration(tag []byte, configuration Configuration) []byte {
	return configuration.append(append(tag, keyFrame<<4|AVC, byte(IsConfiguration), 0, 0, 0))
}

// AppendPicture appends the tag of a picture whose units have lengths of four bytes before them, and which is shown by
// composition, in milliseconds, later than the tag's time.
func AppendPicture(tag []byte, key bool, composition int32, units [][]byte) []byte {
	frame := byte(interFrame)
	if key {
		frame = keyFrame
	}
	tag = append(tag, frame<<4|AVC, byte(IsPicture), byte(composition>>16), byte(composition>>8), byte(composition))
	for _, unit := range units {
		tag = binary.BigEndian.AppendUint32(tag, uint32(len(unit)))
		tag = append(tag, unit...)
	}
	return tag
}
