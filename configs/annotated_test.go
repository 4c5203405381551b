package configs

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func same[T any](a, b T) bool { return reflect.DeepEqual(a, b) }

// TestAnnotatedFileIsTheDefault holds sipbridge.yaml to the defaults that the documentation promises.
func TestAnnotatedFileIsTheDefault(t *testing.T) {
	t.Parallel()
	want := &Config{
		Domains: []Domain{{Name: "localhost"}},
		Listen: Listen{
			HTTP: "127.0.0.1:8080", SIPUDP: "127.0.0.1:5060", SIPTCP: "127.0.0.1:5060", Advertised: []Advertised{},
		},
		TLS: TLS{ACME: ACME{Hosts: []string{}, Directory: "https://acme-v02.api.letsencrypt.org/directory"}},
		Media: Media{
			RTPPorts:    PortRange{20000, 29999},
			WebRTCPorts: PortRange{8443, 8443},
			Timeout:     30 * time.Second, Video: true, VideoBitrate: 2000, VideoTranscoders: 8,
			OpusComplexity: 5, OpusAdapts: true, SRTP: "optional", SRTPKeys: "sdes",
			JitterBuffer: 120 * time.Millisecond,
		},
		TURN: TURN{PerUser: 10},
		Call: Call{
			Ring: time.Minute, Park: 30 * time.Second, Drain: time.Minute, PerUser: 100,
			Session: 30 * time.Minute, PRACK: true, Breaker: "always",
		},
		Users: []User{},
		Routes: []Route{
			{From: "users", Match: "^sips?:(echo|tone|dtmf)@{local}(:[0-9]+)?$", To: "builtin:$1"},
			{From: "any", Match: "^sips?:([^@]+)@({local})(:[0-9]+)?$", To: "user:$1@$2"},
		},
		Announcements: []Announcement{},
		Recording:     Recording{Format: "wav", Most: 200, LeastFree: 500},
		Headers:       Headers{Pass: []string{}, Strip: []string{}},
		Presence:      Presence{Watchers: "users", Expires: time.Hour, Subscriptions: 20000, PerUser: 200, PerWatched: 200},
		Trunks:        []Trunk{},
		Dialing:       Dialing{Normalize: []string{}, Rules: []DialingRule{}},
		DNS:           DNS{Servers: []string{}},
		Failover:      Failover{Silence: 3 * time.Second, Avoid: time.Minute, ProbeFailures: 3},
		WebSocket:     WebSocket{Origins: []string{}, MaxMessage: 32768, Rate: 20},
		Tokens:        Tokens{Keys: []TokenKey{}},
		Security: Security{
			Scanners: []string{
				"friendly-scanner", "sipvicious", "sipcli", "sip-scan", "sipscan", "sundayddr", "vaxsip", "pplsip",
				"iwar", "gulp", "smap",
			},
			Strangers: true, StrangerCalls: 20, Rate: 2000,
		},
		Flash: Flash{PolicyHosts: []string{}, Streams: []Stream{}},
		ClickToCall: ClickToCall{
			Buttons: []Button{}, Domains: []string{}, PasswordTokens: true, Calls: 3, Mail: Mail{Security: "starttls"},
		},
		Log: Log{Level: "info", Format: "text"},
	}
	got, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	if !same(got, want) {
		t.Errorf("sipbridge.yaml gives\n%+v, the defaults are\n%+v", got, want)
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
}

// keyLine matches a line that sets a key, with its indentation.
const keyLine = `^( *)(- )?([a-z0-9_]+):`

// TestAnnotatedFileExplainsEveryKey fails when a key is missing in sipbridge.yaml or has no comment:
// above it, or for a key of a list, "name: ..." in the comment above the list.
func TestAnnotatedFileExplainsEveryKey(t *testing.T) {
	t.Parallel()
	explained := explainedKeys(t)
	for _, k := range knownKeys() {
		if isSection(k.kind) {
			continue
		}
		if !explained[k.path] {
			t.Errorf("sipbridge.yaml does not explain %s", k.path)
		}
	}
}

func explainedKeys(t *testing.T) map[string]bool {
	t.Helper()
	explained := map[string]bool{}
	line := regexp.MustCompile(keyLine)
	var sections, comment []string // the sections around a line, by its indentation
	for text := range strings.SplitSeq(string(annotated), "\n") {
		if strings.HasPrefix(strings.TrimSpace(text), "#") {
			comment = append(comment, strings.TrimPrefix(strings.TrimSpace(text), "# "))
			continue
		}
		match := line.FindStringSubmatch(text)
		if match == nil || match[2] != "" {
			comment = nil
			continue
		}
		sections = append(sections[:min(len(match[1])/2, len(sections))], match[3])
		path := strings.Join(sections, ".")
		if len(comment) > 0 {
			explained[path] = true
		}
		for _, said := range comment {
			name, _, ok := strings.Cut(said, ":")
			explained[path+"[]."+name] = ok
		}
		comment = nil
	}
	return explained
}

// TestAnnotatedExamplesLoad puts the examples of sipbridge.yaml, which have two blanks behind the #,
// into force.
func TestAnnotatedExamplesLoad(t *testing.T) {
	t.Parallel()
	example := regexp.MustCompile(`(?m)^( *)#  ( *[-a-z].*)$`)
	if len(example.FindAllString(string(annotated), -1)) < 10 {
		t.Fatal("the examples were not found")
	}
	lists := strings.NewReplacer("users: []", "users:", "origins: []", "origins:", "keys: []", "keys:",
		`audience: ""`, "audience: us", "trunks: []", "trunks:", "normalize: []", "normalize:", "rules: []", "rules:",
		"streams: []", "streams:", "buttons: []", "buttons:",
		"announcements: []", "announcements:", "advertised: []", "advertised:")
	// An example stands above its key; it is moved below.
	var out, held []string
	for text := range strings.SplitSeq(lists.Replace(string(annotated)), "\n") {
		if match := example.FindStringSubmatch(text); match != nil {
			held = append(held, match[1]+"  "+match[2])
			continue
		}
		out = append(out, text)
		if !strings.HasPrefix(strings.TrimSpace(text), "#") {
			out, held = append(out, held...), nil
		}
	}
	config := load(t, strings.Join(out, "\n"))
	if err := config.Validate(); err != nil {
		t.Error(err)
	}
	got := []int{
		len(config.Domains), len(config.Users), len(config.Routes), len(config.WebSocket.Origins),
		len(config.Trunks), len(config.Dialing.Normalize), len(config.Dialing.Rules),
		len(config.Flash.Streams), len(config.Listen.Advertised),
	}
	if want := []int{2, 2, 3, 1, 1, 2, 3, 1, 2}; !slices.Equal(got, want) {
		t.Errorf("the examples give %v, not %v", got, want)
	}
}
