// Package sessiontimer ends a call whose party is silently gone, by requests that have to come in time (RFC 4028).
//
// The parties agree on an interval and on who refreshes: whoever sent the INVITE (the "uac" of that request) or whoever
// answered it (the "uas"). A Timer takes part in that: it asks for one in a first INVITE (Ask), answers one (Agree),
// takes what an answer says (Follow), asks for a longer one where a server wants that (Raise), and goes on saying the
// same in refreshes (Propose). Once there is an interval, it refreshes halfway, or ends the call when nobody did.
//
// Each leg has its own, and its own interval: a refresh never crosses. We want timers of phones only. A browser gets
// one if it requires that, but is not hung up by it: its media tell when it is gone, and it may come back.
//
// A Timer belongs to its leg's goroutine, and has none of its own.
package sessiontimer
