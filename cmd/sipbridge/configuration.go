package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"sipbridge/configs"
)

// configuration is one that was found to be usable, and where it came from.
type configuration struct {
	*configs.Config
	source string
}

// withConfig reads the flags that serve, check and healthcheck share, loads and checks the
// configuration, and goes on with it.
func withConfig(name string, args, environ []string, stdout, stderr io.Writer, next func(configuration) error) error {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {}
	path := flags.String("config", "", "configuration file")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		say(stdout, "%s", usage)
		return err
	case err != nil || flags.NArg() > 0:
		say(stderr, "%s", usage)
		return errUsage
	}
	config, err := loadConfiguration(*path, environ)
	if err != nil {
		return err
	}
	return next(config)
}

func loadConfiguration(path string, environ []string) (configuration, error) {
	out := configuration{source: path}
	var err error
	if path == "" {
		out.source = "the built-in configuration"
		out.Config, err = configs.Demo(environ)
	} else {
		out.Config, err = configs.Load(path, environ)
	}
	if err != nil {
		return configuration{}, err
	}
	if err := checkConfiguration(out.Config); err != nil {
		return configuration{}, fmt.Errorf("%s cannot be used:\n%w", out.source, err)
	}
	return out, nil
}

// checkConfiguration says everything that is wrong without opening a port.
func checkConfiguration(config *configs.Config) error {
	if err := config.Validate(); err != nil {
		return errors.Join(err, checkCertificates(config.TLS))
	}
	_, err := newTokens(config)
	return errors.Join(checkCertificates(config.TLS), err, checkRoutes(config))
}

// checkRoutes says which routes lead nowhere, in a configuration that is fine so far.
func checkRoutes(config *configs.Config) error {
	own, err := configs.OwnAddresses()
	if err != nil {
		return err
	}
	addresses, err := newAddresses(config.Listen)
	if err != nil {
		return err
	}
	own = slices.Concat(own, addresses.All())
	domains, err := newDomains(config.Domains, own)
	if err != nil {
		return err
	}
	_, dialing := newDialing(config, slog.New(slog.DiscardHandler))
	sounds, err := loadAnnouncements(config)
	if err != nil {
		return err
	}
	_, err = newRouter(config, domains, own, sounds, nil, nil)
	return errors.Join(dialing, err)
}
