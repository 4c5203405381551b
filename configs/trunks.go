package configs

import "time"

// Trunk is a server whose customer sipbridge is.
type Trunk struct {
	Name string `mapstructure:"name"`
	// NextHop are SIP URIs, tried in order.
	NextHop NextHops `mapstructure:"next_hop"`
	// WebSocketPath is where those of NextHop that are reached by WebSocket take SIP; empty for /ws.
	WebSocketPath string `mapstructure:"websocket_path"`
	// Domain and FromDomain are the hosts in the URIs of callees and of ourselves; empty for that of NextHop.
	Domain     string `mapstructure:"domain"`
	FromDomain string `mapstructure:"from_domain"`
	Username   string `mapstructure:"username"`
	// AuthUsername is empty where it is Username.
	AuthUsername string `mapstructure:"auth_username"`
	Password     string `mapstructure:"password"`
	// Realm is empty for any that the trunk names.
	Realm    string `mapstructure:"realm"`
	Register bool   `mapstructure:"register"`
	// Expires is 0 for an hour.
	Expires  time.Duration `mapstructure:"expires"`
	Identity string        `mapstructure:"identity"`
	// HideCaller asks the trunk not to show who calls.
	HideCaller bool     `mapstructure:"hide_caller"`
	Trusted    bool     `mapstructure:"trusted"`
	Codecs     []string `mapstructure:"codecs"`
	DTMF       string   `mapstructure:"dtmf"`
	// SRTP and SRTPKeys are empty where they are those of Media.
	SRTP     string `mapstructure:"srtp"`
	SRTPKeys string `mapstructure:"srtp_keys"`
	// ICE is offered to it.
	ICE bool `mapstructure:"ice"`
	// Redundancy (RFC 2198) and ComfortNoise (RFC 3389) are offered to it.
	Redundancy   bool `mapstructure:"redundancy"`
	ComfortNoise bool `mapstructure:"comfort_noise"`
	// CalledOut and the others are rules written as "regular expression -> number".
	CalledOut  []string `mapstructure:"called_out"`
	CallingOut []string `mapstructure:"calling_out"`
	CalledIn   []string `mapstructure:"called_in"`
	CallingIn  []string `mapstructure:"calling_in"`
	// PassHeaders and StripHeaders are added to the lists of Headers.
	PassHeaders  []string `mapstructure:"pass_headers"`
	StripHeaders []string `mapstructure:"strip_headers"`
	// MaxCalls and CallsPerSecond are 0 for no limit.
	MaxCalls       int `mapstructure:"max_calls"`
	CallsPerSecond int `mapstructure:"calls_per_second"`
}

// NextHops is a list of SIP URIs; one may be written without the list.
type NextHops []string

// oneNextHop is what is written without the list; empty text is no server.
func oneNextHop(text string) NextHops {
	if text == "" {
		return nil
	}
	return NextHops{text}
}

// Dialing says who may dial what at sipbridge's cost.
type Dialing struct {
	// Normalize are rules written as "regular expression -> number".
	Normalize []string      `mapstructure:"normalize"`
	Rules     []DialingRule `mapstructure:"rules"`
}

// DialingRule allows or denies users some numbers. Empty lists mean all.
type DialingRule struct {
	Users   []string `mapstructure:"users"`
	Numbers []string `mapstructure:"numbers"`
	Trunks  []string `mapstructure:"trunks"`
	Deny    bool     `mapstructure:"deny"`
	// MaxCalls and CallsPerMinute are 0 for no limit.
	MaxCalls       int `mapstructure:"max_calls"`
	CallsPerMinute int `mapstructure:"calls_per_minute"`
}
