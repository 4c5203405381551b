package configs

import "strings"

// shortestScanner keeps a slip of the keys, such as a single letter, from shutting everybody out.
const shortestScanner = 3

func (c *Config) checkSecurity(found *faults) {
	for i, word := range c.Security.Scanners {
		if len(strings.TrimSpace(word)) < shortestScanner {
			found.add("security.scanners[%d]: %q is in the name of many good phones", i, word)
		}
	}
	if c.Security.StrangerCalls < 1 {
		found.add("security.stranger_calls: for none say strangers: false")
	}
	if c.Security.Rate < 1 {
		found.add("security.rate: %d messages a second let nobody talk", c.Security.Rate)
	}
}
