package bridgetest

import "sipbridge/bridge"

// Directory is a bridge.Directory of fixed content: "name@domain" to targets. A user with no
// targets is known but not registered.
type Directory map[string][]bridge.Target

// Lookup finds a user.
func (d Directory) Lookup(user, domain string) (targets []bridge.Target, known bool) {
	targets, known = d[user+"@"+domain]
	return targets, known
}
