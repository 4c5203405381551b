// Package bridgetest has scripted legs, endpoints and media for tests of everything that makes or joins
// calls.
//
// A Leg does nothing by itself: the test plays its party with Emit, and sees the commands that the
// bridge gave with Await, which waits for the wanted command and so needs no sleep. Only Hangup is answered by
// itself, with Ended, unless the leg is Stubborn. An Incoming is a Leg that calls; an Endpoint hands out
// a new Leg for each Dial; Media takes and gives packets without a network.
//
//	phone := bridgetest.NewEndpoint("phone")
//	exchange.Accept(caller)
//	callee := phone.AwaitDial(t)
//	callee.Emit(bridge.Ringing{})
//	bridgetest.Await[bridgetest.Ring](t, caller.Leg)
package bridgetest
