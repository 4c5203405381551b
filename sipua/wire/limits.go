package wire

// Limits bound what Parse will look at. A zero field is not a limit of none but of zero: start from
// StreamLimits or WebSocketLimits.
type Limits struct {
	// Message is the size of a whole message in bytes.
	Message int
	// RequestURI is the length of the Request-URI in bytes; a longer one is answered 414.
	RequestURI int
	// Headers is how many header values there may be; a list on one line counts each of its values.
	Headers int
	// Line is the length of a header line in bytes, once unfolded.
	Line int
	// Params is how many parameters one header value or URI may carry.
	Params int
	// Vias is how many Via values there may be.
	Vias int
}

// StreamLimits are the defaults for UDP, TCP and TLS: 16 KB a message. RFC 4475 section 3.1.1.7 has a valid
// request with 34 Via, hence 40.
func StreamLimits() Limits {
	return Limits{Message: 16 << 10, RequestURI: 512, Headers: 128, Line: 8 << 10, Params: 64, Vias: 40}
}

// WebSocketLimits are the defaults for WebSocket: 32 KB a message, for browsers' SDP is large.
func WebSocketLimits() Limits {
	limits := StreamLimits()
	limits.Message = 32 << 10
	return limits
}
