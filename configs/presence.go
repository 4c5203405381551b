package configs

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

// Presence says who may watch whom, and how much is kept for watchers.
type Presence struct {
	// Watchers is "users", "domain" or "contacts".
	Watchers string `mapstructure:"watchers"`
	// Expires is the longest life of a subscription or publication.
	Expires time.Duration `mapstructure:"expires"`
	// Subscriptions bounds those of all, PerUser those that one user holds, and PerWatched those to one user.
	Subscriptions int `mapstructure:"subscriptions"`
	PerUser       int `mapstructure:"per_user"`
	PerWatched    int `mapstructure:"per_watched"`
}

func (c *Config) checkPresence(found *faults) {
	presence := c.Presence
	if !slices.Contains([]string{"users", "domain", "contacts"}, presence.Watchers) {
		found.add("presence.watchers: %q is not users, domain or contacts", presence.Watchers)
	}
	if presence.Expires < time.Minute || presence.Expires > 24*time.Hour {
		found.add("presence.expires: %v is not from 1m to 24h", presence.Expires)
	}
	for key, limit := range map[string]int{
		"subscriptions": presence.Subscriptions, "per_user": presence.PerUser, "per_watched": presence.PerWatched,
	} {
		if limit < 1 {
			found.add("presence.%s: %d lets nobody watch", key, limit)
		}
	}
	contact := regexp.MustCompile(`^[^@\s]+(@[^@\s]+)?$`)
	for i, user := range c.Users {
		for _, name := range user.Contacts {
			if !contact.MatchString(name) {
				found.add("users[%d].contacts: %q is neither a name nor name@domain", i, name)
			}
			c.checkNamed(found, fmt.Sprintf("users[%d].contacts", i), name, user.Domain)
		}
	}
}
