package amf

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// Encode0 writes values in AMF0. The error is ErrValue for what has no form there, or ErrLimit.
func Encode0(values ...any) ([]byte, error) { return encode(appendValue0, values) }

// Encode3 writes values in AMF3, without references. The error is ErrValue or ErrLimit.
func Encode3(values ...any) ([]byte, error) { return encode(appendValue3, values) }

func encode(appendValue func(out []byte, value any, depth int) ([]byte, error), values []any) ([]byte, error) {
	var out []byte
	var err error
	for _, value := range values {
		if out, err = appendValue(out, value, 1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// check refuses what the readers would not take.
func check(out []byte, depth int) error {
	if len(out) > MaxSize || depth > MaxDepth {
		return ErrLimit
	}
	return nil
}

func appendDouble(out []byte, number float64) []byte {
	return binary.BigEndian.AppendUint64(out, math.Float64bits(number))
}

func appendValue0(out []byte, value any, depth int) ([]byte, error) {
	if err := check(out, depth); err != nil {
		return nil, err
	}
	switch value := value.(type) {
	case nil:
		return append(out, null0), nil
	case Undefined:
		return append(out, undefined0), nil
	case bool:
		if value {
			return append(out, boolean0, 1), nil
		}
		return append(out, boolean0, 0), nil
	case float64:
		return appendDouble(append(out, number0), value), nil
	case string:
		return appendString0(out, value)
	case XML:
		return appendLong0(append(out, xml0), string(value))
	case time.Time:
		return append(appendDouble(append(out, date0), float64(value.UnixMilli())), 0, 0), nil
	case Object:
		return appendObject0(out, value, depth)
	case Array:
		return appendArray0(out, value, depth)
	case []byte: // which only AMF3 has
		return appendValue3(append(out, avmPlus0), value, depth)
	default:
		return nil, fmt.Errorf("%w: %T", ErrValue, value)
	}
}

func appendString0(out []byte, text string) ([]byte, error) {
	if len(text) > math.MaxUint16 {
		return appendLong0(append(out, longString0), text)
	}
	return appendName0(append(out, string0), text)
}

func appendLong0(out []byte, text string) ([]byte, error) {
	if len(text) > MaxSize {
		return nil, ErrLimit
	}
	out = binary.BigEndian.AppendUint32(out, uint32(len(text)))
	return append(out, text...), nil
}

func appendName0(out []byte, text string) ([]byte, error) {
	if len(text) > math.MaxUint16 {
		return nil, ErrLimit
	}
	out = binary.BigEndian.AppendUint16(out, uint16(len(text)))
	return append(out, text...), nil
}

func appendObject0(out []byte, object Object, depth int) ([]byte, error) {
	out = append(out, object0)
	var err error
	if object.Class != "" {
		out[len(out)-1] = typed0
		if out, err = appendName0(out, object.Class); err != nil {
			return nil, err
		}
	}
	for _, property := range object.Properties {
		if out, err = appendName0(out, property.Name); err != nil {
			return nil, err
		}
		if out, err = appendValue0(out, property.Value, depth+1); err != nil {
			return nil, err
		}
	}
	return append(out, 0, 0, objectEnd0), nil
}

func appendArray0(out []byte, array Array, depth int) ([]byte, error) {
	out = binary.BigEndian.AppendUint32(append(out, array0), uint32(len(array)))
	var err error
	for _, value := range array {
		if out, err = appendValue0(out, value, depth+1); err != nil {
			return nil, err
		}
	}
	return out, nil
}
