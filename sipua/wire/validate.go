package wire

import "github.com/emiago/sipgo/sip"

// validate checks what needs the whole head: the headers that every message has (RFC 3261 section 8.1.1),
// and that CSeq names the request's method.
func (p *parser) validate() {
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		if len(p.message.GetHeaders(name)) == 0 {
			p.fail(sip.StatusBadRequest, "Missing "+name)
		}
	}
	if cseq := p.cseq(); cseq != nil && p.request != nil && cseq.MethodName != p.request.Method {
		p.fail(sip.StatusBadRequest, "CSeq Method Mismatch")
	}
}

// cseq gives the typed header only; sipgo's accessor would try to read a malformed one again.
func (p *parser) cseq() *sip.CSeqHeader {
	for _, header := range p.message.GetHeaders("CSeq") {
		if cseq, ok := header.(*sip.CSeqHeader); ok {
			return cseq
		}
	}
	return nil
}
