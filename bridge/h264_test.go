package bridge

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"sipbridge/transcode"
)

// speaker is who has H.264, in the words of its own description.
type speaker struct {
	name    string
	formats []transcode.Format
	// strict tells that it takes no other spelling of a profile than its own, as browsers do; they are offered theirs.
	strict bool
}

func h264(payloadType uint8, parameters string) transcode.Format {
	return transcode.Format{
		Codec:       transcode.Codec{Name: "H264", ClockRate: 90000},
		PayloadType: payloadType, Parameters: parameters,
	}
}

// speakers are browsers, phones and gateways, as they were met.
func speakers() []speaker {
	const (
		asymmetric = "level-asymmetry-allowed=1;"
		desk       = "; max-mbps=108000; max-fs=3600; max-br=1280; packetization-mode="
	)
	return []speaker{
		{"Chromium", []transcode.Format{
			h264(102, asymmetric+"packetization-mode=1;profile-level-id=42001f"),
			h264(127, asymmetric+"packetization-mode=0;profile-level-id=42001f"),
			h264(125, asymmetric+"packetization-mode=1;profile-level-id=42e01f"),
			h264(108, asymmetric+"packetization-mode=0;profile-level-id=42e01f"),
			h264(124, asymmetric+"packetization-mode=1;profile-level-id=4d001f"),
			h264(35, asymmetric+"packetization-mode=1;profile-level-id=f4001f"),
		}, true},
		{"Firefox", []transcode.Format{
			h264(126, "profile-level-id=42e01f;level-asymmetry-allowed=1;packetization-mode=1"),
			h264(97, "profile-level-id=42e01f;level-asymmetry-allowed=1"),
		}, true},
		{"Safari", []transcode.Format{
			h264(96, asymmetric+"packetization-mode=1;profile-level-id=640c1f"),
			h264(98, asymmetric+"packetization-mode=1;profile-level-id=42e01f"),
			h264(100, asymmetric+"packetization-mode=0;profile-level-id=640c1f"),
			h264(102, asymmetric+"packetization-mode=0;profile-level-id=42e01f"),
		}, true},
		{"baresip", []transcode.Format{
			h264(98, "profile-level-id=42800C; packetization-mode=0"),
			h264(102, "profile-level-id=42800C; packetization-mode=1"),
		}, false},
		{"single units", []transcode.Format{h264(99, "profile-level-id=42801F")}, false},
		{"desk phone", []transcode.Format{
			h264(99, "profile-level-id=64000d"+desk+"1"), h264(98, "profile-level-id=64000d"+desk+"0"),
			h264(96, "profile-level-id=42800d"+desk+"0"), h264(97, "profile-level-id=42800d"+desk+"1"),
		}, false},
		{"conference", []transcode.Format{
			h264(97,
				"profile-level-id=428016;packetization-mode=1;max-mbps=490000;max-fs=8160;max-cpb=200;max-dpb=16320;max-br=5000"),
		}, false},
		{"own levels", []transcode.Format{
			h264(97,
				"profile-level-id=428016;packetization-mode=0;max-mbps=267300;max-fs=8910;level-asymmetry-allowed=1"),
		}, false},
		{"says nothing", []transcode.Format{h264(104, "")}, false},
		{"main", []transcode.Format{
			h264(100, "profile-level-id=4d0028;packetization-mode=1;sprop-parameter-sets=Z0IAH5WoFAFuQA==,aM48gA=="),
		}, false},
		{"high", []transcode.Format{h264(101, "profile-level-id=64001f;packetization-mode=1")}, false},
	}
}

// answers is what a party answers to an offer: of its own formats the first one that is offered.
func (s speaker) answers(offered []transcode.Format) (transcode.Format, bool) {
	for _, own := range s.formats {
		if slices.ContainsFunc(offered, func(format transcode.Format) bool { return s.takes(own, format) }) {
			return own, true
		}
	}
	return transcode.Format{}, false
}

// takes tells whether what is offered is one of the party's own formats.
func (s speaker) takes(own, offered transcode.Format) bool {
	if !s.strict {
		return own.Fits(offered)
	}
	offered = offered.Constrained()
	return own.Fits(offered) && profileOf(own) == profileOf(offered)
}

func profileOf(format transcode.Format) string {
	_, digits, _ := strings.Cut(format.Parameters, "profile-level-id=")
	return digits[:4]
}

func printed(format transcode.Format) string {
	return fmt.Sprintf("%d %s", format.PayloadType, format.Parameters)
}

// TestH264OfAnyPairing holds what is offered and answered between any two of those that have H.264 to the golden file.
func TestH264OfAnyPairing(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for _, caller := range speakers() {
		offer, err := offerFor(new(pictures(SendRecv, caller.formats...)), Policy{})
		if err != nil {
			fmt.Fprintf(&text, "%s: %v\n", caller.name, err)
			continue
		}
		offered := offer.Media[0].Formats
		fmt.Fprintf(&text, "%s is offered to others as\n", caller.name)
		for _, format := range offered {
			fmt.Fprintf(&text, "  %s\n", printed(format))
		}
		for _, callee := range speakers() {
			chosen, ok := callee.answers(offered)
			if !ok {
				fmt.Fprintf(&text, "  %s: nothing in common\n", callee.name)
				continue
			}
			answer, err := answerFor(pictures(SendRecv, caller.formats...), pictures(SendRecv, chosen), Policy{})
			if err != nil {
				t.Fatalf("%s to %s: %v", caller.name, callee.name, err)
			}
			fmt.Fprintf(&text, "  %s has %s: %s\n", callee.name, printed(chosen), printed(answer.Media[0].Formats[0]))
		}
	}
	const file = "testdata/h264.golden"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || text.String() != string(want) {
		t.Errorf("%s is not what is agreed on (%v):\n%s", file, err, &text)
	}
}
