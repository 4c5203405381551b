package message

import (
	"slices"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/wire"
)

// TestPathOfADialog: loose routers stay on the way to the target, a strict one is the Request-URI itself.
func TestPathOfADialog(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		routes     []string
		requestURI string
		left       []string
	}{
		"none":   {nil, "sip:bob@192.0.2.9", nil},
		"loose":  {[]string{"sip:a;lr", "sip:b;lr"}, "sip:bob@192.0.2.9", []string{"sip:a;lr", "sip:b;lr"}},
		"strict": {[]string{"sip:a?x=y", "sip:b;lr"}, "sip:a", []string{"sip:b;lr", "sip:bob@192.0.2.9"}},
	} {
		ends := Ends{ID: bridge.DialogID{CallID: "c", LocalTag: "l", RemoteTag: "r"}}
		var routes []sip.Uri
		for _, route := range test.routes {
			routes = append(routes, uri(t, route))
		}
		request := ends.Request(sip.NOTIFY, 7, uri(t, "sip:bob@192.0.2.9"), routes)
		var left []string
		for _, header := range request.GetHeaders("Route") {
			left = append(left, header.Value())
		}
		want := make([]string, 0, len(test.left))
		for _, route := range test.left {
			want = append(want, "<"+route+">")
		}
		if request.Recipient.String() != test.requestURI || !slices.Equal(left, want) {
			t.Errorf("%s: %s by %v", name, request.Recipient.String(), left)
		}
		local, _ := request.From().Params.Get("tag")
		remote, _ := request.To().Params.Get("tag")
		if local != "l" || remote != "r" || request.CSeq().SeqNo != 7 || request.CallID().Value() != "c" {
			t.Errorf("%s: %s", name, request)
		}
	}
}

func uri(t *testing.T, text string) sip.Uri {
	t.Helper()
	parsed, err := wire.ParseURI(text, wire.StreamLimits())
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}
