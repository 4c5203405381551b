package rtpengine

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// dictionary is one of the ng protocol: its values are string, []string or dictionary; what is read may also hold int64
// and []any.
type dictionary map[string]any

// ErrBencode says that a text is not bencoded.
var ErrBencode = errors.New("bencode")

// encode appends a value.
func encode(text []byte, value any) []byte {
	switch value := value.(type) {
	case string:
		return append(append(strconv.AppendInt(text, int64(len(value)), 10), ':'), value...)
	case []string:
		text = append(text, 'l')
		for _, entry := range value {
			text = encode(text, entry)
		}
		return append(text, 'e')
	case dictionary:
		text = append(text, 'd')
		for _, key := range slices.Sorted(maps.Keys(value)) {
			text = encode(encode(text, key), value[key])
		}
		return append(text, 'e')
	default:
		panic(fmt.Sprintf("bencode: %T", value)) // no command has one
	}
}

// decode reads one value and gives what is behind it.
func decode(text []byte) (value any, rest []byte, err error) {
	if len(text) == 0 {
		return nil, nil, fmt.Errorf("%w: it ends early", ErrBencode)
	}
	switch text[0] {
	case 'i':
		digits, rest, _ := bytes.Cut(text[1:], []byte("e"))
		number, err := strconv.ParseInt(string(digits), 10, 64)
		return number, rest, err
	case 'l':
		return decodeList(text[1:])
	case 'd':
		return decodeDictionary(text[1:])
	default:
		digits, rest, _ := bytes.Cut(text, []byte(":"))
		length, err := strconv.Atoi(string(digits))
		if err != nil || length < 0 || length > len(rest) {
			return nil, nil, fmt.Errorf("%w: a string of %.20q", ErrBencode, digits)
		}
		return string(rest[:length]), rest[length:], nil
	}
}

func decodeList(text []byte) (list []any, rest []byte, err error) {
	for len(text) > 0 && text[0] != 'e' {
		var entry any
		if entry, text, err = decode(text); err != nil {
			return nil, nil, err
		}
		list = append(list, entry)
	}
	if len(text) == 0 {
		return nil, nil, fmt.Errorf("%w: a list without end", ErrBencode)
	}
	return list, text[1:], nil
}

func decodeDictionary(text []byte) (all dictionary, rest []byte, err error) {
	list, rest, err := decodeList(text)
	if err != nil {
		return nil, nil, err
	}
	all = make(dictionary)
	for pair := range slices.Chunk(list, 2) {
		key, ok := pair[0].(string)
		if !ok || len(pair) != 2 {
			return nil, nil, fmt.Errorf("%w: a dictionary without pairs", ErrBencode)
		}
		all[key] = pair[1]
	}
	return all, rest, nil
}
