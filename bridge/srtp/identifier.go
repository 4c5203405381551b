package srtp

import "encoding/binary"

// LongestIdentifier is how many octets one may have. Phones use one, or four.
const LongestIdentifier = 8

// Identifier is a master key identifier (MKI, RFC 3711 section 3.1), which stands before the tag of each packet. The
// zero value is none.
type Identifier struct {
	// Value is the number of the key.
	Value uint64
	// Size is how many octets it takes in packets, at most LongestIdentifier.
	Size uint8
}

// Fits tells whether the value has room in so many octets, and these are some, but not too many.
func (i Identifier) Fits() bool {
	return i.Size > 0 && i.Size <= LongestIdentifier && (i.Size == 8 || i.Value>>(8*i.Size) == 0)
}

// octets are those in packets.
func (i Identifier) octets() []byte {
	return binary.BigEndian.AppendUint64(nil, i.Value)[8-min(i.Size, LongestIdentifier):]
}
