package replay

import "slices"

// exchange is one request of a capture with the answers that it got there.
type exchange struct {
	request Message
	answers []Message
	// cancelled says that the other side gave it up before it was answered for good.
	cancelled bool
	taken     bool
}

// final is the answer that ended it, or none.
func (e *exchange) final() (Message, bool) {
	for _, answer := range e.answers {
		if answer.status() >= 200 {
			return answer, true
		}
	}
	return Message{}, false
}

// script is what each side of a capture asked and was answered, by the transaction, in order.
type script struct {
	browser, server []*exchange
}

func newScript(entries []Entry) *script {
	s := &script{}
	for _, entry := range entries {
		if !entry.SIP {
			continue
		}
		asking, answering := &s.browser, &s.server
		if entry.Kind == "received" {
			asking, answering = answering, asking
		}
		if entry.Message.request() {
			s.ask(asking, entry.Message)
			continue
		}
		if asked := findOpen(*answering, entry.Message.transaction()); asked != nil {
			asked.answers = append(asked.answers, entry.Message)
		}
	}
	return s
}

// ask adds a request, if it is one that is answered.
func (s *script) ask(asking *[]*exchange, request Message) {
	switch request.method() {
	case "ACK":
	case "CANCEL":
		for _, asked := range *asking {
			_, done := asked.final()
			if asked.request.method() == "INVITE" && asked.request.Get("Call-ID") == request.Get("Call-ID") && !done {
				asked.cancelled = true
			}
		}
		*asking = append(*asking, &exchange{request: request})
	default:
		*asking = append(*asking, &exchange{request: request})
	}
}

// findOpen gives the first exchange of a transaction that has no final answer yet: one of the servers used a branch
// again. A repeated final answer belongs to none.
func findOpen(exchanges []*exchange, transaction string) *exchange {
	for _, candidate := range exchanges {
		if _, done := candidate.final(); !done && candidate.request.transaction() == transaction {
			return candidate
		}
	}
	return nil
}

func find(exchanges []*exchange, transaction string) *exchange {
	at := slices.IndexFunc(exchanges, func(e *exchange) bool { return e.request.transaction() == transaction })
	if at < 0 {
		return nil
	}
	return exchanges[at]
}

// take gives the next exchange of a method that has not been taken, in a dialog or not; nil when none is left.
func take(exchanges []*exchange, method string, inDialog bool) *exchange {
	for _, candidate := range exchanges {
		if !candidate.taken && candidate.request.method() == method && candidate.request.inDialog() == inDialog {
			candidate.taken = true
			return candidate
		}
	}
	return nil
}
