package configs

import (
	_ "embed" // the annotated file is built in
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/spf13/viper"
)

//go:embed sipbridge.yaml
var annotated []byte

// maxFile is the longest configuration file that is read, in bytes.
const maxFile = 1 << 20

// ErrTooLong is the error of a file that is no configuration, by its size.
var ErrTooLong = errors.New("a configuration has at most 1 MiB")

// Default gives the configuration of the embedded file, which has no users.
func Default() (*Config, error) { return Load("", nil) }

// Load lays the file over the embedded defaults and the environment over both. An empty path means no
// file. The environment is in the form of os.Environ; what does not begin with SIPBRIDGE_ is left
// alone. Load refuses unknown keys and values of the wrong type; whether the values make sense says
// Validate.
func Load(path string, environ []string) (*Config, error) {
	settings := viper.New()
	defaults, err := parseYAML(annotated)
	if err != nil {
		return nil, fmt.Errorf("the embedded configuration: %w", err)
	}
	if err := settings.MergeConfigMap(defaults); err != nil {
		return nil, fmt.Errorf("the embedded configuration: %w", err)
	}
	if path != "" {
		if err := mergeFile(settings, path); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if err := mergeEnvironment(settings, environ); err != nil {
		return nil, err
	}
	var config Config
	if err := settings.Unmarshal(&config, viper.DecodeHook(decodeValue)); err != nil {
		return nil, fmt.Errorf("the configuration cannot be used: %w", err)
	}
	config.fillUserDomains()
	return &config, nil
}

func (c *Config) fillUserDomains() {
	for i := range c.Users {
		if c.Users[i].Domain == "" {
			c.Users[i].Domain = c.firstLocalDomain()
		}
	}
}

// firstLocalDomain is where users are whose domain is not named; empty if there is none.
func (c *Config) firstLocalDomain() string {
	first := slices.IndexFunc(c.Domains, Domain.Local)
	if first < 0 {
		return ""
	}
	return c.Domains[first].Name
}

func mergeFile(settings *viper.Viper, path string) error {
	text, err := readFile(path)
	if err != nil {
		return err
	}
	tree, err := parseYAML(text)
	if err != nil {
		return err
	}
	return settings.MergeConfigMap(tree)
}

func readFile(path string) (text []byte, err error) {
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	text, err = io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxFile {
		return nil, ErrTooLong
	}
	return text, nil
}

// parseYAML gives the tree of a file, with its keys in lower case and known ones only. A key without a
// value is as if it were not there.
func parseYAML(text []byte) (map[string]any, error) {
	decoder, err := viper.NewCodecRegistry().Decoder("yaml")
	if err != nil {
		return nil, err
	}
	tree := map[string]any{}
	if err := decoder.Decode(text, tree); err != nil {
		return nil, err
	}
	var faults []error
	clean := checkSection(tree, "", "", &faults)
	return clean, errors.Join(faults...)
}

// decodeValue converts what a file says to the type of its key, and nothing that could surprise: a
// password of digits only, which YAML takes for a number, has to be quoted. Its errors never show the
// value, which may be a password.
func decodeValue(from, to reflect.Type, value any) (any, error) {
	switch {
	case to == reflect.TypeFor[NextHops]() && from.Kind() == reflect.String:
		return oneNextHop(fmt.Sprint(value)), nil
	case to == reflect.TypeFor[PortRange]() && isScalar(from):
		return ParsePortRange(fmt.Sprint(value))
	case to == reflect.TypeFor[time.Duration]() && from.Kind() == reflect.String:
		return time.ParseDuration(strings.TrimSpace(fmt.Sprint(value)))
	case to == reflect.TypeFor[time.Duration]():
		return nil, errors.New("a duration has a unit, such as 30s")
	case to.Kind() == reflect.Struct && from.Kind() != reflect.Map:
		return nil, errNoSection
	case to.Kind() == reflect.Slice && from.Kind() != reflect.Slice:
		return nil, errors.New("it is a list; each item begins with a dash")
	case isScalar(to) && from.Kind() != to.Kind():
		return nil, errors.New(kindInWords(to.Kind()))
	default:
		return value, nil
	}
}

func isScalar(t reflect.Type) bool {
	return t.Kind() == reflect.String || t.Kind() == reflect.Bool || t.Kind() == reflect.Int
}

func kindInWords(kind reflect.Kind) string {
	switch kind {
	case reflect.Bool:
		return "it is true or false"
	case reflect.Int:
		return "it is a whole number"
	default:
		return "it is text; put it in quotes"
	}
}
