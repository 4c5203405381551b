package transcode

import "testing"

func amrOf(parameters string) Format {
	return Format{Codec: Codec{Name: "amr", ClockRate: 8000}, PayloadType: 96, Parameters: parameters}
}

func TestAnswerParameters(t *testing.T) {
	t.Parallel()
	g729 := Format{Codec: Codec{Name: "G729", ClockRate: 8000}, PayloadType: 18, Parameters: "annexb=yes"}
	for _, test := range []struct {
		format Format
		want   string
		ok     bool
	}{
		{amrOf(""), "", true},
		{amrOf("mode-set=0,2; octet-align=1; max-red=0"), "octet-align=1; mode-set=0,2", true},
		{amrOf("mode-change-period=2;mode-change-neighbor=1"), "mode-change-period=2; mode-change-neighbor=1", true},
		{amrOf("interleaving=5"), "", false},
		{g729, "annexb=no", true},
		{pcmu(0), "", false},
	} {
		if got, ok := AnswerParameters(test.format); got != test.want || ok != test.ok {
			t.Errorf("%+v: %q, %v", test.format, got, ok)
		}
	}
}

// TestAMRFits holds that AMR passes only between parties that pack it in one way.
func TestAMRFits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		from, to string
		want     bool
	}{
		{"", "octet-align=0", true},
		{"octet-align=1", "octet-align=1;max-red=0", true},
		{"octet-align=1", "", false},
		{"mode-set=0,7", "mode-set=7,0", true},
		{"mode-change-period=2", "mode-change-period=2", true},
		{"mode-change-period=2", "", false},
		{"mode-change-neighbor=1", "mode-change-neighbor=0", false},
		{"mode-set=7", "mode-set=7", true},
		{"", "mode-set=7", false},
	} {
		if got := amrOf(test.from).Fits(amrOf(test.to)); got != test.want {
			t.Errorf("%q to %q: %v", test.from, test.to, got)
		}
	}
	if Usable(amrOf("crc=1")) {
		t.Error("a checksum is understood")
	}
}
