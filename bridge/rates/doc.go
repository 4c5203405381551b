// Package rates has what parties tell each other of the bit rate of pictures: how much a path carries, and how much a
// party wants. A browser finds its rate by our feedback on when its packets came (Arrivals); what the other party
// takes, or loses (Reach), bounds it, told by REMB to browsers and by TMMBR to phones. Whatever a party tells, it is
// heard only so often.
package rates
