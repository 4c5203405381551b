package main

import (
	"log/slog"

	"sipbridge/sipua/registrar"
)

// registrations writes who comes and goes to the log, and tells those who watch.
type registrations struct {
	log *slog.Logger
	// changed hears of a user, "name@domain", who has come or gone with a device.
	changed func(user string)
}

// Registered is told of a new binding.
func (r registrations) Registered(binding registrar.Binding) {
	r.log.Info("registered", "user", binding.AOR.String(), "transport", binding.Flow.Transport(),
		"remote", binding.Flow.RemoteAddr(), "agent", binding.UserAgent)
	r.changed(binding.AOR.String())
}

// Unregistered is told of the end of a binding.
func (r registrations) Unregistered(binding registrar.Binding, reason registrar.Reason) {
	r.log.Info("unregistered", "user", binding.AOR.String(), "reason", reason)
	r.changed(binding.AOR.String())
}
