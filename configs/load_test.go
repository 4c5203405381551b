package configs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// write gives the path of a file with this text.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sipbridge.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, text string, environ ...string) *Config {
	t.Helper()
	config, err := Load(write(t, text), environ)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func TestFileIsLaidOverDefaults(t *testing.T) {
	t.Parallel()
	config := load(t, `
domains:
  - {name: example.com}
  - {name: pbx.example.com, next_hop: "sip:192.0.2.10:5070;transport=tcp"}
listen:
  http: 0.0.0.0:80
Media:
  RTP_Ports: 30000-30099
  webrtc_ports: 9000
  timeout:
call: {ring: 1m30s, park: 0s}
users:
  - {name: Alice, password: "0123"}
  - {name: "+4930123", domain: example.com, ha1: 0123456789abcdef0123456789abcdef}
`)
	switch {
	case len(config.Domains) != 2 || config.Domains[0].Name != "example.com" || !config.Domains[0].Local():
		t.Errorf("domains are %+v", config.Domains)
	case config.Domains[1].Local():
		t.Errorf("a domain with a next hop counts as our own: %+v", config.Domains[1])
	case config.Listen.HTTP != "0.0.0.0:80" || config.Listen.SIPUDP != "127.0.0.1:5060":
		t.Errorf("listen is %+v", config.Listen)
	case config.Media.RTPPorts != PortRange{30000, 30099} || config.Media.WebRTCPorts != PortRange{9000, 9000}:
		t.Errorf("ports are %+v", config.Media)
	case config.Media.Timeout != 30*time.Second:
		t.Errorf("a key without a value changed the default: %v", config.Media.Timeout)
	case config.Call != Call{
		Ring: 90 * time.Second, Drain: time.Minute, PerUser: 100, Session: 30 * time.Minute, PRACK: true,
		Breaker: "always",
	}:
		t.Errorf("call is %+v", config.Call)
	case len(config.Users) != 2 || !same(config.Users[0], User{Name: "Alice", Domain: "example.com", Password: "0123"}):
		t.Errorf("users are %+v", config.Users)
	case config.Users[1].Name != "+4930123":
		t.Errorf("users are %+v", config.Users)
	case len(config.Routes) != 2:
		t.Errorf("the default routes are gone: %+v", config.Routes)
	}
	if err := config.Validate(); err != nil {
		t.Error(err)
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	config := load(t, "listen: {http: 127.0.0.1:1}\nusers: [{name: old, password: x}]",
		"PATH=/bin",
		"SIPBRIDGE_LISTEN_HTTP=127.0.0.1:2",
		"SIPBRIDGE_LISTEN_HTTPS=",
		"SIPBRIDGE_LISTEN_PUBLIC=true",
		"SIPBRIDGE_MEDIA_WEBRTC_PORTS=9001",
		"SIPBRIDGE_MEDIA_TIMEOUT=12s",
		"SIPBRIDGE_WEBSOCKET_RATE=7",
		`SIPBRIDGE_USERS=[{"name":"Carol","password":"a=b","domain":"localhost"}]`,
		`SIPBRIDGE_WEBSOCKET_ORIGINS=["https://a.example"]`,
		`SIPBRIDGE_ROUTES=[]`,
		// What Kubernetes sets beside a service of this name.
		"SIPBRIDGE_SERVICE_HOST=10.0.0.1", "SIPBRIDGE_PORT=tcp://10.0.0.1:8080", "SIPBRIDGE_PORT_8080_TCP=x")
	switch {
	case config.Listen.HTTP != "127.0.0.1:2" || !config.Listen.Public:
		t.Errorf("listen is %+v", config.Listen)
	case config.Media.WebRTCPorts != PortRange{9001, 9001} || config.Media.Timeout != 12*time.Second:
		t.Errorf("media is %+v", config.Media)
	case config.WebSocket.Rate != 7 || len(config.WebSocket.Origins) != 1:
		t.Errorf("websocket is %+v", config.WebSocket)
	case len(config.Users) != 1 || !same(config.Users[0], User{Name: "Carol", Domain: "localhost", Password: "a=b"}):
		t.Errorf("users are %+v", config.Users)
	case len(config.Routes) != 0:
		t.Errorf("routes are %+v", config.Routes)
	}
}

// TestEveryKeyByEnvironment fails when a key cannot be set by its variable.
func TestEveryKeyByEnvironment(t *testing.T) {
	t.Parallel()
	for _, k := range settableKeys() {
		text := map[string]string{
			"domains":                 `[{"name":"a.example"}]`,
			"users":                   `[{"name":"a","password":"b"}]`,
			"routes":                  `[{"from":"any","match":"x","to":"user:a"}]`,
			"trunks":                  `[{"name":"a","next_hop":"sip:a.example"}]`,
			"dialing.normalize":       `["^00 -> +"]`,
			"dialing.rules":           `[{"deny":true}]`,
			"dns.servers":             `["192.0.2.53"]`,
			"dns.prefer_ipv6":         "true",
			"failover.silence":        "77s",
			"failover.avoid":          "77s",
			"failover.probe":          "77s",
			"failover.probe_failures": "77",

			"websocket.origins":             `["https://a.example"]`,
			"headers.pass":                  `["X-Ticket"]`,
			"headers.strip":                 `["Diversion"]`,
			"presence.expires":              "2h",
			"presence.subscriptions":        "7",
			"presence.per_user":             "7",
			"presence.per_watched":          "7",
			"listen.public":                 "true",
			"media.ice_lite":                "true",
			"media.ice":                     "true",
			"media.video":                   "false",
			"media.video_bitrate":           "77",
			"media.opus_complexity":         "7",
			"media.opus_adapts":             "false",
			"media.video_transcoders":       "77",
			"tls.client_required":           "true",
			"tls.acme.hosts":                `["bridge.example"]`,
			"media.rtp_ports":               "1000-2000",
			"media.webrtc_ports":            "77",
			"media.timeout":                 "77s",
			"media.jitter_buffer":           "77ms",
			"call.ring":                     "77s",
			"call.park":                     "77s",
			"call.pass_transfers":           "true",
			"call.drain":                    "77s",
			"call.per_user":                 "77",
			"call.prack":                    "false",
			"call.breaker":                  "asked",
			"call.session":                  "91s",
			"admin.calls":                   "true",
			"tokens.any_user":               "true",
			"tokens.keys":                   `[{"secret":"x"}]`,
			"flash.tunnel":                  "true",
			"flash.policy_hosts":            `["a.example"]`,
			"flash.streams":                 `[{"name":"a"}]`,
			"click_to_call.buttons":         `[{"to":"a@b"}]`,
			"click_to_call.domains":         `["a.example"]`,
			"click_to_call.password_tokens": "false",
			"click_to_call.calls":           "77",
			"listen.advertised":             `[{"address":"203.0.113.7"}]`,
			"turn.per_user":                 "77",
			"announcements":                 `[{"file":"a.wav"}]`,
			"recording.format":              "ogg",
			"recording.required":            "true",
			"recording.most":                "77",
			"recording.least_free":          "77",
			"security.scanners":             `["other"]`,
			"security.strangers":            "false",
			"security.rate":                 "77",
			"security.stranger_calls":       "78",
			"websocket.max_message":         "7777",
			"websocket.rate":                "77",
		}[k.path]
		if text == "" {
			text = "something else"
		}
		before, err := Load("", nil)
		if err != nil {
			t.Fatal(err)
		}
		after, err := Load("", []string{variableOf(k.path) + "=" + text})
		if err != nil {
			t.Errorf("%s: %v", k.path, err)
			continue
		}
		if same(before, after) {
			t.Errorf("%s=%s changed nothing", variableOf(k.path), text)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file    string
		environ []string
		want    string
	}{
		"a slip of the pen": {
			file: "listen: {htp: x}", want: `unknown key "listen.htp": the nearest one is "listen.http"`,
		},
		"a key that was replaced": {
			file: "media: {inside: [10.0.0.0/8]}", want: "media.inside is no more: listen.advertised is a list",
		},
		"a section":                 {file: "lisen: {http: x}", want: `unknown key "lisen": the nearest one is "listen"`},
		"a section without content": {file: "lisen:", want: `unknown key "lisen"`},
		"an empty section":          {file: "lisen: {}", want: `unknown key "lisen"`},
		"the wrong place":           {file: "http: x", want: `unknown key "http": the nearest one is "listen.http"`},
		"a dotted key":              {file: "listen.http: x", want: `write http below listen, indented`},
		"a key in a list": {
			file: "users: [{name: a}, {nam: b}]", want: `unknown key "users[1].nam": the nearest one is "users[].name"`,
		},
		"a key below a scalar":    {file: "log: {level: {info: 1}}", want: `unknown key "log.level.info"`},
		"a key that is twice":     {file: "log: {level: info}\nlog: {level: warn}", want: "already defined"},
		"no YAML":                 {file: "listen: [", want: "sipbridge.yaml"},
		"no keys":                 {file: "hello", want: "sipbridge.yaml"},
		"a number for a password": {file: "users: [{name: a, password: 4711}]", want: "users[0].password"},
		"a number for a time":     {file: "call: {ring: 30}", want: "a duration has a unit"},
		"no time":                 {file: "call: {ring: soon}", want: "call.ring"},
		"no ports":                {file: "media: {rtp_ports: many}", want: "media.rtp_ports"},
		"ports backwards":         {file: "media: {rtp_ports: 200-100}", want: "ends before it begins"},
		"text for a switch":       {file: "listen: {public: please}", want: "true or false"},
		"a list for text":         {file: "listen: {http: [a]}", want: "listen.http"},
		"text for a list":         {file: "users: alice", want: "it is a list"},
		"text for a section":      {file: "listen: all", want: "keys of its own"},
		"text in a list":          {file: "users: [alice]", want: "keys of its own"},
		"a number for a name": {
			file: "users: [{name: +4930123, password: x}]", want: "'users[0].name' it is text; put it in quotes",
		},
		"a number for text": {file: "listen: {http: 8080}", want: "it is text"},
		"an unknown variable": {
			environ: []string{"SIPBRIDGE_LISTEN_HTPP=x"},
			want:    "unknown environment variable SIPBRIDGE_LISTEN_HTPP: the nearest one is SIPBRIDGE_LISTEN_HTTP",
		},
		"a section as a variable": {environ: []string{"SIPBRIDGE_LISTEN=x"}, want: "SIPBRIDGE_LISTEN"},
		"a variable that is no list": {
			environ: []string{"SIPBRIDGE_USERS=alice"}, want: "SIPBRIDGE_USERS: a list is written as JSON",
		},
		"a variable that was replaced": {
			environ: []string{"SIPBRIDGE_MEDIA_ADVERTISE=192.0.2.1"},
			want:    "SIPBRIDGE_MEDIA_ADVERTISE is no more: listen.advertised is a list",
		},
		"an unknown key in a variable": {
			environ: []string{`SIPBRIDGE_USERS=[{"nam":"a"}]`}, want: `SIPBRIDGE_USERS: unknown key "users[0].nam"`,
		},
		"a variable that is no switch": {
			environ: []string{"SIPBRIDGE_LISTEN_PUBLIC=perhaps"}, want: "neither true nor false",
		},
		"a variable that is no number": {environ: []string{"SIPBRIDGE_WEBSOCKET_RATE=fast"}, want: "not a whole number"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Load(write(t, test.file), test.environ)
			if err == nil {
				t.Fatal("it was taken")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error %q does not say %q", err, test.want)
			}
		})
	}
}

func TestLoadRefusesLongFile(t *testing.T) {
	t.Parallel()
	if _, err := Load(write(t, strings.Repeat("#\n", maxFile)), nil); err == nil {
		t.Error("a file of 2 MiB was taken")
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml"), nil); err == nil {
		t.Error("a file that does not exist was taken")
	}
}

func TestErrorsKeepPasswordsSecret(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"users: [{name: a, password: [hunter2]}]",
		"users: [{name: a, password: {hunter2: hunter2}}]",
		"users: [{name: a, password: hunter2, ha1: hunter2}]",
		"users: [{name: a, ha1: hunter2}]",
	} {
		config, err := Load(write(t, text), nil)
		if err == nil {
			err = config.Validate()
		}
		if err == nil {
			t.Errorf("%q was taken", text)
			continue
		}
		if strings.Contains(strings.ReplaceAll(err.Error(), "password.hunter2", ""), "hunter2") {
			t.Errorf("the error shows a password: %v", err)
		}
	}
}

func TestDemo(t *testing.T) {
	t.Parallel()
	first, err := Demo(nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Demo(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Validate(); err != nil {
		t.Error(err)
	}
	if !first.Demo || len(first.Users) != 2 || first.Users[0].Domain != "localhost" {
		t.Errorf("the demo users are %d, demo is %v", len(first.Users), first.Demo)
	}
	if len(first.Users[0].Password) < 20 || first.Users[0].Password == second.Users[0].Password ||
		first.Users[0].Password == first.Users[1].Password {
		t.Error("demo passwords can be guessed")
	}
}

func TestDemoUsersStayOnThisMachine(t *testing.T) {
	t.Parallel()
	for _, variable := range []string{
		"SIPBRIDGE_LISTEN_PUBLIC=true", "SIPBRIDGE_LISTEN_HTTP=0.0.0.0:8080", "SIPBRIDGE_LISTEN_SIP_UDP=192.0.2.1:5060",
		"SIPBRIDGE_LISTEN_SIP_TCP=:5060",
	} {
		config, err := Demo([]string{variable})
		if err != nil {
			t.Fatal(err)
		}
		if config.Demo || len(config.Users) > 0 {
			t.Errorf("%s: the demo users are open to the network", variable)
		}
		if err := config.Validate(); err == nil || !strings.Contains(err.Error(), "there are no users") {
			t.Errorf("%s: a public listener without users gives %v", variable, err)
		}
	}
	config, err := Demo([]string{`SIPBRIDGE_USERS=[{"name":"carol","password":"x"}]`})
	if err != nil {
		t.Fatal(err)
	}
	if config.Demo || len(config.Users) != 1 {
		t.Errorf("demo users stand beside configured ones: %+v", config.Users)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(string(annotated))
	f.Add("users: [{name: a, password: b}]")
	f.Add("a: &a [*a]")
	f.Add("1: {2: 3}")
	f.Add("listen: {http: !!binary aGVsbG8=}")
	f.Fuzz(func(t *testing.T, text string) {
		config, err := Load(write(t, text), nil)
		if err != nil {
			return
		}
		_ = config.Validate() // only whether it returns
	})
}
