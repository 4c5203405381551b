// Package upstream knows the servers that we are configured to use, those of other domains and those whose customer we
// are: at which addresses they are, so that their requests are known (Servers.Of) and credentials go to them alone
// (Servers.IsAt), and whether they answer.
//
// Their names are looked up again and again, because the DNS may say something else tomorrow. Probes ask each server by
// OPTIONS whether it is there; one that is not is tried last until it answers again.
package upstream
