package sipua

import (
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/wire"
)

// FuzzIdentity reads what a trunk may say of a caller: a URI that comes out can be written again.
func FuzzIdentity(f *testing.F) {
	f.Add(`"Bob" <sip:+1555@far.test>, <tel:+1555>`, "id;critical", "0.5")
	f.Add(`<tel:+1-555;phone-context=x>`, ";,none", "x")
	f.Add(`sip:a@b,c>,`, "", "2")
	f.Fuzz(func(t *testing.T, asserted, privacy, q string) {
		if wire.CheckValue(asserted) != nil || wire.CheckValue(privacy) != nil {
			return // no header can have it
		}
		request := sip.NewRequest(sip.INVITE, sip.Uri{Scheme: "sip", Host: "x"})
		request.AppendHeader(sip.NewHeader("P-Asserted-Identity", asserted))
		request.AppendHeader(sip.NewHeader("Privacy", privacy))
		_ = wantsPrivacy(request)
		if party := assertedBy(request); party.URI != "" {
			if _, err := wire.ParseURI(party.URI, wire.StreamLimits()); err != nil {
				t.Errorf("%q gives %q: %v", asserted, party.URI, err)
			}
		}
		contact := &sip.ContactHeader{Params: sip.NewParams()}
		contact.Params.Add("q", q)
		if got := qOf(contact); !(got >= 0 && got <= 1) {
			t.Errorf("q=%s is %v", q, got)
		}
	})
}
