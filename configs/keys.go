package configs

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// key is one key of the configuration, or a section of keys.
type key struct {
	// path is the whole key, such as "listen.http" or, in a list, "users[].name".
	path string
	// kind is the type of its value.
	kind reflect.Type
}

// knownKeys lists every key and section, from the structs that they fill.
func knownKeys() []key { return keysOf(reflect.TypeFor[Config](), "") }

func keysOf(section reflect.Type, prefix string) []key {
	var out []key
	for field := range section.Fields() {
		name := field.Tag.Get("mapstructure")
		if name == "-" {
			continue
		}
		path := joinPath(prefix, name)
		out = append(out, key{path: path, kind: field.Type})
		switch {
		case isSection(field.Type):
			out = append(out, keysOf(field.Type, path)...)
		case field.Type.Kind() == reflect.Slice && isSection(field.Type.Elem()):
			out = append(out, keysOf(field.Type.Elem(), path+"[]")...)
		}
	}
	return out
}

func isSection(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != reflect.TypeFor[PortRange]()
}

func joinPath(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}

// checkKeys copies what a file holds with keys in lower case and without empty values, and adds a
// fault for each unknown key. path is the known key that value belongs to; shown is the same with the
// places in lists, for the reader.
func checkKeys(value any, path, shown string, faults *[]error) any {
	switch value := value.(type) {
	case map[string]any:
		return checkSection(value, path, shown, faults)
	case []any:
		out := make([]any, 0, len(value))
		for i, item := range value {
			out = append(out, checkKeys(item, path+"[]", fmt.Sprintf("%s[%d]", shown, i), faults))
		}
		return out
	default:
		return value
	}
}

func checkSection(section map[string]any, path, shown string, faults *[]error) map[string]any {
	out := make(map[string]any, len(section))
	known := knownKeys()
	for name, value := range section {
		lower := strings.ToLower(name)
		at := slices.IndexFunc(known, func(k key) bool { return k.path == joinPath(path, lower) })
		if strings.Contains(name, ".") || at < 0 {
			*faults = append(*faults, unknownKey(joinPath(path, lower), joinPath(shown, name), known))
			continue
		}
		// Viper would pass over this in silence.
		if _, isMap := value.(map[string]any); value != nil && !isMap && isSection(known[at].kind) {
			*faults = append(*faults, fmt.Errorf("%s: %w", joinPath(shown, name), errNoSection))
			continue
		}
		if checked := checkKeys(value, joinPath(path, lower), joinPath(shown, name), faults); checked != nil {
			out[lower] = checked
		}
	}
	return out
}

// errNoSection is the error of a plain value where keys have to be.
var errNoSection = errors.New("it has keys of its own, indented below it")

// replacedKeys says what is written now in place of keys that there were.
func replacedKeys() map[string]string {
	return map[string]string{
		"media.advertise": "listen.advertised is a list for all addresses; write there {address: <the address>}",
		"media.inside":    "listen.advertised is a list for all addresses; write there {network: <the network>}",
	}
}

func unknownKey(path, shown string, known []key) error {
	if instead, ok := replacedKeys()[path]; ok {
		return fmt.Errorf("%s is no more: %s", shown, instead)
	}
	near := nearest(path, known)
	if near == path { // a key with dots in one word, which YAML takes for a name
		section, last := cutLast(near)
		return fmt.Errorf("unknown key %q: write %s below %s, indented", shown, last, section)
	}
	return fmt.Errorf("unknown key %q: the nearest one is %q", shown, near)
}

// nearest gives the known key with the fewest letters to change, either in the whole or, for a key in
// the wrong place, in its last word.
func nearest(path string, known []key) string {
	best, fewest := "", -1
	_, word := cutLast(path)
	for _, candidate := range known {
		_, last := cutLast(candidate.path)
		changes := min(distance(path, candidate.path), distance(word, last)+1)
		if fewest < 0 || changes < fewest {
			best, fewest = candidate.path, changes
		}
	}
	return best
}

func cutLast(path string) (section, last string) {
	dot := strings.LastIndexByte(path, '.')
	if dot < 0 {
		return "", path
	}
	return path[:dot], path[dot+1:]
}

// distance is the number of letters to insert, delete or replace to make b of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
