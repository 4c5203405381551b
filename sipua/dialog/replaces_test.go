package dialog

import (
	"testing"

	"sipbridge/bridge"
)

func TestParseReplaces(t *testing.T) {
	t.Parallel()
	tests := []struct {
		value     string
		want      *bridge.DialogID
		earlyOnly bool
	}{
		{"a@b;to-tag=1;from-tag=2", &bridge.DialogID{CallID: "a@b", LocalTag: "1", RemoteTag: "2"}, false},
		{" a@b ; FROM-TAG = 2 ;To-Tag=1", &bridge.DialogID{CallID: "a@b", LocalTag: "1", RemoteTag: "2"}, false},
		{"a@b;to-tag=1;from-tag=2;early-only", &bridge.DialogID{CallID: "a@b", LocalTag: "1", RemoteTag: "2"}, true},
		{"a@b;to-tag=1", nil, false},
		{";to-tag=1;from-tag=2", nil, false},
		{"", nil, false},
	}
	for _, test := range tests {
		got, earlyOnly := ParseReplaces(test.value)
		if (got == nil) != (test.want == nil) || got != nil && *got != *test.want || earlyOnly != test.earlyOnly {
			t.Errorf("%q: %+v %v", test.value, got, earlyOnly)
		}
	}
}

// FuzzParseReplaces: what names a dialog names all of it.
func FuzzParseReplaces(f *testing.F) {
	for _, seed := range []string{"a@b;to-tag=1;from-tag=2;early-only", "a@b;to-tag=1", ";;;=", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if id, _ := ParseReplaces(value); id != nil && (id.CallID == "" || id.LocalTag == "" || id.RemoteTag == "") {
			t.Errorf("%q names %+v", value, id)
		}
	})
}
