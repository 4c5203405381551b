package bridge

// Direction says which way media flows, as the describing party sees it (RFC 8866 section 6.7).
type Direction uint8

// The four directions. The zero value is SendRecv, as an absent attribute means in SDP.
const (
	SendRecv Direction = iota
	SendOnly
	RecvOnly
	Inactive
)

// NewDirection makes a direction of what the describing party does.
func NewDirection(sends, receives bool) Direction {
	switch {
	case sends && receives:
		return SendRecv
	case sends:
		return SendOnly
	case receives:
		return RecvOnly
	default:
		return Inactive
	}
}

// Sends tells whether the describing party sends media.
func (d Direction) Sends() bool { return d == SendRecv || d == SendOnly }

// Receives tells whether the describing party receives media.
func (d Direction) Receives() bool { return d == SendRecv || d == RecvOnly }

// Mirror gives the same flow as the other party sees it: sendonly becomes recvonly.
func (d Direction) Mirror() Direction { return NewDirection(d.Receives(), d.Sends()) }

// And gives the flow on which both views, taken by the same party, agree.
func (d Direction) And(other Direction) Direction {
	return NewDirection(d.Sends() && other.Sends(), d.Receives() && other.Receives())
}

// String gives the direction as SDP writes it.
func (d Direction) String() string {
	switch d {
	case SendOnly:
		return "sendonly"
	case RecvOnly:
		return "recvonly"
	case Inactive:
		return "inactive"
	default:
		return "sendrecv"
	}
}
