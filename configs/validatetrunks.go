package configs

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// checkTrunks checks what needs no knowledge of SIP; names of codecs and the expressions in rules are for those who
// read them.
func (c *Config) checkTrunks(found *faults) {
	name := regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$`)
	seen := map[string]bool{}
	for _, domain := range c.Domains {
		seen[strings.ToLower(domain.Name)] = true
	}
	for i, trunk := range c.Trunks {
		if !name.MatchString(trunk.Name) {
			found.add("trunks[%d].name: %q is not made of letters, digits, dots and hyphens", i, trunk.Name)
		}
		if seen[strings.ToLower(trunk.Name)] {
			found.add("trunks[%d].name: %q is there twice, or a domain", i, trunk.Name)
		}
		seen[strings.ToLower(trunk.Name)] = true
		if len(trunk.NextHop) == 0 {
			found.add("trunks[%d].next_hop: at least one is needed", i)
		}
		c.checkNextHops(found, fmt.Sprintf("trunks[%d].next_hop", i), trunk.NextHop)
		trunk.checkAccount(found, i)
		Headers{trunk.PassHeaders, trunk.StripHeaders}.check(found, fmt.Sprintf("trunks[%d].%%s_headers", i))
	}
}

func (t Trunk) checkAccount(found *faults, i int) {
	if t.Register && t.Username == "" {
		found.add("trunks[%d].register: it needs a username", i)
	}
	if t.Password != "" && t.Username == "" && t.AuthUsername == "" {
		found.add("trunks[%d].password: it needs a username", i)
	}
	if !slices.Contains([]string{"", "from", "pai", "ppi", "account"}, t.Identity) {
		found.add("trunks[%d].identity: %q is not from, pai, ppi or account", i, t.Identity)
	}
	if !slices.Contains([]string{"", "rfc4733", "info-relay", "info", "inband"}, t.DTMF) {
		found.add("trunks[%d].dtmf: %q is not rfc4733, info-relay, info or inband", i, t.DTMF)
	}
	checkProtection(found, fmt.Sprintf("trunks[%d]", i), t.SRTP, t.SRTPKeys)
	if t.MaxCalls < 0 || t.CallsPerSecond < 0 {
		found.add("trunks[%d]: a limit is less than nothing; 0 is no limit", i)
	}
	checkNotNegative(found, "trunks.expires", t.Expires)
}

// checkProtection checks what a server wants of SRTP, if anything.
func checkProtection(found *faults, key, srtp, keys string) {
	if srtp != "" && !isSRTP(srtp) {
		found.add("%s.srtp: %q is not off, optional or required", key, srtp)
	}
	if keys != "" && !isSRTPKeys(keys) {
		found.add("%s.srtp_keys: %q is not sdes or dtls", key, keys)
	}
}

func isSRTP(word string) bool { return slices.Contains([]string{"off", "optional", "required"}, word) }

func isSRTPKeys(word string) bool { return word == "sdes" || word == "dtls" }

func (c *Config) checkDialing(found *faults) {
	for i, rule := range c.Dialing.Rules {
		for _, trunk := range rule.Trunks {
			if !c.isTrunk(trunk) && !c.isUpstream(trunk) && !c.isGateway(trunk) {
				found.add("dialing.rules[%d].trunks: there is no trunk %q", i, trunk)
			}
		}
		for _, user := range rule.Users {
			c.checkDialer(found, fmt.Sprintf("dialing.rules[%d].users", i), user)
		}
		if rule.MaxCalls < 0 || rule.CallsPerMinute < 0 {
			found.add("dialing.rules[%d]: a limit is less than nothing; 0 is no limit", i)
		}
	}
}

// checkDialer checks whom a rule is about. What the signs of patterns match is not looked for.
func (c *Config) checkDialer(found *faults, key, user string) {
	kind, name, hasKind := strings.Cut(user, ":")
	switch {
	case !hasKind && !strings.ContainsAny(user, `*?[\`):
		c.checkNamed(found, key, user, "")
	case hasKind && !strings.EqualFold(kind, "trunk"):
		found.add("%s: %q is neither a name, name@domain nor trunk:<name>", key, user)
	case hasKind && !c.isTrunk(name) && !c.isUpstream(name):
		found.add("%s: there is no trunk %q", key, name)
	}
}

func (c *Config) isTrunk(name string) bool {
	return slices.ContainsFunc(c.Trunks, func(t Trunk) bool { return strings.EqualFold(t.Name, name) })
}

// isGateway tells whether a host is that of a SIP URI to which a route leads.
func (c *Config) isGateway(host string) bool {
	return slices.ContainsFunc(c.Routes, func(route Route) bool {
		scheme, rest, _ := strings.Cut(route.To, ":")
		server, _, _ := strings.Cut(rest[strings.LastIndex(rest, "@")+1:], ";")
		if colon := strings.LastIndex(server, ":"); colon > strings.LastIndex(server, "]") {
			server = server[:colon]
		}
		return (scheme == "sip" || scheme == "sips") && strings.EqualFold(server, host)
	})
}

func (c *Config) isUpstream(name string) bool {
	return slices.ContainsFunc(c.Domains, func(d Domain) bool { return !d.Local() && strings.EqualFold(d.Name, name) })
}
