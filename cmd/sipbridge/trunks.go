package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"sipbridge/bridge"
	"sipbridge/bridge/number"
	"sipbridge/bridge/toll"
	"sipbridge/configs"
	"sipbridge/sipua"
	"sipbridge/sipua/digest"
	"sipbridge/sipua/headers"
	"sipbridge/sipua/trunk"
	"sipbridge/web/admin"
)

// newTrunks makes the trunks of the configuration.
func newTrunks(config *configs.Config) ([]*trunk.Trunk, error) {
	var trunks []*trunk.Trunk
	var faults []error
	for i, c := range config.Trunks {
		crossing, badHeaders := headers.New(
			slices.Concat(config.Headers.Pass, c.PassHeaders), slices.Concat(config.Headers.Strip, c.StripHeaders))
		made, err := trunk.New(trunk.Options{
			Name: c.Name, NextHops: c.NextHop, Domain: c.Domain, FromDomain: c.FromDomain,
			Account: c.Username, Login: loginOf(c), Register: c.Register, Expires: c.Expires,
			Codecs: c.Codecs, DTMF: trunk.DTMF(c.DTMF),
			Identity: trunk.Identity(c.Identity), HideCaller: c.HideCaller, Trusted: c.Trusted,
			CalledOut: c.CalledOut, CallingOut: c.CallingOut, CalledIn: c.CalledIn, CallingIn: c.CallingIn,
			Headers: crossing,
		})
		if err = errors.Join(badHeaders, err); err != nil {
			faults = append(faults, fmt.Errorf("trunks[%d]: %w", i, err))
			continue
		}
		trunks = append(trunks, made)
	}
	return trunks, errors.Join(faults...)
}

// loginOf gives what answers a trunk's challenges: nothing without a password.
func loginOf(c configs.Trunk) trunk.Login {
	if c.Password == "" {
		return nil
	}
	login := digest.Login{User: c.AuthUsername, Password: c.Password, Realm: c.Realm}
	if login.User == "" {
		login.User = c.Username
	}
	return login
}

// addTrunkRoutes lets routes name the trunks. Without an agent their names are enough.
func addTrunkRoutes(endpoints map[string]bridge.Endpoint, config *configs.Config, agent *sipua.Agent) error {
	if agent != nil {
		maps.Copy(endpoints, agent.TrunkEndpoints())
		return nil
	}
	trunks, err := newTrunks(config)
	for _, t := range trunks {
		endpoints[t.Name()] = nil
	}
	return err
}

// newDialing makes the dialing rules of the configuration.
func newDialing(config *configs.Config, log *slog.Logger) (*toll.Policy, error) {
	options := toll.Options{Trunks: make(map[string]toll.Limit), Logger: log}
	var err error
	if options.Normalise, err = number.ParseRewriting(config.Dialing.Normalize); err != nil {
		return nil, fmt.Errorf("dialing.normalize: %w", err)
	}
	for _, rule := range config.Dialing.Rules {
		options.Rules = append(options.Rules, toll.Rule(rule))
	}
	for _, c := range config.Trunks {
		options.Trunks[strings.ToLower(c.Name)] = toll.Limit{MaxCalls: c.MaxCalls, CallsPerSecond: c.CallsPerSecond}
	}
	policy, err := toll.New(options)
	if err != nil {
		return nil, fmt.Errorf("dialing.rules: %w", err)
	}
	return policy, nil
}

// runTrunks keeps us registered at trunks until the signal to stop: they send no more calls while the last ones go on.
func (s *service) runTrunks(stop, running context.Context) error {
	registered, unregister := context.WithCancel(running)
	defer unregister()
	defer context.AfterFunc(stop, unregister)()
	s.public.wait(registered)
	return s.agent.RunTrunks(registered)
}

func (s *service) trunkMetrics() []admin.Sample {
	stats := s.dialing.Stats()
	const refused = "Calls at our cost refused by dialing rules and limits."
	samples := []admin.Sample{
		counter("trunk_calls_admitted_total", "Calls at our cost that rules and limits allowed.", stats.Admitted),
		counter("trunk_calls_refused_total", refused, stats.Forbidden, because("forbidden")),
		counter("trunk_calls_refused_total", refused, stats.OverUser, because("user")),
		counter("trunk_calls_refused_total", refused, stats.OverTrunk, because("trunk")),
	}
	for _, configured := range s.config.Trunks {
		name := strings.ToLower(configured.Name)
		calls := float64(s.dialing.TrunkCalls(name))
		samples = append(samples,
			gauge("trunk_calls", "Calls over the trunk now.", calls, admin.Label{Name: "trunk", Value: name}))
	}
	return append(samples, s.registrationMetrics()...)
}

func (s *service) registrationMetrics() []admin.Sample {
	states := s.agent.Registrations()
	samples := make([]admin.Sample, 0, 2*len(states))
	for name, state := range states {
		label := admin.Label{Name: "trunk", Value: name}
		registered := 0.0
		if state.Registered {
			registered = 1
		}
		samples = append(samples,
			gauge("trunk_registered", "1 while registered at the trunk.", registered, label),
			counter("trunk_registration_failures_total", "Registrations at the trunk that failed.", state.Failures, label))
	}
	return samples
}
