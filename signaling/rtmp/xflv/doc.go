// Package xflv puts RTMP messages into RTP packets, as siprtmp does between two Flash clients: the private format
// x-flv/90000.
//
// A message stands behind twelve bytes of its own: type, size and time in milliseconds, four bytes each. All of that is
// cut into pieces of at most 1000 bytes. A payload is the letters RTMP, the number of the message (four bytes), the
// number of the piece (two), in the first piece the length of all pieces together (two), and then the piece.
// That length is signed, which bounds a message.
package xflv

import "sipbridge/signaling/rtmp/chunk"

const (
	magic       = "RTMP"
	pieceHeader = len(magic) + 4 + 2
	totalSize   = 2
	messageHead = 12
	maxPiece    = 1000
	maxTotal    = 1<<15 - 1
)

// MaxMessage is the longest payload of a message that has a form, in bytes.
const MaxMessage = maxTotal - messageHead

// carries tells the types of messages that may come this way: what is heard and seen. siprtmp passes data, too; but a
// client that has no method for it may close, and nobody but the client's own server should have that in his hand.
func carries(messageType uint32) bool {
	return messageType == uint32(chunk.Audio) || messageType == uint32(chunk.Video)
}
