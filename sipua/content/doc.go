// Package content says what the bodies of calls mean: the description of media, alone or as one of several parts, and
// documents that say where the caller is (RFC 6442).
//
// What we do not know is passed over where its sender allows that, and refused where he does not. A document belongs to
// the Geolocation header that names it (a "cid" URL): it crosses with that header, or not at all. How parts are written
// is the business of package multipart, whether a header crosses that of package headers.
package content
