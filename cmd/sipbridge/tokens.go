package main

import (
	"fmt"
	"os"
	"slices"
	"time"

	"sipbridge/configs"
	"sipbridge/sipua/token"
)

// newTokens reads the keys of tokens; without any it gives nil.
func newTokens(config *configs.Config) (*token.Verifier, error) {
	if len(config.Tokens.Keys) == 0 {
		return nil, nil
	}
	options := token.Options{Audience: config.Tokens.Audience, Issuer: config.Tokens.Issuer}
	if first := slices.IndexFunc(config.Domains, configs.Domain.Local); first >= 0 {
		options.Domain = config.Domains[first].Name
	}
	for i, configured := range config.Tokens.Keys {
		key, err := newTokenKey(configured)
		if err != nil {
			return nil, fmt.Errorf("tokens.keys[%d]: %w", i, err)
		}
		options.Keys = append(options.Keys, key)
	}
	return token.New(options), nil
}

func newTokenKey(configured configs.TokenKey) (token.Key, error) {
	if configured.File == "" {
		return token.SecretKey(configured.ID, configured.Secret)
	}
	text, err := os.ReadFile(configured.File)
	if err != nil {
		return token.Key{}, err
	}
	return token.PublicKey(configured.ID, text)
}

// authorizer checks the token that a page connects with.
func authorizer(tokens *token.Verifier) func(text string) (user string, until time.Time, err error) {
	if tokens == nil {
		return nil
	}
	return func(text string) (user string, until time.Time, err error) {
		grant, err := tokens.Verify(text)
		return grant.User, grant.Until, err
	}
}
