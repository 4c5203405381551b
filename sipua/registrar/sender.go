package registrar

import "time"

// Sender is who sends a REGISTER, as far as it was proved.
type Sender struct {
	// User is his name, unescaped; empty if senders aren't authenticated.
	User string
	// Guest says that he is vouched for, and need not be one of Users.
	Guest bool
	// Until, if set, is when his proof ends, as that of a token does. His bindings end with it.
	Until time.Time
}
