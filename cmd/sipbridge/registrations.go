package main

import (
	"log/slog"

	"sipbridge/sipua/registrar"
)

// registrations writes who comes and goes to the log.
type registrations struct{ log *slog.Logger }

// Registered is told of a new binding.
func (r registrations) Registered(binding registrar.Binding) {
	r.log.Info("registered", "user", binding.AOR.String(), "transport", binding.Flow.Transport(),
		"remote", binding.Flow.RemoteAddr(), "agent", binding.UserAgent)
}

// Unregistered is told of the end of a binding.
func (r registrations) Unregistered(binding registrar.Binding, reason registrar.Reason) {
	r.log.Info("unregistered", "user", binding.AOR.String(), "reason", reason)
}
