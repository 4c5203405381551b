// Package toll decides who may dial which number through a trunk, how many calls at once and how many a minute.
//
// It is asked wherever a call leaves on the bridge's word: through a trunk, to a number at a SIP URI of a route whose
// user part the caller chose, and to a number at the server of a domain that is not the caller's. A user at the server
// of his own domain calls with his own credentials, and it is that server's to judge.
//
// Whoever gets hold of one account must not be able to run up a bill. So a number is brought to one form, whatever its
// spelling, and the first rule that names both the user and the number counts; where there is none the call is refused.
// The question is asked where a call is dialled and nowhere else, so it is asked for a transferred or
// redirected call as for any other: for the user who sends it there.
package toll
