package configs

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"sipbridge/bridge/turn"
	"sipbridge/sipua/headers"
)

// websocket.max_message is from what a browser's INVITE with its SDP takes to what nobody sends.
const (
	minMessage = 4 << 10
	maxMessage = 1 << 20
)

// media.video_bitrate is from where pictures begin to be of use to what no camera needs, in kbit/s.
const (
	minVideoBitrate = 50
	maxVideoBitrate = 100_000
)

// faults collects what is wrong.
type faults []error

func (f *faults) add(format string, args ...any) { *f = append(*f, fmt.Errorf(format, args...)) }

// Validate says everything that is wrong with the configuration, one sentence for each that names the
// key. Whether routes lead somewhere is not its matter, nor whether files and ports can be opened.
func (c *Config) Validate() error {
	var found faults
	c.checkDomains(&found)
	c.checkListen(&found)
	c.checkTLS(&found)
	c.checkMedia(&found)
	c.checkTURN(&found)
	c.checkCall(&found)
	c.checkUsers(&found)
	c.checkPresence(&found)
	c.checkRoutes(&found)
	c.checkRecording(&found)
	c.checkTrunks(&found)
	c.checkDialing(&found)
	c.checkWebSocketPaths(&found)
	c.checkFailover(&found)
	c.Headers.check(&found, "headers.%s")
	c.checkWebSocket(&found)
	c.checkTokens(&found)
	c.checkSecurity(&found)
	c.checkFlash(&found)
	c.checkClickToCall(&found)
	c.checkLog(&found)
	return errors.Join(found...)
}

func (c *Config) checkDomains(found *faults) {
	if len(c.Domains) == 0 {
		found.add("domains: at least one is needed")
	}
	seen := map[string]bool{}
	for i, domain := range c.Domains {
		name := strings.ToLower(domain.Name)
		if !isHost(domain.Name) {
			found.add("domains[%d].name: %q is no domain name", i, domain.Name)
		}
		if seen[name] {
			found.add("domains[%d].name: %q is there twice", i, domain.Name)
		}
		seen[name] = true
		if domain.Local() {
			if domain.BreakerLogin {
				found.add("domains[%d].breaker_login: %s has no next_hop whose challenges it could answer", i, domain.Name)
			}
			if domain.SRTP != "" || domain.SRTPKeys != "" || domain.ICE {
				found.add("domains[%d]: srtp, srtp_keys and ice are for a next_hop, which %s has not", i, domain.Name)
			}
			continue
		}
		checkProtection(found, fmt.Sprintf("domains[%d]", i), domain.SRTP, domain.SRTPKeys)
		c.checkNextHops(found, fmt.Sprintf("domains[%d].next_hop", i), domain.NextHop)
	}
}

func (c *Config) checkNextHops(found *faults, key string, nextHops NextHops) {
	for _, nextHop := range nextHops {
		hop, err := ParseNextHop(nextHop)
		switch {
		case err != nil:
			found.add("%s: %w", key, err)
		case hop.Transport == "tls" && c.Listen.SIPTLS == "":
			found.add("%s: TLS needs listen.sip_tls, where the server can connect back", key)
		}
	}
}

func (c *Config) checkListen(found *faults) {
	if _, err := c.Listen.Expand(nil); err != nil {
		found.add("%w", err)
	}
	c.Listen.checkAdvertised(found)
	if _, _, err := c.Listen.STUNServer(); err != nil {
		found.add("%w", err)
	}
	if c.Listen.HTTP == "" && c.Listen.HTTPS == "" && !c.Listen.Public {
		found.add("listen: without http and https no browser can connect")
	}
	if c.Listen.OpenToNetwork() && len(c.Users) == 0 && !c.Tokens.AnyUser && c.hasLocalDomain() {
		found.add("listen: other machines can reach sipbridge, but there are no users; name them under users, " +
			"or listen on 127.0.0.1 only")
	}
}

func (c *Config) hasLocalDomain() bool { return slices.ContainsFunc(c.Domains, Domain.Local) }

func (c *Config) checkVideo(found *faults) {
	if c.Media.VideoTranscoders < 0 {
		found.add("media.video_transcoders: %d is negative", c.Media.VideoTranscoders)
	}
	if rate := c.Media.VideoBitrate; rate != 0 && (rate < minVideoBitrate || rate > maxVideoBitrate) {
		found.add("media.video_bitrate: %d is neither 0 nor from %d to %d", rate, minVideoBitrate, maxVideoBitrate)
	}
}

func (c *Config) checkSound(found *faults) {
	if most := c.Media.OpusComplexity; most < 1 || most > 10 {
		found.add("media.opus_complexity: %d is not from 1 to 10", most)
	}
}

func (c *Config) checkMedia(found *faults) {
	checkPorts(found, "media.rtp_ports", c.Media.RTPPorts)
	checkPorts(found, "media.webrtc_ports", c.Media.WebRTCPorts)
	c.checkVideo(found)
	c.checkSound(found)
	if c.Media.RTPPorts.Len() < 2 {
		found.add("media.rtp_ports: a call takes two ports, so one is too few")
	}
	if c.Media.RTPPorts.Overlaps(c.Media.WebRTCPorts) {
		found.add("media.webrtc_ports: %s overlaps media.rtp_ports %s", c.Media.WebRTCPorts, c.Media.RTPPorts)
	}
	for _, address := range splitAddresses(c.Listen.SIPUDP) {
		if _, port, err := parseAddress(address); err == nil && c.mediaUses(port) {
			found.add("listen.sip_udp: port %d is also one of the media ports", port)
		}
	}
	if !isSRTP(c.Media.SRTP) {
		found.add("media.srtp: %q is not off, optional or required", c.Media.SRTP)
	}
	if !isSRTPKeys(c.Media.SRTPKeys) {
		found.add("media.srtp_keys: %q is not sdes or dtls", c.Media.SRTPKeys)
	}
	c.checkRelayServer(found)
	checkPositive(found, "media.timeout", c.Media.Timeout)
	if longest := 200 * time.Millisecond; c.Media.JitterBuffer < 0 || c.Media.JitterBuffer > longest {
		found.add("media.jitter_buffer: %s is not between 0s and %s", c.Media.JitterBuffer, longest)
	}
}

func (c *Config) checkRelayServer(found *faults) {
	relay := c.Media.TURN
	if relay == (RelayServer{}) {
		return
	}
	_, err := turn.NewClient(turn.ClientOptions{
		Server: relay.Server, Username: relay.Username, Password: relay.Password, Secret: relay.Secret,
	})
	switch {
	case errors.Is(err, turn.ErrServer):
		found.add("media.turn.server: %w", err)
	case err != nil:
		found.add("media.turn: username and password are needed, or secret")
	case relay.Secret != "" && relay.Password != "":
		found.add("media.turn: there are both password and secret; take away either")
	case c.Media.ICELite:
		found.add("media.turn: media.ice_lite is for machines that browsers reach, which need no relay; take away either")
	}
}

// shortestTURNSecret is in characters, as that of tokens.
const shortestTURNSecret = 32

func (c *Config) checkTURN(found *faults) {
	if _, err := netip.ParseAddr(c.TURN.Host); c.TURN.Host != "" && err != nil && !isHost(c.TURN.Host) {
		found.add("turn.host: %q is no name or address of a machine", c.TURN.Host)
	}
	if c.TURN.Secret != "" && len(c.TURN.Secret) < shortestTURNSecret {
		found.add("turn.secret: it has %d characters; at least %d are needed", len(c.TURN.Secret), shortestTURNSecret)
	}
	if c.TURN.PerUser < 1 {
		found.add("turn.per_user: %d relays serve nobody", c.TURN.PerUser)
	}
	for _, address := range splitAddresses(c.Listen.TURN) {
		if _, port, err := parseAddress(address); err == nil && c.mediaUses(port) {
			found.add("listen.turn: port %d is also one of the media ports", port)
		}
	}
}

func checkPorts(found *faults, name string, ports PortRange) {
	if ports.First == 0 || ports.First > ports.Last {
		found.add("%s: %s is no range of ports", name, ports)
	}
}

func (c *Config) mediaUses(port uint16) bool {
	return port != 0 && (c.Media.RTPPorts.Contains(port) || c.Media.WebRTCPorts.Contains(port))
}

// shortestSession is the shortest interval of a session timer (RFC 4028 section 5).
const shortestSession = 90 * time.Second

func (c *Config) checkCall(found *faults) {
	checkPositive(found, "call.ring", c.Call.Ring)
	checkNotNegative(found, "call.park", c.Call.Park)
	checkNotNegative(found, "call.drain", c.Call.Drain)
	if c.Call.Breaker != "always" && c.Call.Breaker != "asked" {
		found.add("call.breaker: %q is not always or asked", c.Call.Breaker)
	}
	if c.Call.Session != 0 && c.Call.Session < shortestSession {
		found.add("call.session: %v is shorter than phones take: at least %v, or 0s", c.Call.Session, shortestSession)
	}
	if c.Call.PerUser < 1 {
		found.add("call.per_user: %d calls let nobody talk", c.Call.PerUser)
	}
}

func checkPositive(found *faults, name string, value time.Duration) {
	if value <= 0 {
		found.add("%s: %v is no time to wait; it is longer than 0s", name, value)
	}
}

func checkNotNegative(found *faults, name string, value time.Duration) {
	if value < 0 {
		found.add("%s: %v is less than no time", name, value)
	}
}

func (c *Config) checkRoutes(found *faults) {
	for i, route := range c.Routes {
		if !validFrom(route.From) {
			found.add("routes[%d].from: %q is not users, trunk:<name> or any", i, route.From)
		}
		if route.Match == "" {
			found.add("routes[%d].match: a regular expression is needed; .* matches everything", i)
		}
		if _, err := regexp.Compile(route.Match); err != nil {
			found.add("routes[%d].match: %w", i, err)
		}
		if !validTo(route.To) {
			found.add("routes[%d].to: %q is not user:<name>, trunk:<name>, builtin:<name>, reject:<400 to 699> or a SIP URI",
				i, route.To)
		}
		if user, ok := strings.CutPrefix(route.To, "user:"); ok {
			c.checkNamed(found, fmt.Sprintf("routes[%d].to", i), user, c.firstLocalDomain())
		}
	}
}

func validFrom(from string) bool {
	trunk, isTrunk := strings.CutPrefix(from, "trunk:")
	return from == "users" || from == "any" || isTrunk && trunk != ""
}

func validTo(to string) bool {
	scheme, rest, _ := strings.Cut(to, ":")
	switch scheme {
	case "user", "trunk", "builtin", "sip", "sips":
		return rest != ""
	case "reject":
		status, err := strconv.Atoi(rest)
		return err == nil && status >= 400 && status <= 699
	default:
		return false
	}
}

// check takes the form of the keys, of which %s is pass or strip.
func (h Headers) check(found *faults, key string) {
	if _, err := headers.New(h.Pass, nil); err != nil {
		found.add("%s: %w", fmt.Sprintf(key, "pass"), err)
	}
	if _, err := headers.New(nil, h.Strip); err != nil {
		found.add("%s: %w", fmt.Sprintf(key, "strip"), err)
	}
}

func (c *Config) checkWebSocket(found *faults) {
	for i, origin := range c.WebSocket.Origins {
		if !isOrigin(origin) {
			found.add("websocket.origins[%d]: %q is not scheme://host or scheme://host:port", i, origin)
		}
	}
	if c.WebSocket.MaxMessage < minMessage || c.WebSocket.MaxMessage > maxMessage {
		found.add("websocket.max_message: %d is not from %d to %d bytes", c.WebSocket.MaxMessage, minMessage, maxMessage)
	}
	if c.WebSocket.Rate < 1 {
		found.add("websocket.rate: %d messages a second let nobody talk", c.WebSocket.Rate)
	}
}

// isOrigin tells whether a browser could name this as the origin of a page (RFC 6454 section 6.2).
func isOrigin(text string) bool {
	origin, err := url.Parse(text)
	return err == nil && origin.Scheme != "" && origin.Host != "" && origin.Host != "*" && origin.User == nil &&
		text == origin.Scheme+"://"+origin.Host
}

func (c *Config) checkLog(found *faults) {
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		found.add("log.level: %q is not debug, info, warn or error", c.Log.Level)
	}
	if !slices.Contains([]string{"text", "json"}, c.Log.Format) {
		found.add("log.format: %q is not text or json", c.Log.Format)
	}
}
