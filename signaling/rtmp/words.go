package rtmp

import "sipbridge/bridge"

// words is the vocabulary that a client and we speak about its calls. All methods but command want conn.mu to be held.
type words interface {
	// command does what the client asks for, and answers it.
	command(asked command)
	// plays tells how a stream begins that the client plays.
	plays(asked command, name string)
	// admits tells whether one more call may ring at the client.
	admits() bool
	// called tells of a call that rings at the client, rings that the client's own call rings, with sound or without.
	called(l *leg)
	rings(l *leg, early bool)
	// answered tells that the client's own call was accepted.
	answered(l *leg, answer bridge.Description)
	// heardInstead makes a call the one that is heard, because the one that it was in a conference with is over.
	heardInstead(l *leg)
	// introduced tells who the other party is now.
	introduced(l *leg, other bridge.Party)
	// held tells whether the other party holds.
	held(l *leg, held bool)
	// ended tells that a call is over, and not by the client.
	ended(l *leg, cause bridge.Cause)
	// wrote tells what the other party of a call, or somebody outside of calls, writes. It reports false if the client may
	// not know how it is told.
	wrote(l *leg, text string) bool
	paged(from bridge.Party, text string) bool
}

// siprtmp is the vocabulary of siprtmp.
type siprtmp struct{ conn *conn }

// command answers each command at once, also one that is not known or fails, as siprtmp did; what really becomes of
// a call is told by callbacks. Only the fate of a text is an answer, for a client that wants to hear of it.
func (s siprtmp) command(asked command) {
	if !s.answersLater(asked) {
		s.conn.answer(asked)
	}
	s.conn.callCommand(asked)
}

func (s siprtmp) answersLater(asked command) bool {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return s.conn.outcomes && (asked.name == "sendMessage" || asked.name == "sendPagingMessage")
}

func (s siprtmp) plays(asked command, name string) {
	s.conn.status(asked, "status", "NetStream.Play.Start", name)
}

func (s siprtmp) admits() bool { return s.conn.pending == nil }

func (s siprtmp) called(l *leg) {
	s.conn.pending = l
	s.conn.callback("invited", shown(l.from), shown(l.to))
}

func (s siprtmp) rings(_ *leg, early bool) {
	if early {
		s.conn.callback("ringing", "183 Session Progress")
		return
	}
	s.conn.callback("ringing", "180 Ringing")
}

func (s siprtmp) answered(l *leg, answer bridge.Description) {
	s.conn.callback("accepted", l.wish.acceptedWords(answer)...)
}

// heardInstead has no use: there are no conferences.
func (s siprtmp) heardInstead(*leg) {}

// introduced has no word: some clients close when they hear of what they don't know.
func (s siprtmp) introduced(*leg, bridge.Party) {}

func (s siprtmp) held(_ *leg, held bool) { s.conn.callback("holded", held) }

func (s siprtmp) ended(l *leg, cause bridge.Cause) {
	switch {
	case l.state == stateAnswered:
		s.conn.callback("byed")
	case l.caller:
		s.conn.callback("rejected", reasonText(cause))
	default:
		s.conn.callback("cancelled", shown(l.from), shown(l.to))
	}
}

func (s siprtmp) wrote(_ *leg, text string) bool {
	if s.conn.texts {
		s.conn.callback("receivedMessage", text)
	}
	return s.conn.texts
}

func (s siprtmp) paged(from bridge.Party, text string) bool {
	if s.conn.texts {
		s.conn.callback("receivedPagingMessage", shown(from), text)
	}
	return s.conn.texts
}
