package wire

import "testing"

func TestURIParameters(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, uri, want string
	}{
		{"none", "sip:a@b.example", "sip:a@b.example"},
		{"baresip repeats the transport", "sip:a@b.example;transport=tcp;transport=tcp", "sip:a@b.example;transport=tcp"},
		{"known names in any case", "sip:a@b.example;Transport=tcp", "sip:a@b.example;transport=tcp"},
		{"a contradiction", "sip:a@b.example;transport=tcp;transport=udp", ""},
		{"an empty name", "sip:a@b.example;;lr", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			uri, err := ParseURI(test.uri, StreamLimits())
			if (err != nil) != (test.want == "") {
				t.Fatalf("error %v", err)
			}
			if err == nil && uri.String() != test.want {
				t.Errorf("got %s, want %s", uri.String(), test.want)
			}
		})
	}
}
