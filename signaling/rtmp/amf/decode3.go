package amf

// The types of AMF3 (section 3.1 of its specification).
const (
	undefined3    = 0x00
	null3         = 0x01
	false3        = 0x02
	true3         = 0x03
	integer3      = 0x04
	double3       = 0x05
	string3       = 0x06
	xmlDocument3  = 0x07
	date3         = 0x08
	array3        = 0x09
	object3       = 0x0a
	xml3          = 0x0b
	bytes3        = 0x0c
	vectorInt3    = 0x0d
	vectorUint3   = 0x0e
	vectorDouble3 = 0x0f
	vectorObject3 = 0x10
	dictionary3   = 0x11
)

// decoder3 reads AMF3. Its tables of references hold for one body.
type decoder3 struct {
	*input

	texts   []string
	objects []reference3
	traits  []traits3
}

// reference3 is a place in the table of objects, which is taken before the object is complete.
type reference3 struct {
	complete bool
	value    any
}

// Decode3 reads all values of a body in AMF3.
func Decode3(body []byte) ([]any, error) {
	in, err := newInput(body)
	if err != nil {
		return nil, err
	}
	decoder := &decoder3{input: in}
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

func (d *decoder3) value() (any, error) {
	if err := d.enter(); err != nil {
		return nil, err
	}
	defer d.leave()
	marker, err := d.byte()
	if err != nil {
		return nil, err
	}
	switch marker {
	case undefined3:
		return Undefined{}, nil
	case null3:
		return nil, nil //nolint:nilnil // null is a value
	case false3, true3:
		return marker == true3, nil
	case integer3:
		bits, err := d.uint29()
		return float64(int32(bits<<3) >> 3), err
	case double3:
		return d.double()
	case string3:
		return d.text()
	default:
		return d.referable(marker)
	}
}

// referable reads the types that later values can refer to.
func (d *decoder3) referable(marker byte) (any, error) {
	if marker > dictionary3 {
		return nil, ErrMarker
	}
	header, err := d.uint29()
	if err != nil {
		return nil, err
	}
	if header&1 == 0 {
		return d.reference(header >> 1)
	}
	place := len(d.objects)
	d.objects = append(d.objects, reference3{})
	value, err := d.content(marker, header>>1)
	if err != nil {
		return nil, err
	}
	d.objects[place] = reference3{complete: true, value: value}
	return value, nil
}

// content reads a value whose header says info.
func (d *decoder3) content(marker byte, info uint32) (any, error) {
	switch marker {
	case date3:
		return d.date()
	case xmlDocument3, xml3:
		text, err := d.bytes(int(info))
		return XML(text), err
	case bytes3:
		content, err := d.bytes(int(info))
		return append([]byte{}, content...), err
	case array3:
		return d.array(info)
	case object3:
		return d.object(info)
	case dictionary3:
		return d.dictionary(info)
	default:
		return d.vector(marker, info)
	}
}

func (d *decoder3) reference(index uint32) (any, error) {
	if int(index) >= len(d.objects) || !d.objects[index].complete {
		return nil, ErrReference
	}
	return d.objects[index].value, nil
}

// uint29 reads a number of one to four bytes.
func (d *decoder3) uint29() (uint32, error) {
	var number uint32
	for range 3 {
		next, err := d.byte()
		if err != nil {
			return 0, err
		}
		number = number<<7 | uint32(next&0x7f)
		if next < 0x80 {
			return number, nil
		}
	}
	last, err := d.byte()
	return number<<8 | uint32(last), err
}

func (d *decoder3) text() (string, error) {
	header, err := d.uint29()
	if err != nil {
		return "", err
	}
	if header&1 == 0 {
		if int(header>>1) >= len(d.texts) {
			return "", ErrReference
		}
		return d.texts[header>>1], nil
	}
	content, err := d.bytes(int(header >> 1))
	if err != nil {
		return "", err
	}
	text := string(content)
	if text != "" { // the empty string is never referred to
		d.texts = append(d.texts, text)
	}
	return text, nil
}

// array reads the named values and then count others. One that has named values becomes an Object without the others,
// which would need names.
func (d *decoder3) array(count uint32) (any, error) {
	named, err := d.properties(nil)
	if err != nil {
		return nil, err
	}
	array, err := d.list(count)
	if err != nil || len(named) == 0 {
		return array, err
	}
	return Object{Properties: named}, nil
}

func (d *decoder3) list(count uint32) (Array, error) {
	array := Array{}
	for range count {
		value, err := d.value()
		if err != nil {
			return nil, err
		}
		array = append(array, value)
	}
	return array, nil
}

// properties appends named values up to an empty name.
func (d *decoder3) properties(properties []Property) ([]Property, error) {
	for {
		name, err := d.text()
		if err != nil || name == "" {
			return properties, err
		}
		value, err := d.value()
		if err != nil {
			return nil, err
		}
		properties = append(properties, Property{name, value})
	}
}

// dictionary gives keys and values in turn, because keys need not be strings.
func (d *decoder3) dictionary(count uint32) (any, error) {
	if _, err := d.byte(); err != nil { // whether the keys are held weakly
		return nil, err
	}
	return d.list(2 * count)
}
