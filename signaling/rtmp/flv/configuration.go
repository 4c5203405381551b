package flv

import (
	"encoding/binary"
)

const (
	// maxSets is how many parameter sets of each kind are taken; a record could have 31 and 255.
	maxSets = 31
	// maxUnits is how many units a picture may have.
	maxUnits = 512
	// profileSize is how much of a sequence parameter set stands in the record's head.
	profileSize = 3
	// ourLengths is the size of the lengths in pictures that we write.
	ourLengths = 4
)

// Configuration is what a decoder has to know before the first picture.
type Configuration struct {
	// Sequence and Picture are the parameter sets.
	Sequence, Picture [][]byte
	// LengthSize is the size of the lengths in pictures: 1, 2 or 4.
	LengthSize int
}

// ParseConfiguration reads a record. The sets are part of it.
func ParseConfiguration(record []byte) (Configuration, error) {
	const head, version = 5, 1
	if len(record) < head+1 || record[0] != version {
		return Configuration{}, ErrFormat
	}
	configuration := Configuration{LengthSize: int(record[4]&3) + 1}
	if configuration.LengthSize == 3 {
		return Configuration{}, ErrFormat
	}
	var err error
	rest := record[head:]
	if configuration.Sequence, rest, err = readSets(rest, 0x1f); err != nil {
		return Configuration{}, err
	}
	if configuration.Picture, _, err = readSets(rest, 0xff); err != nil { // what follows is of no use to us
		return Configuration{}, err
	}
	return configuration, nil
}

// readSets reads a count, of which only the bits of mask say anything, and so many sets.
func readSets(record []byte, mask byte) (sets [][]byte, rest []byte, err error) {
	if len(record) == 0 {
		return nil, nil, ErrFormat
	}
	count := int(record[0] & mask)
	rest = record[1:]
	if count > maxSets {
		return nil, nil, ErrFormat
	}
	for range count {
		if len(rest) < 2 {
			return nil, nil, ErrFormat
		}
		size := int(binary.BigEndian.Uint16(rest))
		if rest = rest[2:]; size == 0 || size > len(rest) {
			return nil, nil, ErrFormat
		}
		sets, rest = append(sets, rest[:size]), rest[size:]
	}
	return sets, rest, nil
}

// Complete tells whether a decoder can begin with it, and whether it has a form in a tag.
func (c Configuration) Complete() bool {
	return len(c.Sequence) > 0 && len(c.Sequence[0]) > profileSize && len(c.Picture) > 0 &&
		len(c.Sequence) <= maxSets && len(c.Picture) <= maxSets
}

// append appends the record of a Configuration that is Complete; its lengths are of four bytes.
func (c Configuration) append(record []byte) []byte {
	const version, reservedSize, reservedCount = 1, 0xfc, 0xe0
	record = append(record, version)
	record = append(record, c.Sequence[0][1:1+profileSize]...)
	record = append(record, reservedSize|(ourLengths-1), reservedCount|byte(len(c.Sequence)))
	record = appendSets(record, c.Sequence)
	return appendSets(append(record, byte(len(c.Picture))), c.Picture)
}

func appendSets(record []byte, sets [][]byte) []byte {
	for _, set := range sets {
		record = binary.BigEndian.AppendUint16(record, uint16(len(set)))
		record = append(record, set...)
	}
	return record
}

// Units appends the NAL units of a picture to units. They are part of it; empty ones are left out.
func (c Configuration) Units(units [][]byte, picture []byte) ([][]byte, error) {
	for len(picture) > 0 {
		if len(picture) < c.LengthSize || len(units) >= maxUnits {
			return nil, ErrFormat
		}
		size := 0
		for _, digit := range picture[:c.LengthSize] {
			size = size<<8 | int(digit)
		}
		picture = picture[c.LengthSize:]
		if size > len(picture) {
			return nil, ErrFormat
		}
		if size > 0 {
			units = append(units, picture[:size])
		}
		picture = picture[size:]
	}
	return units, nil
}
