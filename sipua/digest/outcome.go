package digest

// outcome is how an attempt went.
type outcome int

const (
	accepted outcome = iota
	noCredentials
	stale
	denied
	locked
	unsupported
	malformed
	outcomes // how many there are
)

// err is the exported error of an outcome, nil for accepted.
func (o outcome) err() error {
	switch o {
	case noCredentials:
		return ErrNoCredentials
	case stale:
		return ErrStale
	case denied:
		return ErrDenied
	case locked:
		return ErrLocked
	case unsupported:
		return ErrUnsupported
	case malformed:
		return ErrMalformed
	default:
		return nil
	}
}
