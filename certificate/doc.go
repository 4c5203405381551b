// Package certificate gives TLS listeners their certificates: from files that are read again when they change, made
// in memory, or from an authority by ACME. A listener asks its Source in each handshake, so a new certificate
// serves the next connection and disturbs none that is there. A Watch tells the operator before one ends.
package certificate
