package amf

import (
	"encoding/binary"
	"math"
	"time"
)

// input is a body being read, by AMF0 and AMF3 alike, so that one set of limits holds for both.
type input struct {
	rest   []byte
	depth  int
	values int
}

func newInput(body []byte) (*input, error) {
	if len(body) > MaxSize {
		return nil, ErrLimit
	}
	return &input{rest: body}, nil
}

// enter counts one value, and one level of nesting until leave.
func (in *input) enter() error {
	in.values++
	in.depth++
	if in.values > MaxValues || in.depth > MaxDepth {
		return ErrLimit
	}
	return nil
}

func (in *input) leave() { in.depth-- }

func (in *input) bytes(count int) ([]byte, error) {
	if count < 0 || count > len(in.rest) {
		return nil, ErrShort
	}
	taken := in.rest[:count]
	in.rest = in.rest[count:]
	return taken, nil
}

func (in *input) byte() (byte, error) {
	taken, err := in.bytes(1)
	if err != nil {
		return 0, err
	}
	return taken[0], nil
}

func (in *input) uint16() (uint16, error) {
	taken, err := in.bytes(2)
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint16(taken), nil
}

func (in *input) uint32() (uint32, error) {
	taken, err := in.bytes(4)
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint32(taken), nil
}

func (in *input) double() (float64, error) {
	taken, err := in.bytes(8)
	if err != nil {
		return 0, err
	}
	return math.Float64frombits(binary.BigEndian.Uint64(taken)), nil
}

// date reads milliseconds since 1970.
func (in *input) date() (any, error) {
	milliseconds, err := in.double()
	if err != nil {
		return nil, err
	}
	if !(math.Abs(milliseconds) < 1<<53) { // what is beyond, and NaN, is no time
		return Undefined{}, nil
	}
	return time.UnixMilli(int64(milliseconds)).UTC(), nil
}
