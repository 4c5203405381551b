package configs

const (
	shortestTokenSecret     = 32 // of HS256 (RFC 7518 section 3.2)
	shortestTemporarySecret = 16
)

// any tells whether users can prove themselves by tokens.
func (t Tokens) any() bool { return len(t.Keys) > 0 || t.TemporarySecret != "" }

func (c *Config) checkTokens(found *faults) {
	for i, key := range c.Tokens.Keys {
		if (key.Secret == "") == (key.File == "") {
			found.add("tokens.keys[%d]: it needs a secret or a file, and only one of them", i)
		}
		if key.Secret != "" && len(key.Secret) < shortestTokenSecret {
			found.add("tokens.keys[%d].secret: it is shorter than %d characters", i, shortestTokenSecret)
		}
	}
	if len(c.Tokens.Keys) > 0 && c.Tokens.Audience == "" {
		found.add("tokens.audience: it is needed with keys, or tokens for other services would be good here")
	}
	if c.Tokens.AnyUser && !c.Tokens.any() {
		found.add("tokens.any_user: without keys and temporary_secret nobody can name a user")
	}
	if secret := c.Tokens.TemporarySecret; secret != "" && len(secret) < shortestTemporarySecret {
		found.add("tokens.temporary_secret: it is shorter than %d characters", shortestTemporarySecret)
	}
}
