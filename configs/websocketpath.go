package configs

import (
	"fmt"
	"regexp"
	"strings"
)

// webSocketPath matches an absolute path without escapes (RFC 3986 section 3.3).
const webSocketPath = `^(/[A-Za-z0-9._~!$&'()*+,;=:@-]*)+$`

// pathOfServers is the WebSocket path of a list of servers, as some key of the configuration sets it.
type pathOfServers struct {
	key, path string
	nextHops  NextHops
}

func (c *Config) pathsOfServers() []pathOfServers {
	all := make([]pathOfServers, 0, len(c.Domains)+len(c.Trunks))
	for i, domain := range c.Domains {
		all = append(all, pathOfServers{fmt.Sprintf("domains[%d]", i), domain.WebSocketPath, domain.NextHop})
	}
	for i, trunk := range c.Trunks {
		all = append(all, pathOfServers{fmt.Sprintf("trunks[%d]", i), trunk.WebSocketPath, trunk.NextHop})
	}
	return all
}

// WebSocketPaths are the paths at which servers take SIP over WebSocket, by the host of their URIs, in lower case; a
// host that is not there takes it at /ws.
func (c *Config) WebSocketPaths() map[string]string {
	paths := make(map[string]string)
	for _, servers := range c.pathsOfServers() {
		for _, host := range servers.webSocketHosts() {
			if servers.path != "" {
				paths[host] = servers.path
			}
		}
	}
	return paths
}

// webSocketHosts are the hosts among the servers that are reached by WebSocket.
func (s pathOfServers) webSocketHosts() []string {
	var hosts []string
	for _, nextHop := range s.nextHops {
		if hop, err := ParseNextHop(nextHop); err == nil && (hop.Transport == "ws" || hop.Transport == "wss") {
			hosts = append(hosts, strings.ToLower(strings.TrimSuffix(hop.Host, ".")))
		}
	}
	return hosts
}

func (c *Config) checkWebSocketPaths(found *faults) {
	paths := c.WebSocketPaths()
	valid := regexp.MustCompile(webSocketPath)
	for _, servers := range c.pathsOfServers() {
		hosts := servers.webSocketHosts()
		switch {
		case servers.path != "" && !valid.MatchString(servers.path):
			found.add("%s.websocket_path: %q is no path such as /ws", servers.key, servers.path)
		case servers.path != "" && len(hosts) == 0:
			found.add("%s.websocket_path: no next_hop has ;transport=ws or wss", servers.key)
		}
		for _, host := range hosts {
			if path := paths[host]; path != "" && path != servers.path {
				found.add("%s.websocket_path: %s has another one elsewhere, %s", servers.key, host, path)
			}
		}
	}
}
