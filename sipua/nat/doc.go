// Package nat knows by which of our addresses each peer reaches this machine. Behind a translator (NAT) that is not
// the one that a socket has, and in two networks not the same for everybody: an operator says which, per network.
//
// What is known here is only told, in SDP, ICE candidates, Via and Contact. It never opens a port, and lets nobody do
// anything: who claims one of these addresses is treated as if he claimed one of the machine's own.
package nat
