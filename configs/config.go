package configs

import "time"

// Config is the whole configuration, in the shape of sipbridge.yaml, which explains every key.
type Config struct {
	Domains       []Domain       `mapstructure:"domains"`
	Listen        Listen         `mapstructure:"listen"`
	TLS           TLS            `mapstructure:"tls"`
	Media         Media          `mapstructure:"media"`
	TURN          TURN           `mapstructure:"turn"`
	Call          Call           `mapstructure:"call"`
	Users         []User         `mapstructure:"users"`
	Routes        []Route        `mapstructure:"routes"`
	Announcements []Announcement `mapstructure:"announcements"`
	Recording     Recording      `mapstructure:"recording"`
	Trunks        []Trunk        `mapstructure:"trunks"`
	Dialing       Dialing        `mapstructure:"dialing"`
	DNS           DNS            `mapstructure:"dns"`
	Failover      Failover       `mapstructure:"failover"`
	Headers       Headers        `mapstructure:"headers"`
	Presence      Presence       `mapstructure:"presence"`
	WebSocket     WebSocket      `mapstructure:"websocket"`
	Tokens        Tokens         `mapstructure:"tokens"`
	Security      Security       `mapstructure:"security"`
	Flash         Flash          `mapstructure:"flash"`
	ClickToCall   ClickToCall    `mapstructure:"click_to_call"`
	Admin         Admin          `mapstructure:"admin"`
	Log           Log            `mapstructure:"log"`

	// Demo tells that Users were made up at this start, so that the web page may show their
	// passwords. No file can set it.
	Demo bool `mapstructure:"-"`
}

// Domain is a domain that sipbridge serves itself, or whose requests it passes on.
type Domain struct {
	Name string `mapstructure:"name"`
	// NextHop are the SIP URIs of the servers of this domain; empty for a domain of our own.
	NextHop NextHops `mapstructure:"next_hop"`
	// WebSocketPath is where those of NextHop that are reached by WebSocket take SIP; empty for /ws.
	WebSocketPath string `mapstructure:"websocket_path"`
	// BreakerLogin lets the password hashes that sipML5 sends along answer the challenges of NextHop.
	BreakerLogin bool `mapstructure:"breaker_login"`
	// SRTP and SRTPKeys are empty where they are those of Media.
	SRTP     string `mapstructure:"srtp"`
	SRTPKeys string `mapstructure:"srtp_keys"`
	// ICE is offered to the servers.
	ICE bool `mapstructure:"ice"`
}

// Local tells whether sipbridge itself serves the domain.
func (d Domain) Local() bool { return len(d.NextHop) == 0 }

// Media is what the media sessions need to know of the network.
type Media struct {
	RTPPorts    PortRange `mapstructure:"rtp_ports"`
	WebRTCPorts PortRange `mapstructure:"webrtc_ports"`
	ICELite     bool      `mapstructure:"ice_lite"`
	// ICE is offered to all phones and servers.
	ICE bool `mapstructure:"ice"`
	// TURN is a server whose relays bring browsers' media to us.
	TURN  RelayServer `mapstructure:"turn"`
	Video bool        `mapstructure:"video"`
	// VideoBitrate is in kbit/s; 0 for no limit.
	VideoBitrate int `mapstructure:"video_bitrate"`
	// VideoTranscoders is how many streams of pictures are transcoded at one time.
	VideoTranscoders int `mapstructure:"video_transcoders"`
	// OpusComplexity is how much work encoding Opus takes on an idle machine, 1 to 10. OpusAdapts lowers it as the machine
	// fills.
	OpusComplexity int  `mapstructure:"opus_complexity"`
	OpusAdapts     bool `mapstructure:"opus_adapts"`
	// SRTP is "off", "optional" or "required".
	SRTP string `mapstructure:"srtp"`
	// SRTPKeys is "sdes" or "dtls".
	SRTPKeys string        `mapstructure:"srtp_keys"`
	Timeout  time.Duration `mapstructure:"timeout"`
	// JitterBuffer is the longest delay of packets that come unevenly and are decoded; 0 for none.
	JitterBuffer time.Duration `mapstructure:"jitter_buffer"`
}

// RelayServer is a TURN server of somebody's.
type RelayServer struct {
	// Server is a TURN URI; empty for none.
	Server   string `mapstructure:"server"`
	Username string `mapstructure:"username"`
	Password string `mapstructure:"password"`
	// Secret makes passwords, where there is none.
	Secret string `mapstructure:"secret"`
}

// TURN is the relay for browsers.
type TURN struct {
	// Host is what browsers are told; empty for an address of ours.
	Host string `mapstructure:"host"`
	// Secret makes the passwords; empty for one that is made up.
	Secret  string `mapstructure:"secret"`
	PerUser int    `mapstructure:"per_user"`
}

// Admin is what the operator sees beside the log and /metrics.
type Admin struct {
	// Calls shows the running calls at /calls.
	Calls bool `mapstructure:"calls"`
}

// Call limits how long the phases of a call last, and says how phones are rung.
type Call struct {
	Ring time.Duration `mapstructure:"ring"`
	Park time.Duration `mapstructure:"park"`
	// PassTransfers lets trunks that can do blind transfers by themselves.
	PassTransfers bool          `mapstructure:"pass_transfers"`
	Drain         time.Duration `mapstructure:"drain"`
	// PerUser is how many calls one user may place at one time.
	PerUser int `mapstructure:"per_user"`
	// Session is the interval of session timers toward phones (RFC 4028).
	Session time.Duration `mapstructure:"session"`
	// PRACK lets provisional responses be reliable (RFC 3262).
	PRACK bool `mapstructure:"prack"`
	// Breaker is "always" to be a party to all calls, "asked" to let browsers have them for themselves.
	Breaker string `mapstructure:"breaker"`
}

// User is a user of a domain of our own. It has a Password or a HA1; where there are Tokens it may have neither.
type User struct {
	Name string `mapstructure:"name"`
	// Domain is filled with the first domain of our own by Load where the file leaves it out.
	Domain   string `mapstructure:"domain"`
	Password string `mapstructure:"password"`
	// HA1 is the MD5 of name:domain:password in hexadecimal digits (RFC 7616 section 3.4.2).
	HA1 string `mapstructure:"ha1"`
	// Contacts may watch the user where Presence wants them to be named: names, or name@domain.
	Contacts []string `mapstructure:"contacts"`
}

// Route says who is called for a Request-URI.
type Route struct {
	From  string `mapstructure:"from"`
	Match string `mapstructure:"match"`
	To    string `mapstructure:"to"`
	// Announce is the file of sound that the caller hears first; empty for none.
	Announce string `mapstructure:"announce"`
	// Record has the call recorded.
	Record bool `mapstructure:"record"`
	// RecordFormat is "wav" or "ogg"; empty for that of Recording.
	RecordFormat string `mapstructure:"record_format"`
}

// Headers change what crosses from one party to the other.
type Headers struct {
	Pass  []string `mapstructure:"pass"`
	Strip []string `mapstructure:"strip"`
}

// WebSocket limits what browsers may do.
type WebSocket struct {
	Origins []string `mapstructure:"origins"`
	// MaxMessage is in bytes.
	MaxMessage int `mapstructure:"max_message"`
	// Rate is in messages a second.
	Rate int `mapstructure:"rate"`
}

// Tokens say who may speak for users without their passwords.
type Tokens struct {
	// Keys sign JSON Web Tokens, whose aud is Audience and whose iss, if it is set, Issuer.
	Keys     []TokenKey `mapstructure:"keys"`
	Audience string     `mapstructure:"audience"`
	Issuer   string     `mapstructure:"issuer"`
	// TemporarySecret makes the passwords of temporary accounts; empty for none.
	TemporarySecret string `mapstructure:"temporary_secret"`
	// AnyUser lets them name users who are not in Users.
	AnyUser bool `mapstructure:"any_user"`
}

// TokenKey is a Secret or the File of a public key.
type TokenKey struct {
	// ID is what a token names in kid.
	ID     string `mapstructure:"id"`
	Secret string `mapstructure:"secret"`
	File   string `mapstructure:"file"`
}

// Security says who is not served.
type Security struct {
	// Scanners are words in the User-Agent of those that get no answer.
	Scanners []string `mapstructure:"scanners"`
	// Strangers tells whether callers that have proved nothing are served at all.
	Strangers bool `mapstructure:"strangers"`
	// StrangerCalls is how many calls a second may begin of such callers.
	StrangerCalls int `mapstructure:"stranger_calls"`
	// Rate is in messages a second of one source, over UDP and over TCP.
	Rate int `mapstructure:"rate"`
}

// Log says what is logged, and how.
type Log struct {
	Level  string `mapstructure:"level"`
	Format string `mapstructure:"format"`
}
