package amf

// traits3 is what objects of one class have in common.
type traits3 struct {
	class        string
	externalized bool
	dynamic      bool
	names        []string
}

// arrayCollection is the one class that writes itself and that Flash pages use: around an array.
const arrayCollection = "flex.messaging.io.ArrayCollection"

func (d *decoder3) object(info uint32) (any, error) {
	traits, err := d.traitsOf(info)
	if err != nil {
		return nil, err
	}
	if traits.externalized {
		if traits.class != arrayCollection {
			return nil, ErrMarker
		}
		return d.value()
	}
	object := Object{Class: traits.class}
	for _, name := range traits.names {
		property := Property{Name: name}
		if property.Value, err = d.value(); err != nil {
			return nil, err
		}
		object.Properties = append(object.Properties, property)
	}
	if traits.dynamic {
		object.Properties, err = d.properties(object.Properties)
	}
	return object, err
}

// traitsOf reads traits, or finds those that the info refers to.
func (d *decoder3) traitsOf(info uint32) (traits3, error) {
	if info&1 == 0 {
		if int(info>>1) >= len(d.traits) {
			return traits3{}, ErrReference
		}
		return d.traits[info>>1], nil
	}
	traits := traits3{externalized: info&2 != 0, dynamic: info&4 != 0}
	var err error
	if traits.class, err = d.text(); err != nil {
		return traits3{}, err
	}
	if traits.externalized {
		d.traits = append(d.traits, traits)
		return traits, nil
	}
	count := info >> 3
	if int64(count) > int64(len(d.rest)) || count > MaxValues {
		return traits3{}, ErrLimit
	}
	for range count {
		name, err := d.text()
		if err != nil {
			return traits3{}, err
		}
		traits.names = append(traits.names, name)
	}
	d.traits = append(d.traits, traits)
	return traits, nil
}

// vector reads a list of values of one type.
func (d *decoder3) vector(marker byte, count uint32) (any, error) {
	if _, err := d.byte(); err != nil { // whether its length is fixed
		return nil, err
	}
	if marker == vectorObject3 {
		if _, err := d.text(); err != nil { // the class
			return nil, err
		}
		return d.list(count)
	}
	array := Array{}
	for range count {
		number, err := d.item(marker)
		if err != nil {
			return nil, err
		}
		array = append(array, number)
	}
	return array, nil
}

func (d *decoder3) item(marker byte) (float64, error) {
	if err := d.enter(); err != nil {
		return 0, err
	}
	defer d.leave()
	if marker == vectorDouble3 {
		return d.double()
	}
	bits, err := d.uint32()
	if marker == vectorInt3 {
		return float64(int32(bits)), err
	}
	return float64(bits), err
}
