package configs

import "strings"

// checkNamed refuses the name of a user that there is only with other letters in upper case, for nobody would ever be
// meant by it. domain is that of a name without one; empty for any.
func (c *Config) checkNamed(found *faults, key, user, domain string) {
	name, host, hasHost := strings.Cut(user, "@")
	if hasHost {
		domain = host
	}
	if other := c.otherCase(name, domain); other != "" {
		found.add("%s: there is no user %q, but there is %q; names have upper and lower case", key, name, other)
	}
}

// otherCase gives the name of a user that differs from a name by upper and lower case alone; empty if there is none, or
// if there is, or may be, a user of the very name.
func (c *Config) otherCase(name, domain string) (other string) {
	if c.Tokens.AnyUser {
		return ""
	}
	for _, user := range c.Users {
		if domain != "" && !strings.EqualFold(user.Domain, domain) {
			continue
		}
		if user.Name == name {
			return ""
		}
		if strings.EqualFold(user.Name, name) {
			other = user.Name
		}
	}
	return other
}
