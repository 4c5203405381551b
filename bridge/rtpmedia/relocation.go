package rtpmedia

import "sipbridge/transcode"

// relocation is a move that is under way: our ports are open at both places, and only the old ones are read. It belongs
// to the leg's goroutine. Nil is one that goes nowhere.
type relocation struct {
	session *Session
	before  Place
	// old are the ports that we leave, by kind; nil where none were open. opens are what has those be read that took
	// their place.
	old   [kinds]*sockets
	opens []func()
}

// settle leaves the old ports. What still comes to them is lost.
func (r *relocation) settle() {
	if r == nil {
		return
	}
	for kind, old := range r.old {
		if old != nil {
			r.session.streams[kind].forgetPaths()
			r.leave(old, true)
		}
	}
	for _, open := range r.opens { // nothing of the old ones is read any more
		open()
	}
}

// undo goes back to the old ports, and closes what was opened meanwhile.
func (r *relocation) undo() {
	if r == nil {
		return
	}
	s := r.session
	s.options.Bind, s.options.Advertise = r.before.Bind, r.before.Advertise
	for _, kind := range transcode.Kinds() {
		stream, old := s.streams[kind], r.old[kind]
		fresh := stream.pair.Swap(old)
		stream.opened = old != nil
		if fresh != old {
			r.leave(fresh, false)
		}
	}
}

// leave closes a pair of ports; rest tells that packets may still come to them. That a socket could not be closed is
// nothing that the call would suffer from.
func (r *relocation) leave(pair *sockets, rest bool) {
	options := r.session.options
	if err := pair.close(); err != nil {
		options.Logger.Warn("ports not closed", "error", err)
	}
	options.Ports.giveBack(pair.port, rest)
}
