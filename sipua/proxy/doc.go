// Package proxy is the bridge as a proxy (RFC 3261 section 16): Calls pass through it whose parties see each other's
// messages, and nothing but messages goes by.
//
// The bridge is a party to nearly all calls. A browser may ask it to stand aside (rtcweb-breaker=no in its Contact,
// as with webrtc2sip): then offer and answer, tags and Contacts are those of the two parties, sound and pictures go
// from one to the other, and the bridge stays on the way of the requests by its Record-Route alone. It is a stateful
// proxy, and remembers where a request came from; so Via shows only its own part of the way.
//
// An INVITE goes to one target: a device, or servers of which one after the other is tried (RFC 3263 section 4.3). One
// that has no final response for too long is canceled (section 16.8), and then given up: nobody keeps it here for ever.
//
// Forward and Respond make the messages. What they let through is what the parties say to each other: not the routes
// of one side, nor credentials for another server, nor who one of them says he is in words that only servers may use.
//
// Which calls pass, and as whom, is not decided here.
package proxy
