package sdp

// Session is one session description.
type Session struct {
	// Origin is the o= line.
	Origin Origin
	// Address is the address of the session-level c= line: an IP literal or a host name, without a TTL.
	// Marshal prints it; each Media has its own effective address beside.
	Address string
	// ICELite tells that the describing party is an ICE-lite agent (RFC 8839 section 5.3).
	ICELite bool
	// Bundle holds the MIDs of the first BUNDLE group (RFC 9143); nil where there is none.
	Bundle []string
	// Media has one entry per m= line, in order.
	Media []Media
}

// Origin is the o= line (RFC 8866 section 5.2). Numbers that do not fit are read as 0.
type Origin struct {
	// Username is "-" where there is none; empty is printed as "-".
	Username string
	// SessionID stays the same for the life of a session.
	SessionID uint64
	// Version rises by one with each changed description of the session (RFC 3264 section 8).
	Version uint64
	// Address is the address of the machine that made the description.
	Address string
}
