package configs

import (
	"net/netip"
	"regexp"
	"strings"
)

// localHost in a route's match stands for every host that sipbridge serves itself.
const localHost = "{local}"

// nothing is a regular expression that matches no text.
const nothing = `[^\x00-\x{10FFFF}]`

// RoutesFor gives the routes on a machine with these addresses of its own, see OwnAddresses: {local} in
// a match is replaced by an expression for the domains without a next_hop and for these addresses.
func (c *Config) RoutesFor(own []netip.Addr) []Route {
	hosts := c.localHosts(own)
	out := make([]Route, len(c.Routes))
	for i, route := range c.Routes {
		route.Match = strings.ReplaceAll(route.Match, localHost, hosts)
		out[i] = route
	}
	return out
}

func (c *Config) localHosts(own []netip.Addr) string {
	var hosts []string
	for _, domain := range c.Domains {
		if domain.Local() {
			hosts = append(hosts, regexp.QuoteMeta(domain.Name))
		}
	}
	if len(hosts) == 0 {
		return nothing
	}
	for _, address := range own {
		host := address.String()
		if address.Is6() {
			host = "[" + host + "]"
		}
		hosts = append(hosts, regexp.QuoteMeta(host))
	}
	return "(?i:" + strings.Join(hosts, "|") + ")" // host names have no case (RFC 3261 section 19.1.4)
}
