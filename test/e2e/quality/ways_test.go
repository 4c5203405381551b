package quality

import (
	"fmt"
	"testing"

	"sipbridge/transcode"
)

// leg is the kind of one end of a call.
type leg struct {
	kind       string // browser, phone or Flash
	codec      codec
	protection protection // of a phone
}

func (l leg) String() string {
	if l.kind == "phone" {
		return fmt.Sprintf("phone %s %s", l.codec.name, l.protection)
	}
	return l.kind + " " + l.codec.name
}

// narrow tells whether it has no more than a telephone's sound.
func (l leg) narrow() bool { return transcode.SampleRate(l.codec.codec) == judgeRate }

// end is an end of a call: a browser, a phone or a Flash phone.
type end interface {
	itself() *party
	// expect makes it ready to answer, and gives its URI.
	expect(t *testing.T) string
	// call calls a URI, until that answers.
	call(t *testing.T, uri string)
	// await waits until media can flow.
	await(t *testing.T)
	// hangup ends the call that it made.
	hangup(t *testing.T)
}

// way is a call to be tried.
type way struct{ caller, callee leg }

func (w way) String() string { return fmt.Sprintf("%s, %s", w.caller, w.callee) }

// ways are those of a test, or all.
func ways() []way {
	if whole() {
		return everyWay()
	}
	browser, flash := leg{"browser", opus(), ""}, leg{"Flash", speex("Speex 16", 16000), ""}
	phone := leg{"phone", pcmu(), plain}
	chosen := []way{
		{phone, phone},
		{phone, leg{"phone", g722(), dtls}},
		{leg{"phone", speex("Speex 16", 16000), sdes}, phone},
		{browser, browser},
		{browser, leg{"browser", pcma(), ""}},
		{leg{"browser", g722(), ""}, flash},
		{flash, phone},
		{flash, browser},
		{leg{"phone", opus(), dtls}, leg{"Flash", pcmu(), ""}},
		{flash, flash},
	}
	for i, codec := range phoneCodecs() {
		chosen = append(chosen, way{browser, leg{"phone", codec, protections()[i%3]}})
	}
	return chosen
}

func protections() []protection { return []protection{plain, sdes, dtls} }

// everyWay is every codec of every kind of leg to every other one, and phones with every protection.
func everyWay() []way {
	var browsers, flashes, phones, all []leg
	for _, codec := range browserCodecs() {
		browsers = append(browsers, leg{"browser", codec, ""})
	}
	for _, codec := range []codec{speex("Speex 16", 16000), pcmu(), pcma()} {
		flashes = append(flashes, leg{"Flash", codec, ""})
	}
	for i, codec := range phoneCodecs() {
		phones = append(phones, leg{"phone", codec, protections()[i%3]})
		for _, protected := range protections() {
			all = append(all, leg{"phone", codec, protected})
		}
	}
	cross := func(callers, callees []leg) (ways []way) {
		for _, caller := range callers {
			for _, callee := range callees {
				if !caller.narrow() || callee.kind != "browser" || callee.codec.name != "G722" {
					ways = append(ways, way{caller, callee}) // G.722 is not offered where nobody could tell
				}
			}
		}
		return ways
	}
	ways := cross(browsers, all)
	for _, pair := range [][2][]leg{
		{phones, phones},
		{all[:3], all[:3]},
		{browsers, browsers},
		{flashes, phones},
		{phones, flashes},
		{flashes, browsers},
		{browsers, flashes},
		{flashes, flashes},
		{phones, browsers},
	} {
		ways = append(ways, cross(pair[0], pair[1])...)
	}
	return ways
}
