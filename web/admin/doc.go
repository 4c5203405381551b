// Package admin is what the operator sees of a running sipbridge: /healthz, /readyz and /metrics.
//
// Numbers are pulled. The packages of sipbridge count in atomic fields and hand out snapshots; cmd
// turns each snapshot into a [Source] of named samples, and this package, the only one that knows
// Prometheus, asks the sources whenever /metrics is read. Nothing is counted twice and nobody but the
// reader pays for it.
package admin
