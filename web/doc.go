// Package web is what the browser loads: the web phone and other pages and scripts, built into the program, and
// the few facts that the page needs to start. It also makes the HTTP servers; SIP over WebSocket itself is
// signaling/ws, which cmd mounts beside this handler.
//
// They are one npm package, web/package.json; each page and script has a folder with src and test, and
// web/build.mjs says what becomes of it in web/dist. That is done before the program is built; a program
// built without it says so instead of the phone.
package web
