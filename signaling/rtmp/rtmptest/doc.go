// Package rtmptest is a Flash phone for tests: it speaks RTMP and the siprtmp API to a server, and keeps what it is
// told and what it hears for the test to look at.
package rtmptest
