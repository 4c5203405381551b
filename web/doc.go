// Package web is what the browser loads: the web phone, built into the program, and the few facts
// that the page needs to start. It also makes the HTTP servers; SIP over WebSocket itself is
// signaling/ws, which cmd mounts beside this handler.
//
// The page is built from web/phone into web/phone/dist before the program is; a program built without
// that says so instead of the page.
package web
