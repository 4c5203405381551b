package configs

import "crypto/rand"

// Demo gives the configuration that runs without a file: the defaults, the environment over them, and
// two users, alice and bob, with passwords made anew each time. These users exist only as long as
// nobody but this machine can reach sipbridge and the environment names no users; Config.Demo tells.
func Demo(environ []string) (*Config, error) {
	config, err := Load("", environ)
	if err != nil {
		return nil, err
	}
	if config.Listen.OpenToNetwork() || len(config.Users) > 0 {
		return config, nil
	}
	config.Demo = true
	config.Users = []User{
		{Name: "alice", Password: rand.Text()},
		{Name: "bob", Password: rand.Text()},
	}
	config.fillUserDomains()
	return config, nil
}
