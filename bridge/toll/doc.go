// Package toll decides who may dial which number through a trunk, how many calls at once and how many a minute.
//
// Whoever gets hold of one account must not be able to run up a bill. So a number is brought to one form, whatever its
// spelling, and the first rule that names both the user and the number counts; where there is none the call is refused.
// The question is asked where a call is dialled toward a trunk and nowhere else, so it is asked for a transferred or
// redirected call as for any other: for the user who sends it there.
package toll
