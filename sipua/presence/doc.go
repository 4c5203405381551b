// Package presence tells users of our own domains what others do: an event state compositor (RFC 3903) and the
// notifier of its subscriptions (RFC 6665) in one, for three event packages.
//
//   - presence (RFC 3856): a PIDF document (RFC 3863) made of what the user's devices have published; where they
//     publish nothing, of whether he is registered.
//   - dialog (RFC 4235): which calls a user has, as the bridge sees them. The names of their dialogs are left out, for
//     with them a watcher could take a call over; whom a user talks with is told to himself alone.
//   - message-summary (RFC 3842): what the mailbox of a user holds, as his server has last told us.
//
// A change is told at once, but each subscription hears at most once in Options.Interval, and never of two changes at
// the same time: while a notification has no answer, what changes meanwhile is collected. So neither a user who changes
// his mind all the time nor a watcher that does not answer makes a storm.
//
// The package knows neither SIP messages nor flows. Its user reads requests, and hands each subscription a Watcher that
// carries notifications away.
package presence
