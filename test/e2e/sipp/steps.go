package sipp

import (
	"fmt"
	"strings"
	"time"
)

// Step is one thing that sipp does or awaits, as the XML of its scenario.
type Step string

// The headers of a response of ours; the INVITE's own are kept in variables, because sipp's last_* keywords
// mean the newest message, which may be a CANCEL.
const (
	ownContact = "sip:phone@[local_ip]:[local_port];transport=[transport]"

	inviteResponse = `
      Via: [$via]
      [last_Record-Route:]
      From: [$from]
      To: [$to];tag=[pid]sipp[call_number]
      [last_Call-ID:]
      CSeq: [$cseq]
      Contact: <` + ownContact + `>`

	lastResponse = `
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Contact: <` + ownContact + `>`

	noBody = `
      Content-Length: 0

`
	withSDP = `
      Content-Type: application/sdp
      Content-Length: [len]

%s`
)

func send(text string, attributes ...string) Step {
	return Step(fmt.Sprintf("  <send %s><![CDATA[\n      %s]]></send>\n", strings.Join(attributes, " "), text))
}

func recv(attributes, actions string) Step {
	return Step(fmt.Sprintf("  <recv %s timeout=\"60000\">%s</recv>\n", attributes, actions))
}

// keepInvite stores what later responses and requests of the dialog need.
const keepInvite = `<action>
      <ereg regexp=".*" search_in="hdr" header="Via:" assign_to="via"/>
      <ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/>
      <ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/>
      <ereg regexp=".*" search_in="hdr" header="CSeq:" assign_to="cseq"/>
    </action>`

// Pause waits.
func Pause(length time.Duration) Step {
	return Step(fmt.Sprintf("  <pause milliseconds=\"%d\"/>\n", length.Milliseconds()))
}

// Ring sends 180 without SDP.
func Ring() Step { return send("SIP/2.0 180 Ringing" + inviteResponse + noBody) }

// Early sends 183 with the SDP that Answer will repeat.
func Early(media Media) Step {
	return send("SIP/2.0 183 Session Progress" + inviteResponse + fmt.Sprintf(withSDP, media.sdp(1, "sendrecv")))
}

// Answer sends 200 with SDP and awaits the ACK.
func Answer(media Media) Step {
	return send("SIP/2.0 200 OK"+inviteResponse+fmt.Sprintf(withSDP, media.sdp(1, "sendrecv")), `retrans="500"`) +
		recv(`request="ACK"`, "")
}

// AnswerReferring is Answer by a phone that says that it takes REFER.
func AnswerReferring(media Media) Step {
	allow := "\n      Allow: INVITE, ACK, CANCEL, BYE, REFER, NOTIFY"
	return send("SIP/2.0 200 OK"+inviteResponse+allow+fmt.Sprintf(withSDP, media.sdp(1, "sendrecv")), `retrans="500"`) +
		recv(`request="ACK"`, "")
}

// AwaitRefer awaits a REFER and answers it.
func AwaitRefer(status int, reason string) Step {
	return recv(`request="REFER"`, "") + send(fmt.Sprintf("SIP/2.0 %d %s", status, reason)+lastResponse+noBody)
}

// Notify tells, in a call that sipp was called in, how far it is with what it was asked by REFER.
func Notify(number int, state, fragment string) Step {
	rest := fmt.Sprintf(`
      Event: refer
      Subscription-State: %s
      Content-Type: message/sipfrag;version=2.0
      Content-Length: [len]

      %s
`, state, fragment)
	return send(request("NOTIFY", number, calledFrom, calledTo, rest), `retrans="500"`) + recv(`response="200"`, "")
}

// Reject sends a final failure and awaits the ACK.
func Reject(code int, reason string) Step {
	return send(fmt.Sprintf("SIP/2.0 %d %s", code, reason)+inviteResponse+noBody, `retrans="500"`) +
		recv(`request="ACK"`, "")
}

// AwaitCancel awaits a CANCEL, answers it, and ends the INVITE with 487.
func AwaitCancel() Step {
	return recv(`request="CANCEL"`, "") + send("SIP/2.0 200 OK"+lastResponse+noBody) +
		Reject(487, "Request Terminated")
}

// AnswerDespiteCancel is the race of RFC 3261, 9.1: the 200 to the INVITE crosses the CANCEL. The caller must ACK
// and then hang up.
func AnswerDespiteCancel(media Media) Step {
	return recv(`request="CANCEL"`, "") + send("SIP/2.0 200 OK"+lastResponse+noBody) + Answer(media) + AwaitBye()
}

// AwaitBye awaits the BYE and answers it.
func AwaitBye() Step {
	return recv(`request="BYE"`, "") + send("SIP/2.0 200 OK"+lastResponse+noBody)
}

// AwaitInfo awaits an INFO and answers it; its body is in the messages.
func AwaitInfo() Step {
	return recv(`request="INFO"`, "") + send("SIP/2.0 200 OK"+lastResponse+noBody)
}

// AwaitReinvite awaits a re-INVITE and answers it with this direction.
func AwaitReinvite(media Media, version int, direction string) Step {
	return recv(`request="INVITE"`, "") +
		send("SIP/2.0 200 OK"+lastResponse+fmt.Sprintf(withSDP, media.sdp(version, direction)), `retrans="500"`) +
		recv(`request="ACK"`, "")
}

// request makes a request of an answered dialog.
func request(method string, number int, from, to, rest string) string {
	return fmt.Sprintf(`%[1]s [next_url] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      Max-Forwards: 70
      [routes]
      From: %[3]s
      To: %[4]s
      [last_Call-ID:]
      CSeq: %[2]d %[1]s
      Contact: <sip:phone@[local_ip]:[local_port];transport=[transport]>%[5]s`, method, number, from, to, rest)
}

// In a dialog that sipp was called in, and in one that it began, the parties are told differently.
const (
	calledFrom = "[$to];tag=[pid]sipp[call_number]"
	calledTo   = "[$from]"
	callerFrom = "<sip:phone@phones.example>;tag=[pid]sipp[call_number]"
	callerTo   = "[$peer]"
)

// Bye hangs up a call that sipp was called in.
func Bye(number int) Step { return bye(number, calledFrom, calledTo) }

// CallerBye hangs up a call that sipp placed.
func CallerBye(number int) Step { return bye(number, callerFrom, callerTo) }

func bye(number int, from, to string) Step {
	return send(request("BYE", number, from, to, noBody), `retrans="500"`) + recv(`response="200"`, "")
}

// Reinvite offers the direction again in a call that sipp was called in, and ACKs the answer.
func Reinvite(media Media, number int, direction string) Step {
	sdp := fmt.Sprintf(withSDP, media.sdp(number, direction))
	return send(request("INVITE", number, calledFrom, calledTo, sdp), `retrans="500"`) +
		recv(`response="100" optional="true"`, "") + recv(`response="200"`, "") +
		send(request("ACK", number, calledFrom, calledTo, noBody))
}

// Info sends a key by INFO in a call that sipp was called in; relay chooses application/dtmf-relay.
func Info(number int, digit byte, relay bool) Step {
	kind, body := "application/dtmf", string(digit)
	if relay {
		kind, body = "application/dtmf-relay", fmt.Sprintf("Signal=%c\n      Duration=160\n", digit)
	}
	rest := fmt.Sprintf("\n      Content-Type: %s\n      Content-Length: [len]\n\n      %s", kind, body)
	return send(request("INFO", number, calledFrom, calledTo, rest), `retrans="500"`) + recv(`response="200"`, "")
}

// AskKeyframe asks for a full picture by INFO (RFC 5168) in a call that sipp was called in.
func AskKeyframe(number int) Step {
	rest := "\n      Content-Type: application/media_control+xml\n      Content-Length: [len]\n\n      " +
		`<media_control><vc_primitive><to_encoder><picture_fast_update/></to_encoder></vc_primitive></media_control>`
	return send(request("INFO", number, calledFrom, calledTo, rest), `retrans="500"`) + recv(`response="200"`, "")
}

// Refer asks, in a call that sipp was called in, to connect the other party to a target, and awaits this status.
// Extra are header lines.
func Refer(number, status int, target string, extra ...string) Step {
	lines := append([]string{"", "Refer-To: <" + target + ">"}, extra...)
	rest := strings.Join(lines, "\n      ")
	return send(request("REFER", number, calledFrom, calledTo, rest+noBody), `retrans="500"`) +
		recv(fmt.Sprintf(`response="%d"`, status), "")
}

// AwaitNotify awaits a NOTIFY and answers it; its body is in the messages.
func AwaitNotify() Step {
	return recv(`request="NOTIFY"`, "") + send("SIP/2.0 200 OK"+lastResponse+noBody)
}

// Call sends the first INVITE.
func Call(uri string, media Media) Step {
	return send(fmt.Sprintf(`INVITE %s SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      Max-Forwards: 70
      From: %s
      To: <%s>
      Call-ID: [call_id]
      CSeq: 1 INVITE
      Contact: <sip:phone@[local_ip]:[local_port];transport=[transport]>
      Allow: INVITE, ACK, CANCEL, BYE, INFO, OPTIONS
      User-Agent: sipp`, uri, callerFrom, uri)+fmt.Sprintf(withSDP, media.sdp(1, "sendrecv")), `retrans="500"`) +
		recv(`response="100" optional="true"`, "")
}

const keepPeer = `<action><ereg regexp=".*" search_in="hdr" header="To:" assign_to="peer"/></action>`

// keepRinging also stores the INVITE's own Via, which a CANCEL has, too.
const keepRinging = `<action>
      <ereg regexp=".*" search_in="hdr" header="To:" assign_to="peer"/>
      <ereg regexp=".*" search_in="hdr" header="Via:" assign_to="via"/>
    </action>`

// AwaitRinging awaits 180.
func AwaitRinging() Step { return recv(`response="180" rrs="true"`, keepRinging) }

// AwaitAnswer awaits 200, over any further 180 or 183, and ACKs it.
func AwaitAnswer() Step {
	return recv(`response="180" optional="true"`, "") + recv(`response="183" optional="true"`, "") +
		recv(`response="200" rrs="true"`, keepPeer) + send(request("ACK", 1, callerFrom, callerTo, noBody))
}

// AwaitFailure awaits a final failure, and ACKs it as part of the INVITE's transaction.
func AwaitFailure(uri string, code int) Step {
	return recv(`response="180" optional="true"`, "") + recv(fmt.Sprintf(`response="%d"`, code), keepPeer) +
		send(fmt.Sprintf(`ACK %s SIP/2.0
      [last_Via:]
      Max-Forwards: 70
      From: %s
      To: [$peer]
      [last_Call-ID:]
      CSeq: 1 ACK%s`, uri, callerFrom, noBody))
}

// Cancel cancels an INVITE that rings, and awaits 200 and 487.
func Cancel(uri string) Step {
	return send(fmt.Sprintf(`CANCEL %s SIP/2.0
      Via: [$via]
      Max-Forwards: 70
      From: %s
      To: <%s>
      [last_Call-ID:]
      CSeq: 1 CANCEL%s`, uri, callerFrom, uri, noBody)) +
		recv(`response="200"`, "") + AwaitFailure(uri, 487)
}
