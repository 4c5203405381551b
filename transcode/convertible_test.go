package transcode

import (
	"testing"

	"sipbridge/transcode/picture"
)

// TestConvertible offers beside a party's formats what its pictures can be made into, where the program can.
func TestConvertible(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		formats []Format
		want    string
	}{
		"VP8":            {[]Format{videoFormat("VP8", "")}, "H264H264"},
		"H.264":          {[]Format{videoFormat("H264", "profile-level-id=64001f")}, "H264H264VP8"},
		"two profiles":   {[]Format{videoFormat("H264", "profile-level-id=64001f"), videoFormat("H264", "")}, "VP8"},
		"both":           {[]Format{videoFormat("VP8", ""), videoFormat("H264", "profile-level-id=42e01f")}, ""},
		"neither":        {[]Format{videoFormat("VP9", ""), videoFormat("AV1", "")}, ""},
		"a professional": {[]Format{videoFormat("H264", "profile-level-id=6e001f")}, ""},
	} {
		got := ""
		for _, format := range Convertible(test.formats) {
			got += format.Name
		}
		want := test.want
		if !picture.Available {
			want = ""
		}
		if got != want {
			t.Errorf("%s: added %q, want %q", name, got, want)
		}
	}
}

// TestPixels reads how large pictures may be.
func TestPixels(t *testing.T) {
	t.Parallel()
	for format, want := range map[Format]int{
		videoFormat("VP8", ""):                                     0,
		videoFormat("VP8", "max-fs=1200;max-fr=30"):                1200 * 256,
		videoFormat("H264", ""):                                    99 * 256,
		videoFormat("H264", "profile-level-id=42800d"):             396 * 256,
		videoFormat("H264", "profile-level-id=42e01f"):             3600 * 256,
		videoFormat("H264", "profile-level-id=42e01e;max-fs=3600"): 3600 * 256,
	} {
		if got := pixelsOf(format); got != want {
			t.Errorf("%s %q: %d, want %d", format.Name, format.Parameters, got, want)
		}
	}
}

func TestConverted(t *testing.T) {
	t.Parallel()
	h264 := videoFormat("H264", "profile-level-id=42e01f;packetization-mode=1;sprop-parameter-sets=Z0IACg==")
	if got := h264.Converted().Parameters; got != "profile-level-id=42e01f;packetization-mode=1" {
		t.Errorf("%q", got)
	}
	if got := videoFormat("VP8", "max-fs=1200").Converted().Parameters; got != "" {
		t.Errorf("%q", got)
	}
}
