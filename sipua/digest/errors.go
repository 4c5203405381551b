package digest

import "errors"

// What Verify found wrong; each stands in the Err of its bridge.Cause.
var (
	// ErrNoCredentials says that nothing was sent for our realm: the first request of most clients.
	ErrNoCredentials = errors.New("digest: no credentials")
	// ErrStale says that the nonce isn't ours or was made for someone else; or, of a right answer, that it's old or
	// was used before.
	ErrStale = errors.New("digest: stale nonce")
	// ErrDenied says that the answer was wrong, or the user unknown.
	ErrDenied = errors.New("digest: wrong credentials")
	// ErrLocked says that the user name failed too often from this source.
	ErrLocked = errors.New("digest: locked after failed tries")
	// ErrUnsupported says that the answer is of a kind we never ask for: auth-int, no qop, "-sess", or
	// another algorithm.
	ErrUnsupported = errors.New("digest: unsupported form of credentials")
	// ErrMalformed says that the credentials can't be read, or are for another Request-URI.
	ErrMalformed = errors.New("digest: malformed credentials")
)

// errUnknownUser is for the log alone: the sender cannot tell it from a wrong password.
var errUnknownUser = errors.New("digest: unknown user")

// ErrNoAnswer says that Answer can't, or must not, answer any of the challenges.
var ErrNoAnswer = errors.New("digest: no challenge can be answered")
