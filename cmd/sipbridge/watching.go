package main

import (
	"slices"
	"strings"

	"sipbridge/configs"
)

// mayWatch tells by presence.watchers whether one user may watch another; both are "name@domain".
func mayWatch(config *configs.Config, canonical func(host string) string) func(by, watched string) bool {
	contacts := make(map[string][]string)
	for _, user := range config.Users {
		domain := canonical(user.Domain)
		for _, contact := range user.Contacts {
			name, host, elsewhere := strings.Cut(contact, "@")
			if !elsewhere {
				host = domain
			}
			watched := user.Name + "@" + domain
			contacts[watched] = append(contacts[watched], name+"@"+canonical(host))
		}
	}
	return func(by, watched string) bool {
		_, domain, _ := strings.Cut(by, "@")
		_, watchedDomain, _ := strings.Cut(watched, "@")
		switch config.Presence.Watchers {
		case "domain":
			return domain == watchedDomain
		case "contacts":
			return slices.Contains(contacts[watched], by)
		default:
			return true
		}
	}
}
