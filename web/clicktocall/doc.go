// Package clicktocall lets visitors of other web sites call a user with one click, without an account of their own.
//
// A button (web/c2c, served as /c2c.js) asks here for a call to an address. If the address's owner allows that web
// site, a Guest is made: a name and a token that are good for some minutes and for that one address. With the token
// the page opens SIP over WebSocket, and its INVITE comes to Router, which knows the guest by his name and sends the
// call to the address that was allowed, whatever the INVITE asks for. So what a guest may do is decided here, not in
// the page.
//
// Owners are lines of the configuration (Button), or accounts that people make for themselves by mail. Those are kept
// in package store, and are asked for with the JSON actions that webrtc2sip's click-to-call service had (Service), with
// what that one lacked: what an action changes is checked to be the account's own, secrets are hashed, sessions end,
// and every source and every account is held to a rate. Nobody checks that a SIP address is its account's: whoever has
// an account may let a user of ours be called from his web site, as any stranger may call that user.
package clicktocall
