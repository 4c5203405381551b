package sipp

import (
	"fmt"
	"strings"
)

// Redirect sends 302 with these values of Contact and awaits the ACK.
func Redirect(contacts ...string) Step {
	withoutContact := inviteResponse[:strings.LastIndex(inviteResponse, "\n")]
	moved := withoutContact + "\n      Contact: " + strings.Join(contacts, "\n      Contact: ")
	return send("SIP/2.0 302 Moved Temporarily"+moved+noBody, `retrans="500"`) + recv(`request="ACK"`, "")
}

// challenge is what ChallengeInvite and Challenge ask for: of two the second is the stronger.
const challenge = `
      WWW-Authenticate: Digest realm="sipp", nonce="%[1]s", qop="auth", algorithm=MD5
      WWW-Authenticate: Digest realm="sipp", nonce="%[1]s", qop="auth", algorithm=SHA-256`

// ChallengeInvite asks for credentials and awaits the ACK and the INVITE with them.
func ChallengeInvite(nonce string) Step {
	return send("SIP/2.0 401 Unauthorized"+inviteResponse+fmt.Sprintf(challenge, nonce)+noBody, `retrans="500"`) +
		recv(`request="ACK"`, "") + recv(`request="INVITE" rrs="true"`, keepInvite)
}

// Challenge awaits a request inside the dialog, asks for credentials, awaits it again, and answers it with 200.
func Challenge(method, nonce string) Step {
	return recv(fmt.Sprintf("request=%q", method), "") +
		send("SIP/2.0 401 Unauthorized"+lastResponse+fmt.Sprintf(challenge, nonce)+noBody) +
		recv(fmt.Sprintf("request=%q", method), "") + send("SIP/2.0 200 OK"+lastResponse+noBody)
}
