package sipp

import (
	"fmt"
	"strings"
)

// Reply is a response that the ready steps do not have.
type Reply struct {
	Code   int
	Reason string
	// Contact is its URI, if it is not where sipp listens.
	Contact string
	// Headers are whole lines that it has beside the usual ones.
	Headers []string
	// SDP is its body; none if it is empty.
	SDP string
	// Fork is added to the To tag, as if another branch of a forking proxy answered.
	Fork string
	// Last answers the newest request, not the INVITE that sipp was called by.
	Last bool
	// Repeated lets sipp repeat it until something comes, as a 200 to an INVITE.
	Repeated bool
}

// Step sends it.
func (r Reply) Step() Step {
	head := inviteResponse
	if r.Last {
		head = lastResponse
	}
	head = strings.ReplaceAll(head, "[call_number]", "[call_number]"+r.Fork)
	if r.Contact != "" {
		head = strings.ReplaceAll(head, ownContact, r.Contact)
	}
	var attributes []string
	if r.Repeated {
		attributes = append(attributes, `retrans="500"`)
	}
	return send(fmt.Sprintf("SIP/2.0 %d %s", r.Code, r.Reason)+head+ending(r.SDP, r.Headers), attributes...)
}

// ending closes a message.
func ending(sdp string, headers []string) string {
	var text strings.Builder
	for _, header := range headers {
		text.WriteString("\n      " + header)
	}
	if sdp == "" {
		return text.String() + noBody
	}
	return text.String() + fmt.Sprintf(withSDP, sdp)
}

// SDP describes the media, for steps that take a body.
func (m Media) SDP(version int, direction string) string { return m.sdp(version, direction) }

// Await awaits a request.
func Await(method string) Step { return recv(fmt.Sprintf("request=%q", method), "") }

// AwaitWithin awaits a request, and fails the script if it takes longer.
func AwaitWithin(method string, milliseconds int) Step {
	return Step(fmt.Sprintf("  <recv request=%q timeout=\"%d\"/>\n", method, milliseconds))
}

// AwaitAgain awaits the INVITE once more, with other credentials: from now on that is the one that is answered.
func AwaitAgain() Step { return recv(`request="INVITE" rrs="true"`, keepInvite) }

// AwaitCode awaits a response, over a 100.
func AwaitCode(code int) Step {
	return recv(`response="100" optional="true"`, "") + recv(fmt.Sprintf(`response="%d"`, code), "")
}

// AwaitPrack awaits the PRACK of a reliable response, and answers it.
func AwaitPrack() Step {
	return Await("PRACK") + Reply{Code: 200, Reason: "OK", Last: true}.Step()
}

// Request sends a request in a call that sipp was called in.
func Request(method string, number int, sdp string, headers ...string) Step {
	return send(request(method, number, calledFrom, calledTo, ending(sdp, headers)), retransmission(method))
}

// CallerRequest sends a request in a call that sipp placed.
func CallerRequest(method string, number int, sdp string, headers ...string) Step {
	return send(request(method, number, callerFrom, callerTo, ending(sdp, headers)), retransmission(method))
}

func retransmission(method string) string {
	if method == "ACK" {
		return ""
	}
	return `retrans="500"`
}

// CallWith sends the first INVITE with another body, or none, and with more headers.
func CallWith(uri, sdp string, headers ...string) Step {
	return send(fmt.Sprintf(`INVITE %s SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      Max-Forwards: 70
      From: %s
      To: <%s>
      Call-ID: [call_id]
      CSeq: 1 INVITE
      Contact: <sip:phone@[local_ip]:[local_port];transport=[transport]>
      Allow: INVITE, ACK, CANCEL, BYE, INFO, OPTIONS, PRACK, UPDATE`, uri, callerFrom, uri)+ending(sdp, headers),
		`retrans="500"`) + recv(`response="100" optional="true"`, "")
}

// AwaitReliable awaits a reliable provisional response and acknowledges it, in a call that sipp placed.
func AwaitReliable(code, number int, sdp string) Step {
	return recv(fmt.Sprintf(`response="%d" rrs="true"`, code), `<action>
      <ereg regexp=".*" search_in="hdr" header="To:" assign_to="peer"/>
      <ereg regexp="[0-9]+" search_in="hdr" header="RSeq:" assign_to="rseq"/>
    </action>`) + CallerRequest("PRACK", number, sdp, "RAck: [$rseq] 1 INVITE") + recv(`response="200"`, "")
}

// AwaitFinal awaits the 200 to the INVITE and acknowledges it, with the answer if the 200 made the offer.
func AwaitFinal(sdp string) Step {
	return recv(`response="180" optional="true"`, "") + recv(`response="183" optional="true"`, "") +
		recv(`response="200" rrs="true"`, keepPeer) + CallerRequest("ACK", 1, sdp)
}

// KeepInvite awaits a re-INVITE that a Reply answers later, when other messages have come.
func KeepInvite() Step {
	return recv(`request="INVITE"`, `<action>
      <ereg regexp=".*" search_in="hdr" header="Via:" assign_to="via"/>
      <ereg regexp=".*" search_in="hdr" header="CSeq:" assign_to="cseq"/>
    </action>`)
}

const ownVia = "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]"

// AwaitRefusal awaits the failure of a re-INVITE, and ACKs it as part of its transaction. It is for a call that sipp
// was called in.
func AwaitRefusal(code, number int) Step {
	ack := request("ACK", number, calledFrom, calledTo, ending("", nil))
	return AwaitCode(code) + send(strings.Replace(ack, ownVia, "[last_Via:]", 1))
}

// AwaitCallerRefusal does that in a call that sipp placed.
func AwaitCallerRefusal(code, number int) Step {
	ack := request("ACK", number, callerFrom, callerTo, ending("", nil))
	return AwaitCode(code) + send(strings.Replace(ack, ownVia, "[last_Via:]", 1))
}
