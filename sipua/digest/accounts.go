package digest

// Accounts keeps the secrets of the users of our domains.
type Accounts interface {
	// HA1 is the hash of a user's name, realm and password by an algorithm, in hex (see the function HA1). ok
	// is false if there is no such user, or the account has only a hash of another algorithm. It should take as
	// long for an unknown user as for a known one, as far as it can; the Authenticator then hashes alike.
	HA1(user, realm string, algorithm Algorithm) (ha1 string, ok bool)
}
