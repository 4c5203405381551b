package registrar

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

const (
	phoneContact = "Contact: <sip:a@192.0.2.99>"
	deviceFlow   = `Contact: <sip:a@b>;+sip.instance="<urn:uuid:AA>";reg-id=1`
	edgeVia      = "Via: SIP/2.0/UDP 192.0.2.99;branch=z9hG4bKphone"
)

// The proxies of a REGISTER are the way back, in the same order, and the 200 repeats them (RFC 3327 section 5.3).
func TestPathIsTheWayBack(t *testing.T) {
	b := newBench(t, Options{})
	headers, err := b.Register(Sender{}, register(t, "c", 1, phoneContact, "Supported: path",
		"Path: <sip:near@192.0.2.1;lr>, <sip:far@192.0.2.2;lr;ob>", "Path: <sip:last@[2001:db8::1]:5070;lr>"),
		connection("TCP"))
	if err != nil {
		t.Fatal(err)
	}
	want := bridge.Header{
		Name: "Path", Value: "<sip:near@192.0.2.1;lr>, <sip:far@192.0.2.2;lr;ob>, <sip:last@[2001:db8::1]:5070;lr>",
	}
	if !slices.Contains(headers, want) {
		t.Errorf("headers %v", headers)
	}
	found := b.Lookup("alice", "example.test")
	if len(found) != 1 || len(found[0].Path) != 3 || found[0].Path[0].User != "near" || found[0].Path[2].Port != 5070 {
		t.Errorf("bindings %+v", found)
	}
}

func TestPathsThatAreRefused(t *testing.T) {
	many := "Path: <sip:a>" + strings.Repeat(",<sip:a>", maxPaths)
	for name, test := range map[string]struct {
		lines  []string
		status int
	}{
		"client without Path":         {[]string{phoneContact, "Path: <sip:x;lr>"}, 421},
		"malformed":                   {[]string{phoneContact, "Supported: path", "Path: <sip:x"}, 400},
		"star":                        {[]string{phoneContact, "Supported: path", "Path: *"}, 400},
		"another scheme":              {[]string{phoneContact, "Supported: path", "Path: <tel:1>"}, 400},
		"too many":                    {[]string{phoneContact, "Supported: path", many}, 400},
		"outbound by a proxy without": {[]string{edgeVia, deviceFlow, "Supported: outbound, path", "Path: <sip:x;lr>"}, 439},
		"outbound without a Path":     {[]string{edgeVia, deviceFlow, "Supported: outbound"}, 439},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, Options{})
			_, err := b.Register(Sender{}, register(t, "c", 1, test.lines...), connection("TCP"))
			var cause bridge.Cause
			if !errors.As(err, &cause) || cause.Status != test.status {
				t.Errorf("error %v", err)
			}
			if len(b.Lookup("alice", "example.test")) != 0 {
				t.Error("bound all the same")
			}
		})
	}
}

func TestOutboundByAProxy(t *testing.T) {
	b := newBench(t, Options{})
	request := register(t, "c", 1, edgeVia, deviceFlow, "Require: path", "Supported: outbound, path",
		"Path: <sip:x;lr;ob>")
	headers, err := b.Register(Sender{}, request, connection("TCP"))
	if err != nil || !slices.Contains(headers, bridge.Header{Name: "Require", Value: "outbound"}) {
		t.Errorf("headers %v, error %v", headers, err)
	}
}

// FuzzPath: whatever stands in a Path, it is refused or few URIs that can be written and read again.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{
		"<sip:a;lr>, <sip:b;ob>", "sip:x", "*", `"n,<>" <sip:[::1]:5060;lr>`, "<sip:", ",,", "<tel:1>", "sip:@@",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		request := sip.NewRequest(sip.REGISTER, sip.Uri{Host: "example.test"})
		request.AppendHeader(sip.NewHeader("Supported", "path"))
		request.AppendHeader(sip.NewHeader("Path", text))
		paths, err := pathsOf(request)
		if err != nil || len(paths) == 0 {
			return
		}
		again, star, err := parseContacts(pathHeader(paths).Value)
		if err != nil || star || len(again) != len(paths) || len(paths) > maxPaths {
			t.Errorf("%q gives %v, then %v: %v", text, paths, again, err)
		}
	})
}
