// Package ogg reads and writes files of Opus sound (RFC 3533 has the pages, RFC 7845 what is in them). It reads what
// people record announcements in and writes what calls are recorded in, no more.
//
// A file only ever grows, by whole pages: one that nobody finished is heard up to its last page, which is at most a
// second old.
package ogg
