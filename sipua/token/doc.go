// Package token lets a web application say who its users are, so that no browser needs a SIP password.
//
// There are two forms. A JSON Web Token (RFC 7519), signed by the application, names its user in sub and ends by
// itself; a page gives it in the WebSocket's URL, or a client in "Authorization: Bearer" (RFC 8898). A Verifier has
// the keys and checks it. And a temporary account, for clients that know nothing but name and password: the name is
// "<expiry>:<user>" and the password an HMAC of it, as TURN servers have them; digest proves it as any other.
//
// Either way nothing is stored here: whoever has a key can make users speak, until the time that he wrote in.
package token
