package amf

import (
	"fmt"
	"math"
	"time"
)

// Integers of AMF3 have 29 bits.
const (
	minInteger3 = -1 << 28
	maxInteger3 = 1<<28 - 1
	// dynamicTraits3 announces a plain object: written out, traits written out, dynamic, no fixed names.
	dynamicTraits3 = 0x0b
)

func appendUint29(out []byte, number uint32) []byte {
	number &= 1<<29 - 1
	switch {
	case number < 1<<7:
		return append(out, byte(number))
	case number < 1<<14:
		return append(out, byte(number>>7)|0x80, byte(number)&0x7f)
	case number < 1<<21:
		return append(out, byte(number>>14)|0x80, byte(number>>7)|0x80, byte(number)&0x7f)
	default:
		return append(out, byte(number>>22)|0x80, byte(number>>15)|0x80, byte(number>>8)|0x80, byte(number))
	}
}

func appendValue3(out []byte, value any, depth int) ([]byte, error) {
	if err := check(out, depth); err != nil {
		return nil, err
	}
	switch value := value.(type) {
	case nil:
		return append(out, null3), nil
	case Undefined:
		return append(out, undefined3), nil
	case bool:
		if value {
			return append(out, true3), nil
		}
		return append(out, false3), nil
	case float64:
		return appendNumber3(out, value), nil
	case string:
		return appendText3(append(out, string3), value)
	case XML:
		return appendText3(append(out, xml3), string(value))
	case []byte:
		return appendText3(append(out, bytes3), string(value))
	case time.Time:
		return appendDouble(append(out, date3, 1), float64(value.UnixMilli())), nil
	case Object:
		return appendObject3(out, value, depth)
	case Array:
		return appendArray3(out, value, depth)
	default:
		return nil, fmt.Errorf("%w: %T", ErrValue, value)
	}
}

func appendNumber3(out []byte, number float64) []byte {
	whole := number == math.Trunc(number) && number >= minInteger3 && number <= maxInteger3
	if !whole || number == 0 && math.Signbit(number) {
		return appendDouble(append(out, double3), number)
	}
	return appendUint29(append(out, integer3), uint32(int32(number)))
}

func appendText3(out []byte, text string) ([]byte, error) {
	if len(text) > MaxSize {
		return nil, ErrLimit
	}
	out = appendUint29(out, uint32(len(text))<<1|1)
	return append(out, text...), nil
}

func appendObject3(out []byte, object Object, depth int) ([]byte, error) {
	out, err := appendText3(append(out, object3, dynamicTraits3), object.Class)
	for _, property := range object.Properties {
		if err != nil {
			return nil, err
		}
		if property.Name == "" { // it would end the object
			continue
		}
		if out, err = appendText3(out, property.Name); err != nil {
			return nil, err
		}
		out, err = appendValue3(out, property.Value, depth+1)
	}
	return append(out, 1), err
}

func appendArray3(out []byte, array Array, depth int) ([]byte, error) {
	out = append(appendUint29(append(out, array3), uint32(len(array))<<1|1), 1)
	var err error
	for _, value := range array {
		if out, err = appendValue3(out, value, depth+1); err != nil {
			return nil, err
		}
	}
	return out, nil
}
