package configs

import (
	"regexp"
	"strings"
)

// userName matches the user part of a SIP URI without escapes and without what ends it (RFC 3261
// section 25.1, user-unreserved and unreserved, less the signs that have a meaning in a route).
const userName = `^[A-Za-z0-9_.!~*'+&=-]{1,64}$`

func (c *Config) checkUsers(found *faults) {
	name, ha1 := regexp.MustCompile(userName), regexp.MustCompile(`^[0-9a-fA-F]{32}$`)
	seen := map[string]bool{}
	for i, user := range c.Users {
		if !name.MatchString(user.Name) {
			found.add("users[%d].name: %q is not the user part of a SIP address", i, user.Name)
		}
		if user.Password != "" && user.HA1 != "" || user.Password == "" && user.HA1 == "" && !c.Tokens.any() {
			found.add("users[%d]: %s needs a password or a ha1, and only one of them", i, user.Name)
		}
		if user.HA1 != "" && !ha1.MatchString(user.HA1) {
			found.add("users[%d].ha1: it is not 32 hexadecimal digits", i)
		}
		if !c.isLocalDomain(user.Domain) {
			found.add("users[%d].domain: %q is not one of domains without a next_hop", i, user.Domain)
		}
		address := user.Name + "@" + strings.ToLower(user.Domain)
		if seen[address] {
			found.add("users[%d]: %s is there twice", i, address)
		}
		seen[address] = true
	}
}

func (c *Config) isLocalDomain(name string) bool {
	for _, domain := range c.Domains {
		if strings.EqualFold(domain.Name, name) {
			return domain.Local()
		}
	}
	return false
}
