package amf

// The types of AMF0 (section 2.1 of its specification).
const (
	number0     = 0x00
	boolean0    = 0x01
	string0     = 0x02
	object0     = 0x03
	null0       = 0x05
	undefined0  = 0x06
	reference0  = 0x07
	ecmaArray0  = 0x08
	objectEnd0  = 0x09
	array0      = 0x0a
	date0       = 0x0b
	longString0 = 0x0c
	unsupported = 0x0d
	xml0        = 0x0f
	typed0      = 0x10
	avmPlus0    = 0x11
)

// decoder0 reads AMF0.
type decoder0 struct {
	*input

	// objects are what references count, in the order in which they were complete.
	objects []any
	// plus reads the AMF3 values between those of AMF0.
	plus *decoder3
}

// Decode0 reads all values of a body in AMF0. A value may switch to AMF3 by its type (0x11).
func Decode0(body []byte) ([]any, error) {
	in, err := newInput(body)
	if err != nil {
		return nil, err
	}
	decoder := &decoder0{input: in, plus: &decoder3{input: in}}
	var values []any
	for len(in.rest) > 0 {
		value, err := decoder.value()
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}

func (d *decoder0) value() (any, error) {
	if err := d.enter(); err != nil {
		return nil, err
	}
	defer d.leave()
	marker, err := d.byte()
	if err != nil {
		return nil, err
	}
	switch marker {
	case number0:
		return d.double()
	case boolean0:
		flag, err := d.byte()
		return flag != 0, err
	case null0:
		return nil, nil //nolint:nilnil // null is a value
	case undefined0, unsupported:
		return Undefined{}, nil
	case reference0:
		return d.reference()
	case avmPlus0:
		return d.plus.value()
	default:
		return d.larger(marker)
	}
}

// larger reads the types that have a length or are made of others.
func (d *decoder0) larger(marker byte) (any, error) {
	switch marker {
	case string0:
		return d.text()
	case longString0:
		return d.longText()
	case xml0:
		text, err := d.longText()
		return XML(text), err
	case date0:
		date, err := d.date()
		if err == nil {
			_, err = d.uint16() // a time zone, which is reserved
		}
		return date, err
	case object0:
		return d.object("")
	case typed0:
		class, err := d.text()
		if err != nil {
			return nil, err
		}
		return d.object(class)
	case ecmaArray0:
		if _, err := d.uint32(); err != nil { // a count that only claims
			return nil, err
		}
		return d.object("")
	case array0:
		return d.array()
	default:
		return nil, ErrMarker
	}
}

func (d *decoder0) text() (string, error) {
	size, err := d.uint16()
	if err != nil {
		return "", err
	}
	text, err := d.bytes(int(size))
	return string(text), err
}

func (d *decoder0) longText() (string, error) {
	size, err := d.uint32()
	if err != nil {
		return "", err
	}
	if size > MaxSize {
		return "", ErrShort
	}
	text, err := d.bytes(int(size))
	return string(text), err
}

func (d *decoder0) object(class string) (any, error) {
	object := Object{Class: class}
	for {
		name, err := d.text()
		if err != nil {
			return nil, err
		}
		if name == "" && len(d.rest) > 0 && d.rest[0] == objectEnd0 {
			d.rest = d.rest[1:]
			d.objects = append(d.objects, object)
			return object, nil
		}
		value, err := d.value()
		if err != nil {
			return nil, err
		}
		object.Properties = append(object.Properties, Property{name, value})
	}
}

func (d *decoder0) array() (any, error) {
	count, err := d.uint32()
	if err != nil {
		return nil, err
	}
	array := Array{}
	for range count {
		value, err := d.value()
		if err != nil {
			return nil, err
		}
		array = append(array, value)
	}
	d.objects = append(d.objects, array)
	return array, nil
}

// reference gives an object that was complete before. One to an object around it would make a circle; nothing
// that is sent to a server has one, so it is refused.
func (d *decoder0) reference() (any, error) {
	index, err := d.uint16()
	if err != nil {
		return nil, err
	}
	if int(index) >= len(d.objects) {
		return nil, ErrReference
	}
	return d.objects[index], nil
}
