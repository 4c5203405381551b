// Package udp reads the UDP sockets of media: many of them in few goroutines.
//
// A call has a packet every 10 ms, and each comes alone. With a goroutine per socket the runtime would park and wake
// one for each packet, look for work on every core, and ask the socket once more in vain; that takes longer than
// all that is done with the packet. So a Poller has loops: a loop is one goroutine that waits in epoll(7) for all of
// its sockets at once, reads what has come, and hands each datagram to its receiver, in the same goroutine. When
// packets come fast, one wait brings many of them, and nothing sleeps in between.
//
// One loop serves as long as it keeps up. A socket that is opened while it is busy goes to the next, so that calls
// spread over the cores when there are many, and wake only one core when there are few.
//
// Receivers run one after another: what one does the others wait for. They may take the time of a packet, never wait.
package udp
