package identity

import (
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/digest"
	"sipbridge/sipua/message"
	"sipbridge/sipua/token"
	"sipbridge/sipua/transport"
)

// Registrant has the sender of a REGISTER prove that he is a user of a local domain. The error is a bridge.Cause to
// answer with. Once the request is granted, Remember lets his connection speak for him.
func (v *Verifier) Registrant(flow transport.Flow, request *sip.Request, realm string) (Proof, error) {
	proved, err := v.proofOf(flow, request, realm, false)
	if err != nil {
		return Proof{}, err
	}
	if _, domain, _ := strings.Cut(proved.User, "@"); domain != realm {
		return Proof{}, notYours()
	}
	return proved, nil
}

// Remember lets the connection of a request speak for its sender from now on, unless a proxy sent it: that speaks for
// many.
func (v *Verifier) Remember(flow transport.Flow, request *sip.Request, proved Proof) {
	if len(request.GetHeaders("Via")) == 1 {
		v.options.Users.prove(flow, proved)
	}
}

// prove has the sender of a request prove that he is a local user; from then on his connection speaks for him. The
// error is a bridge.Cause to answer with.
func (v *Verifier) prove(flow transport.Flow, request *sip.Request, user string) error {
	_, realm, _ := strings.Cut(user, "@")
	proved, err := v.proofOf(flow, request, realm, true)
	if err != nil {
		return err
	}
	if proved.User != user {
		return notYours()
	}
	v.Remember(flow, request, proved)
	return nil
}

// proofOf has the sender of a request prove who he is in a local domain: by the token of his connection, by one in
// the request (RFC 8898), or by digest. proxy asks for credentials as a proxy does. The error is a bridge.Cause.
func (v *Verifier) proofOf(flow transport.Flow, request *sip.Request, realm string, proxy bool) (Proof, error) {
	if granted := GrantOf(flow); granted.Good() {
		return granted, nil
	}
	if text, found := v.bearer(request); found {
		return v.proofByToken(text, realm, proxy)
	}
	name, err := v.options.Authenticator.Verify(digest.AttemptOf(request, flow, realm, proxy))
	if err != nil {
		return Proof{}, err
	}
	if account, ok := token.ParseTemporary(name); ok {
		return Proof{User: account.User + "@" + realm, Until: account.Until, Vouched: true}, nil
	}
	return Proof{User: name + "@" + realm}, nil
}

func (v *Verifier) proofByToken(text, realm string, proxy bool) (Proof, error) {
	grant, err := v.options.Tokens.Verify(text)
	if err != nil {
		v.badTokens.Add(1)
		v.options.Complain("token refused", "realm", realm, "error", err)
		cause := bridge.Cause{Status: 401, Err: err}
		name := "WWW-Authenticate"
		if proxy {
			cause.Status, name = 407, "Proxy-Authenticate"
		}
		value := "Bearer realm=" + message.Quote(realm) + `, error="invalid_token"`
		cause.Headers = []bridge.Header{{Name: name, Value: value}}
		return Proof{}, cause
	}
	return Proof{User: grant.User, Until: grant.Until, Vouched: true}, nil
}

// bearer gives the token in a request. It is never ours where no tokens are configured.
func (v *Verifier) bearer(request *sip.Request) (text string, found bool) {
	if v.options.Tokens == nil {
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

// IsOwnToken tells of the value of an Authorization header that must not leave: where we check tokens, they are for us.
func (v *Verifier) IsOwnToken(value string) bool {
	_, found := cutBearer(value)
	return found && v.options.Tokens != nil
}
