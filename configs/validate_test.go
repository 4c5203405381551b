package configs

import (
	"strings"
	"testing"
)

func TestValidateRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ file, want string }{
		{"domains: []", "domains: at least one"},
		{"domains: [{name: 'a b'}]", "domains[0].name"},
		{"domains: [{name: ''}]", "domains[0].name"},
		{"domains: [{name: a.example}, {name: A.example}]", "there twice"},
		{"domains: [{name: a.example, breaker_login: true}]", "domains[0].breaker_login"},
		{"domains: [{name: a.example, srtp: required}]", "domains[0]: srtp"},
		{"domains: [{name: a.example, next_hop: 'sip:x', srtp: maybe}]", "domains[0].srtp"},
		{"domains: [{name: a.example, next_hop: 'sip:x', srtp_keys: zrtp}]", "domains[0].srtp_keys"},
		{"domains: [{name: a.example, next_hop: 'http://x'}]", "domains[0].next_hop"},
		{"domains: [{name: a.example, next_hop: 'sip:x:y'}]", "domains[0].next_hop"},
		{"domains: [{name: a.example, next_hop: 'sip:x;transport=sctp'}]", "domains[0].next_hop"},
		{"domains: [{name: a.example, next_hop: 'sips:x;transport=udp'}]", "domains[0].next_hop"},
		{"domains: [{name: a.example, next_hop: 'sips:x'}]", "domains[0].next_hop: TLS needs listen.sip_tls"},
		{"domains: [{name: a.example, next_hop: 'sip:x;lr'}]", "domains[0].next_hop"},
		{"domains: [{name: a.example, next_hop: 'sip:user@x'}]", "domains[0].next_hop"},
		{"domains: [{name: a.example, next_hop: ['sip:x', 'sip:user@x']}]", "domains[0].next_hop"},
		{"dns: {servers: [ns.example]}", "dns.servers[0]"},
		{"dns: {servers: [192.0.2.53, '192.0.2.53:0']}", "dns.servers[1]"},
		{"failover: {silence: 0s}", "failover.silence"},
		{"failover: {silence: 33s}", "failover.silence"},
		{"failover: {avoid: 0s}", "failover.avoid"},
		{"failover: {probe: 10ms}", "failover.probe"},
		{"failover: {probe: -1s}", "failover.probe"},
		{"failover: {probe_failures: 0}", "failover.probe_failures"},
		{"routes: [{from: any, match: x, to: 'user:a', record: true}]", "routes[0].record: recording.folder"},
		{
			"call: {breaker: asked}\nrecording: {folder: x}\n" +
				"routes: [{from: any, match: x, to: 'user:a', record: true}]", "routes[0].record: with call.breaker asked",
		},
		{"recording: {header: X-Record}", "recording.header: recording.folder"},
		{"recording: {folder: x, header: 'X Record'}", "recording.header"},
		{"recording: {folder: x, header: Recorded}", "recording.header"},
		{"recording: {folder: x, header: X-Record}\nheaders: {strip: [x-*]}", "recording.header"},
		{"recording: {most: 0}", "recording.most"},
		{"recording: {format: mp3}", "recording.format"},
		{"routes: [{from: any, match: x, to: 'user:a', record_format: mp3}]", "routes[0].record_format: \"mp3\""},
		{"routes: [{from: any, match: x, to: 'user:a', record_format: ogg}]", "routes[0].record_format: without record"},
		{"recording: {least_free: -1}", "recording.least_free"},
		{"announcements: [{statuses: [486]}]", "announcements[0].file"},
		{"announcements: [{file: x, statuses: [200]}]", "announcements[0].statuses"},
		{"announcements: [{file: x, statuses: [486, 486]}]", "announcements[0].statuses"},
		{"listen: {http: localhost}", "listen.http"},
		{"listen: {http: 'example.com:80'}", "listen.http"},
		{"listen: {sip_udp: '127.0.0.1:70000'}", "listen.sip_udp"},
		{"listen: {sip_tcp: '127.0.0.1:sip'}", "listen.sip_tcp"},
		{"listen: {rtmp: '127.0.0.1'}", "listen.rtmp"},
		{"flash: {policy_hosts: ['https://a.test']}", "flash.policy_hosts[0]"},
		{"flash: {streams: [{name: 'a b'}]}", "flash.streams[0].name"},
		{"flash: {streams: [{name: a}, {name: a}]}", `flash.streams[1].name: "a" is there twice`},
		{"flash: {streams: [{name: a, key: short}]}", "flash.streams[0].key"},
		{"flash: {streams: [{name: a, key: 'long enough key', user: nobody}]}", "flash.streams[0].user"},
		{"click_to_call: {buttons: [{to: alice}]}", "click_to_call.buttons[0].to"},
		{"click_to_call: {buttons: [{to: 'a@b.c;x=y', origins: ['https://a']}]}", "click_to_call.buttons[0].to"},
		{"click_to_call: {buttons: [{to: a@b.c}]}", "click_to_call.buttons[0].origins"},
		{"click_to_call: {buttons: [{to: a@b.c, origins: ['https://a/']}]}", "click_to_call.buttons[0].origins[0]"},
		{"click_to_call: {calls: 0}", "click_to_call.calls"},
		{
			"click_to_call: {buttons: [{to: a@b.c, origins: ['https://a']}]}\nusers: [{name: guest-room, password: x}]",
			"users[0].name",
		},
		{"click_to_call: {database: a.db}", "click_to_call.secret"},
		{"click_to_call: {database: a.db}", "click_to_call.url"},
		{"click_to_call: {database: a.db}", "click_to_call.mail"},
		{"click_to_call: {database: a.db, mail: {security: x}}", "click_to_call.mail.security"},
		{"click_to_call: {database: a.db, captcha: {url: x}}", "click_to_call.captcha"},
		{"click_to_call: {database: a.db, domains: ['a b']}", "click_to_call.domains[0]"},
		{
			"domains: [{name: a.test, next_hop: 'sip:192.0.2.1'}]\n" +
				"click_to_call: {buttons: [{to: a@b.c, origins: ['https://a']}]}",
			"it needs a domain without next_hop",
		},
		{"listen: {https: '[fe80::1%eth0]:443'}", "listen.https"},
		{"listen: {http: ''}", "no browser can connect"},
		{"listen: {public: true}", "there are no users"},
		{"tls: {cert: a.pem}", "cert and key"},
		{"tls: {key: a.pem}", "cert and key"},
		{"tls: {sip_tls: {key: a.pem}}", "tls.sip_tls: cert and key"},
		{"tls: {acme: {hosts: ['a b']}}", "tls.acme.hosts[0]"},
		{"tls: {acme: {hosts: [a.example]}}", "tls.acme.storage"},
		{"tls: {acme: {hosts: [a.example]}}", "listen.https is needed"},
		{"tls: {acme: {hosts: [a.example], directory: 'http://a.example'}}", "tls.acme.directory"},
		{"listen: {https: ':443'}\ntls: {cert: a, key: b, acme: {hosts: [a.example]}}", "take away either"},
		{"tls: {client_required: true}", "tls.client_required"},
		{"listen: {sip_tls: '127.0.0.1'}", "listen.sip_tls"},
		{"listen: {sip_udp: '127.0.0.1:5060,'}", "listen.sip_udp"},
		{"media: {rtp_ports: 8000-9000}", "media.webrtc_ports"},
		{"media: {rtp_ports: 20000}", "media.rtp_ports"},
		{"media: {rtp_ports: ''}", "media.rtp_ports"},
		{"media: {webrtc_ports: 5060}", "listen.sip_udp"},
		{"listen: {advertised: [{address: my.example}]}", "listen.advertised[0].address"},
		{"listen: {advertised: [{network: 10.0.0.0/8}, {address: 0.0.0.0}]}", "listen.advertised[1].address"},
		{"listen: {advertised: [{network: 10.0.0.1}]}", "listen.advertised[0].network"},
		{"listen: {stun: 'stun.example.org:0'}", "listen.stun"},
		{"media: {turn: {server: turn.example.org, username: a, password: b}}", "media.turn.server"},
		{"media: {turn: {server: 'stun:turn.example.org', secret: b}}", "media.turn.server"},
		{"media: {turn: {server: 'turn:turn.example.org', username: a}}", "media.turn: username and password"},
		{"media: {turn: {username: a, password: b}}", "media.turn.server"},
		{"media: {turn: {server: 'turn:turn.example.org', password: a, secret: b}}", "media.turn: there are both"},
		{"media: {ice_lite: true, turn: {server: 'turns:turn.example.org', secret: b}}", "media.turn: media.ice_lite"},
		{"listen: {stun: 'a b'}", "listen.stun"},
		{"listen: {stun: 'stun:stun.example.org'}", "listen.stun"},
		{"listen: {advertised: [{}]}", "listen.advertised[0]: a network"},
		{"listen: {advertised: [{network: '::/0', address: 192.0.2.1}]}", "of the other family"},
		{"turn: {host: 'not a name'}", "turn.host"},
		{"turn: {secret: short}", "turn.secret"},
		{"turn: {per_user: 0}", "turn.per_user"},
		{"listen: {turn: ':8443'}", "listen.turn"},
		{"media: {timeout: 0s}", "media.timeout"},
		{"media: {jitter_buffer: -1ms}", "media.jitter_buffer"},
		{"media: {jitter_buffer: 201ms}", "media.jitter_buffer"},
		{"call: {ring: 0s}", "call.ring"},
		{"call: {park: -1s}", "call.park"},
		{"call: {session: 89s}", "call.session"},
		{"call: {session: -1s}", "call.session"},
		{"call: {drain: -1s}", "call.drain"},
		{"users: [{name: alice}]", "users[0]: alice needs a password or a ha1"},
		{"users: [{name: 'a@b', password: x}]", "users[0].name"},
		{"users: [{name: \"a\\r\\nb\", password: x}]", "users[0].name"},
		{"users: [{name: a, ha1: abc}]", "users[0].ha1"},
		{"users: [{name: a, password: x, domain: other.example}]", "users[0].domain"},
		{"users: [{name: a, password: x}, {name: a, ha1: y, domain: LOCALHOST}]", "users[1]: a@localhost is there twice"},
		{"routes: [{from: all, match: x, to: 'user:a'}]", "routes[0].from"},
		{"routes: [{from: 'trunk:', match: x, to: 'user:a'}]", "routes[0].from"},
		{"routes: [{from: any, match: '(', to: 'user:a'}]", "routes[0].match"},
		{"routes: [{from: any, to: 'user:a'}]", "routes[0].match"},
		{"routes: [{from: any, match: x, to: a}]", "routes[0].to"},
		{"routes: [{from: any, match: x, to: 'reject:200'}]", "routes[0].to"},
		{"routes: [{from: any, match: x, to: 'reject:302'}]", "routes[0].to"},
		{"routes: [{from: any, match: x, to: 'builtin:'}]", "routes[0].to"},
		{"presence: {watchers: friends}", "presence.watchers"},
		{"presence: {expires: 1s}", "presence.expires"},
		{"presence: {per_user: 0}", "presence.per_user"},
		{"users: [{name: a, password: b, contacts: ['x y']}]", "users[0].contacts"},
		{"headers: {pass: ['X Y']}", "headers.pass"},
		{"headers: {pass: [Contact]}", "headers.pass"},
		{"headers: {strip: [from]}", "headers.strip"},
		{"headers: {strip: ['*']}", "headers.strip"},
		{"domains: [{name: a.example, next_hop: 'sip:x', websocket_path: /sip}]", "domains[0].websocket_path: no next_hop"},
		{"domains: [{name: a.example, next_hop: 'sip:x;transport=ws', websocket_path: sip}]", "domains[0].websocket_path"},
		{"trunks: [{name: a, next_hop: 'sip:x;transport=wss', websocket_path: '/a?b'}]", "trunks[0].websocket_path"},
		{"trunks: [{name: a, next_hop: 'sip:x;transport=wss', websocket_path: /a}, {name: b, next_hop: " +
			"'sip:X;transport=wss', websocket_path: /b}]", "trunks[0].websocket_path: x has another one"},
		{"trunks: [{name: a, next_hop: 'sip:x;transport=wss', websocket_path: /a}, {name: b, next_hop: " +
			"'sip:X;transport=ws'}]", "trunks[1].websocket_path: x has another one"},
		{"trunks: [{name: 'a b', next_hop: 'sip:x'}]", "trunks[0].name"},
		{"trunks: [{name: localhost, next_hop: 'sip:x'}]", "trunks[0].name"},
		{"trunks: [{name: a, next_hop: 'sip:x'}, {name: A, next_hop: 'sip:y'}]", "trunks[1].name"},
		{"trunks: [{name: a}]", "trunks[0].next_hop"},
		{"trunks: [{name: a, next_hop: ['sip:x', 'y']}]", "trunks[0].next_hop"},
		{"trunks: [{name: a, next_hop: 'sip:x', register: true}]", "trunks[0].register"},
		{"trunks: [{name: a, next_hop: 'sip:x', password: y}]", "trunks[0].password"},
		{"trunks: [{name: a, next_hop: 'sip:x', identity: rpid}]", "trunks[0].identity"},
		{"trunks: [{name: a, next_hop: 'sip:x', dtmf: tones}]", "trunks[0].dtmf"},
		{"trunks: [{name: a, next_hop: 'sip:x', srtp: maybe}]", "trunks[0].srtp"},
		{"trunks: [{name: a, next_hop: 'sip:x', srtp_keys: zrtp}]", "trunks[0].srtp_keys"},
		{"media: {srtp: \"\"}", "media.srtp"},
		{"media: {srtp_keys: zrtp}", "media.srtp_keys"},
		{"trunks: [{name: a, next_hop: 'sip:x', strip_headers: [Via]}]", "trunks[0].strip_headers"},
		{"trunks: [{name: a, next_hop: 'sip:x', max_calls: -1}]", "trunks[0]: a limit"},
		{"trunks: [{name: a, next_hop: 'sip:x', expires: -1s}]", "trunks.expires"},
		{"dialing: {rules: [{trunks: [a]}]}", "dialing.rules[0].trunks"},
		{"dialing: {rules: [{users: ['trunk:a']}]}", "dialing.rules[0].users"},
		{"dialing: {rules: [{calls_per_minute: -1}]}", "dialing.rules[0]: a limit"},
		{"websocket: {origins: ['*']}", "websocket.origins[0]"},
		{"websocket: {origins: ['https://*']}", "websocket.origins[0]"},
		{"websocket: {origins: ['https://a.example/']}", "websocket.origins[0]"},
		{"websocket: {origins: ['null']}", "websocket.origins[0]"},
		{"websocket: {max_message: 10}", "websocket.max_message"},
		{"websocket: {max_message: 100000000}", "websocket.max_message"},
		{"websocket: {rate: 0}", "websocket.rate"},
		{"call: {breaker: never}", "call.breaker"},
		{"call: {per_user: 0}", "call.per_user"},
		{"media: {opus_complexity: 0}", "media.opus_complexity"},
		{"media: {opus_complexity: 11}", "media.opus_complexity"},
		{"media: {video_bitrate: 7}", "media.video_bitrate"},
		{"media: {video_transcoders: -1}", "media.video_transcoders"},
		{"media: {video_bitrate: 200000}", "media.video_bitrate"},
		{"security: {scanners: [' x ']}", "security.scanners[0]"},
		{"tokens: {keys: [{id: a}]}", "tokens.keys[0]"},
		{"tokens: {keys: [{secret: a, file: b}]}", "tokens.keys[0]"},
		{"tokens: {keys: [{secret: short}]}", "tokens.keys[0].secret"},
		{"tokens: {keys: [{file: a.pem}]}", "tokens.audience"},
		{"tokens: {any_user: true}", "tokens.any_user"},
		{"tokens: {temporary_secret: short}", "tokens.temporary_secret"},
		{"security: {rate: 0}", "security.rate"},
		{"security: {stranger_calls: 0}", "security.stranger_calls"},
		{"log: {level: loud}", "log.level"},
		{"log: {format: xml}", "log.format"},
	} {
		t.Run(test.file, func(t *testing.T) {
			t.Parallel()
			config, err := Load(write(t, test.file), nil)
			if err == nil {
				err = config.Validate()
			}
			if err == nil {
				t.Fatal("it was taken")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error %q does not say %q", err, test.want)
			}
		})
	}
}

func TestValidateSaysEverythingAtOnce(t *testing.T) {
	t.Parallel()
	err := load(t, "log: {level: loud, format: xml}\ncall: {ring: 0s}").Validate()
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("three faults give %v", err)
	}
}

func TestValidateAccepts(t *testing.T) {
	t.Parallel()
	for _, file := range []string{
		"",
		"# only a comment",
		"users: [{name: a}]\ntokens: {audience: us, keys: [{file: a.pem}]}",
		"users: [{name: a}]\ntokens: {temporary_secret: 0123456789abcdef}",
		"listen: {public: true}\nusers: [{name: a, password: x}]",
		"listen: {public: true}\ndomains: [{name: pbx.example, next_hop: 'sip:192.0.2.1'}]\nroutes: []",
		"listen: {http: '', https: 'localhost:443'}",
		"listen: {http: '127.0.0.1:0', sip_udp: '', sip_tcp: ''}",
		"media: {webrtc_ports: 30000-31000}\nlisten: {advertised: [{address: 2001:db8::1}, {network: 10.0.0.0/8}]}",
		"domains: [{name: 192.0.2.7}, {name: pbx.example, next_hop: 'sip:[2001:db8::1]:5070;transport=TCP'}]",
		"listen: {https: 'localhost:443'}\ntls: {acme: {hosts: [a.example], storage: /var/lib/sipbridge}}",
		"domains: [{name: a.example, next_hop: 'sips:x'}]\nlisten: {sip_tls: 'localhost:5061, [::1]:5061'}",
		"domains: [{name: a.example, next_hop: 'sip:x;transport=wss'}]",
		"domains: [{name: a.example, next_hop: ['sip:x', 'sip:y;transport=wss'], websocket_path: /sip/ws}]",
		"domains: [{name: a.example, next_hop: ['sip:x', 'sip:192.0.2.1']}]",
		"dns: {servers: [192.0.2.53, '192.0.2.53:5353', '2001:db8::53', '[2001:db8::53]:53'], prefer_ipv6: true}",
		"failover: {silence: 500ms, avoid: 1h, probe: 30s, probe_failures: 1}",
		"websocket: {origins: ['https://a.example:8443', 'http://localhost:3000']}",
		"routes: [{from: users, match: '^sip:(.*)@', to: 'sip:$1@[2001:db8::1]:5070;transport=tcp'}]\n" +
			"dialing: {rules: [{trunks: ['[2001:DB8::1]']}]}",
		"domains: [{name: a.example, next_hop: 'sip:x'}]\ndialing: {rules: [{trunks: [A.example]}]}",
		"trunks: [{name: a, next_hop: ['sip:x', 'sip:y']}]\ndialing: {rules: [{trunks: [A], users: ['trunk:a', bob]}]}",
		"routes: [{from: 'trunk:pbx', match: .*, to: 'reject:603'}, {from: users, match: '^sip:(.*)', to: 'sip:$1'}]",
		"recording: {folder: x, header: X-Record}",
		"recording: {folder: x, header: Recorded}\nheaders: {pass: [recorded]}",
	} {
		if err := load(t, file).Validate(); err != nil {
			t.Errorf("%q: %v", file, err)
		}
	}
}

func TestNextHop(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]NextHop{
		"sip:pbx.example":                         {Host: "pbx.example", Port: 5060, Transport: "udp"},
		"sip:192.0.2.1:5070;transport=tcp":        {Host: "192.0.2.1", Port: 5070, Transport: "tcp"},
		"sip:[2001:db8::1];transport=UDP":         {Host: "2001:db8::1", Port: 5060, Transport: "udp"},
		"sip:[2001:db8::1]:5062;Transport=udp":    {Host: "2001:db8::1", Port: 5062, Transport: "udp"},
		"sip:pbx.example;transport=tls":           {Host: "pbx.example", Port: 5061, Transport: "tls"},
		"sips:pbx.example":                        {Host: "pbx.example", Port: 5061, Transport: "tls"},
		"sips:pbx.example:5071;transport=tcp":     {Host: "pbx.example", Port: 5071, Transport: "tls"},
		"sips:pbx.example;transport=ws":           {Host: "pbx.example", Port: 443, Transport: "wss"},
		"sip:pbx.example;transport=ws":            {Host: "pbx.example", Port: 80, Transport: "ws"},
		"sip:a-b.example.com.:5060;transport=tcp": {Host: "a-b.example.com.", Port: 5060, Transport: "tcp"},
	} {
		got, err := ParseNextHop(uri)
		if err != nil || got != want {
			t.Errorf("%s gives %+v, %v", uri, got, err)
		}
	}
	if got := (NextHop{Host: "2001:db8::1", Port: 5060}).Address(); got != "[2001:db8::1]:5060" {
		t.Errorf("the address is %s", got)
	}
}

func FuzzParseNextHop(f *testing.F) {
	f.Add("sip:[2001:db8::1]:5062;transport=udp")
	f.Add("sip:a.example;transport=tcp;lr")
	f.Fuzz(func(t *testing.T, uri string) {
		hop, err := ParseNextHop(uri)
		if err == nil && (strings.ContainsAny(hop.Host, "\r\n @;<>") || hop.Port == 0) {
			t.Errorf("%q gives %+v", uri, hop)
		}
	})
}
