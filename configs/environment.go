package configs

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/spf13/viper"
)

// environmentPrefix begins every environment variable that is a key.
const environmentPrefix = "SIPBRIDGE_"

// mergeEnvironment sets the keys that environment variables name.
func mergeEnvironment(settings *viper.Viper, environ []string) error {
	var faults []error
	for _, entry := range environ {
		name, text, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, environmentPrefix) || isServiceLink(name) {
			continue
		}
		path, value, err := fromEnvironment(name, text)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		settings.Set(path, value)
	}
	return errors.Join(faults...)
}

// isServiceLink tells the variables that Kubernetes and Docker set by themselves in the neighbourhood
// of a service called sipbridge.
func isServiceLink(name string) bool {
	rest := strings.TrimPrefix(name, environmentPrefix)
	return strings.HasPrefix(rest, "SERVICE_") || rest == "PORT" || strings.HasPrefix(rest, "PORT_")
}

func fromEnvironment(name, text string) (path string, value any, err error) {
	known := settableKeys()
	for _, candidate := range known {
		if variableOf(candidate.path) != name {
			continue
		}
		value, err = parseVariable(candidate, text)
		if err != nil {
			return "", nil, fmt.Errorf("environment variable %s: %w", name, err)
		}
		return candidate.path, value, nil
	}
	for path, instead := range replacedKeys() {
		if variableOf(path) == name {
			return "", nil, fmt.Errorf("environment variable %s is no more: %s", name, instead)
		}
	}
	wanted := strings.ToLower(strings.TrimPrefix(name, environmentPrefix))
	near := nearestVariable(wanted, known)
	return "", nil, fmt.Errorf("unknown environment variable %s: the nearest one is %s", name, near)
}

// settableKeys are the keys that one variable can hold: scalars and whole lists.
func settableKeys() []key {
	var out []key
	for _, candidate := range knownKeys() {
		if !strings.Contains(candidate.path, "[]") && !isSection(candidate.kind) {
			out = append(out, candidate)
		}
	}
	return out
}

func variableOf(path string) string {
	return environmentPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

func nearestVariable(wanted string, known []key) string {
	best, fewest := "", -1
	for _, candidate := range known {
		changes := distance(wanted, strings.ReplaceAll(candidate.path, ".", "_"))
		if fewest < 0 || changes < fewest {
			best, fewest = variableOf(candidate.path), changes
		}
	}
	return best
}

// parseVariable reads a scalar as it is and a list as JSON. Its errors never show the text, which may
// hold passwords.
func parseVariable(k key, text string) (any, error) {
	switch k.kind.Kind() {
	case reflect.Bool:
		value, err := strconv.ParseBool(text)
		if err != nil {
			return nil, errors.New("it is neither true nor false")
		}
		return value, nil
	case reflect.Int:
		value, err := strconv.Atoi(text)
		if err != nil {
			return nil, errors.New("it is not a whole number")
		}
		return value, nil
	case reflect.Slice:
		return parseList(k, text)
	default: // text, and what is written as text: durations and ports
		return text, nil
	}
}

func parseList(k key, text string) (any, error) {
	var list []any
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("a list is written as JSON: %w", err)
	}
	if list == nil {
		list = []any{}
	}
	var faults []error
	checked := checkKeys(list, k.path, k.path, &faults)
	return checked, errors.Join(faults...)
}
