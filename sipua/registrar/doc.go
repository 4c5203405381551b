// Package registrar keeps where the users of our own domains are (RFC 3261 section 10, RFC 5626).
//
// A REGISTER binds an address-of-record, such as alice@example.test, to contacts. Each binding remembers the flow
// that its REGISTER came on, and calls go down that flow: browsers put invented hosts into their Contact
// (sipML5 the same one for every user), so the URI is only what the request line is to say. Bindings end when they
// expire, when their user removes them, and when their flow is gone.
//
// The package knows no transactions and proves nobody: the caller authenticates the sender first, and sends what
// Register gives, the headers of a 200 or a bridge.Cause.
package registrar
