package sipua

import (
	"errors"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/digest"
	"sipbridge/sipua/message"
	"sipbridge/sipua/token"
	"sipbridge/sipua/transport"
)

// errOtherUser is why a request is refused whose sender is known, but as somebody else.
var errOtherUser = errors.New("the sender is another user")

// notYours refuses a request in somebody else's name.
func notYours() bridge.Cause {
	return bridge.Cause{Status: 403, Text: "From Is Not Yours", Err: errOtherUser}
}

// claimed gives whom the From of a request names, "name@domain", with a local domain in its canonical form.
func (a *Agent) claimed(request *sip.Request) string {
	from := request.From().Address
	return from.User + "@" + strings.ToLower(a.options.Domains.Canonical(from.Host))
}

// mayClaim holds a connection with a token to the user of the token, who may call himself anonymous.
func (a *Agent) mayClaim(flow transport.Flow, request *sip.Request) error {
	granted := grantOf(flow)
	if !granted.good() || granted.user == a.claimed(request) || strings.EqualFold(request.From().Address.Host, anonymous) {
		return nil
	}
	return notYours()
}

// proofOf has the sender of a request prove who he is in a local domain: by the token of his connection, by one in
// the request (RFC 8898), or by digest. proxy asks for credentials as a proxy does. The error is a bridge.Cause.
func (a *Agent) proofOf(flow transport.Flow, request *sip.Request, realm string, proxy bool) (proof, error) {
	if granted := grantOf(flow); granted.good() {
		return granted, nil
	}
	if text, found := a.bearer(request); found {
		return a.proofByToken(text, realm, proxy)
	}
	name, err := a.options.Authenticator.Verify(digest.AttemptOf(request, flow, realm, proxy))
	if err != nil {
		return proof{}, err
	}
	if account, ok := token.ParseTemporary(name); ok {
		return proof{user: account.User + "@" + realm, until: account.Until, vouched: true}, nil
	}
	return proof{user: name + "@" + realm}, nil
}

// remember lets the connection of a request speak for its sender from now on, unless a proxy sent it: that speaks for
// many.
func (a *Agent) remember(flow transport.Flow, request *sip.Request, proved proof) {
	if len(request.GetHeaders("Via")) == 1 {
		a.users.prove(flow, proved)
	}
}

func (a *Agent) proofByToken(text, realm string, proxy bool) (proof, error) {
	grant, err := a.options.Tokens.Verify(text)
	if err != nil {
		a.stats.badTokens.Add(1)
		a.complain("token refused", "realm", realm, "error", err)
		cause := bridge.Cause{Status: 401, Err: err}
		name := "WWW-Authenticate"
		if proxy {
			cause.Status, name = 407, "Proxy-Authenticate"
		}
		value := "Bearer realm=" + message.Quote(realm) + `, error="invalid_token"`
		cause.Headers = []bridge.Header{{Name: name, Value: value}}
		return proof{}, cause
	}
	return proof{user: grant.User, until: grant.Until, vouched: true}, nil
}

// bearer gives the token in a request. It is never ours where no tokens are configured.
func (a *Agent) bearer(request *sip.Request) (text string, found bool) {
	if a.options.Tokens == nil {
		return "", false
	}
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		for _, header := range request.GetHeaders(name) {
			if text, found := cutBearer(header.Value()); found {
				return text, true
			}
		}
	}
	return "", false
}

func cutBearer(value string) (text string, found bool) {
	scheme, text, found := strings.Cut(strings.TrimSpace(value), " ")
	return strings.TrimSpace(text), found && strings.EqualFold(scheme, "Bearer")
}

// isOwnToken tells of credentials that must not leave: where we check tokens, they are for us.
func (a *Agent) isOwnToken(value string) bool {
	_, found := cutBearer(value)
	return found && a.options.Tokens != nil
}
