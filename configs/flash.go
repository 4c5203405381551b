package configs

import "strings"

// Flash says what Flash phones may do.
type Flash struct {
	// PolicyHosts are those whose Flash pages may connect to listen.rtmp, as the Flash policy file names them.
	PolicyHosts []string `mapstructure:"policy_hosts"`
}

func (c *Config) checkFlash(found *faults) {
	for i, host := range c.Flash.PolicyHosts {
		if host != "*" && !isHost(strings.TrimPrefix(host, "*.")) {
			found.add("flash.policy_hosts[%d]: %q is no host, *.host or *", i, host)
		}
	}
}
