package configs

import (
	"regexp"
	"strings"
)

// Flash says what Flash phones may do.
type Flash struct {
	// PolicyHosts are those whose Flash pages may connect to listen.rtmp, as the Flash policy file names them.
	PolicyHosts []string `mapstructure:"policy_hosts"`
	// Tunnel takes RTMP in through the web server, as RTMPT.
	Tunnel bool `mapstructure:"tunnel"`
	// Streams are those that encoders publish with a key.
	Streams []Stream `mapstructure:"streams"`
}

// Stream is a stream that an encoder publishes to rtmp://host/live/<name>?key=<key>.
type Stream struct {
	Name string `mapstructure:"name"`
	Key  string `mapstructure:"key"`
	// User places its calls: the name of one of Users, with or without its domain.
	User string `mapstructure:"user"`
}

// shortestStreamKey keeps keys from being guessed, few as the tries of one address are.
const shortestStreamKey = 12

// Account gives the user of a stream as name and domain.
func (c *Config) Account(stream Stream) (User, bool) {
	name, domain, _ := strings.Cut(stream.User, "@")
	for _, user := range c.Users {
		if user.Name == name && (domain == "" || strings.EqualFold(user.Domain, domain)) {
			return user, true
		}
	}
	return User{}, false
}

func (c *Config) checkStreams(found *faults) {
	seen := map[string]bool{}
	form := regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)
	for i, stream := range c.Flash.Streams {
		if !form.MatchString(stream.Name) {
			found.add("flash.streams[%d].name: %q is not 1 to 64 letters, digits, dots, hyphens and underscores", i, stream.Name)
		}
		if seen[stream.Name] {
			found.add("flash.streams[%d].name: %q is there twice", i, stream.Name)
		}
		seen[stream.Name] = true
		if len(stream.Key) < shortestStreamKey {
			found.add("flash.streams[%d].key: it is shorter than %d characters", i, shortestStreamKey)
		}
		if _, ok := c.Account(stream); !ok {
			found.add("flash.streams[%d].user: %q is not one of users", i, stream.User)
		}
	}
}

func (c *Config) checkFlash(found *faults) {
	for i, host := range c.Flash.PolicyHosts {
		if host != "*" && !isHost(strings.TrimPrefix(host, "*.")) {
			found.add("flash.policy_hosts[%d]: %q is no host, *.host or *", i, host)
		}
	}
	c.checkStreams(found)
}
