// Package live makes legs of what somebody publishes: sound that is said to many, and to which nobody can answer.
//
// A Stream takes RTP packets of its publisher. Who dials it is a listener and is answered at once; and it can place
// one call itself, to say to somebody what it says. Each is a leg of its own and hears the same packets, under the
// payload type that was agreed with its call. The codec is the publisher's choice: a leg that was answered with
// another one offers what is really said, and is heard once the call accepts.
//
// A leg sends and drops what it receives. It says all the same that it takes sound, for a party that is told to
// be silent shows a call on hold, and is taken for dead.
package live
