package sipua

import (
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/dialog"
	"sipbridge/sipua/message"
	"sipbridge/sipua/wire"
)

// referralOf puts a REFER of a party into neutral words (RFC 3515). Of the headers that its Refer-To carries only
// Replaces is believed: nobody shapes our requests. The error is a bridge.Cause to answer with.
func (a *Agent) referralOf(request *sip.Request, who bridge.LegInfo) (bridge.Referral, error) {
	referTo := request.ReferTo()
	if referTo == nil {
		return bridge.Referral{}, bridge.Cause{Status: 400, Text: "Missing Refer-To"}
	}
	target := referTo.Address
	switch target.Scheme {
	case "sip", "sips", "tel":
	default:
		return bridge.Referral{}, bridge.Cause{Status: 416}
	}
	if method, ok := target.UriParams.Get("method"); ok && !strings.EqualFold(method, string(sip.INVITE)) {
		return bridge.Referral{}, bridge.Cause{Status: 403, Text: "Only INVITE Can Be Referred"}
	}
	referral := bridge.Referral{
		Target: a.publicURI(target), ReferredBy: a.referredBy(request, who), Silent: wantsSilence(request),
	}
	for _, header := range target.Headers {
		if !strings.EqualFold(header.K, "Replaces") {
			continue
		}
		referral.Replaces, referral.EarlyOnly = dialog.ParseReplaces(message.Unescape(header.V))
		if referral.Replaces == nil {
			return bridge.Referral{}, bridge.Cause{Status: 400, Text: "Bad Replaces"}
		}
	}
	return referral, nil
}

// wantsSilence tells whether a REFER asks for no reports (RFC 4488).
func wantsSilence(request *sip.Request) bool {
	header := request.GetHeader("Refer-Sub")
	if header == nil {
		return false
	}
	value, _, _ := strings.Cut(header.Value(), ";")
	return strings.EqualFold(strings.TrimSpace(value), "false")
}

// referredBy tells the target who sends the caller there (RFC 3892). A trunk says it itself. Anybody else is named as
// what he has proved to be. A cid is left out, for the proof that it names does not come along.
func (a *Agent) referredBy(request *sip.Request, who bridge.LegInfo) string {
	given, ok := request.GetHeader("Referred-By").(*sip.ReferredByHeader) // sipgo's own getter drops quotes
	if !ok {
		return plainReferrer(who)
	}
	claimed := given.Address.User + "@" + a.options.Domains.Canonical(strings.ToLower(given.Address.Host))
	if who.Origin != bridge.OriginUpstream && claimed != who.User {
		return plainReferrer(who)
	}
	kept := sip.ReferredByHeader{DisplayName: given.DisplayName, Address: given.Address}
	for _, param := range given.Params {
		if param.K != "cid" {
			kept.Params = append(kept.Params, param)
		}
	}
	text, err := wire.Value(&kept)
	if err != nil {
		return plainReferrer(who)
	}
	return text
}

// plainReferrer names a user by his account. Of others only the call knows what they may be shown as.
func plainReferrer(who bridge.LegInfo) string {
	if who.User == "" {
		return ""
	}
	return "<sip:" + who.User + ">"
}

// addReferral tells a callee why it is called: in whose place, and who sent the caller.
func addReferral(invite *sip.Request, request bridge.Request) {
	if request.ReferredBy != "" {
		invite.AppendHeader(sip.NewHeader("Referred-By", request.ReferredBy))
	}
	if request.Replaces == nil {
		return
	}
	value := request.Replaces.CallID + ";to-tag=" + request.Replaces.LocalTag + ";from-tag=" + request.Replaces.RemoteTag
	if request.EarlyOnly {
		value += ";early-only"
	}
	invite.AppendHeader(sip.NewHeader("Replaces", value))
	invite.AppendHeader(sip.NewHeader("Require", "replaces"))
}
