package amf_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"sipbridge/signaling/rtmp/amf"
)

// row is one value and its bytes in both formats, which drives reader and writer. An empty text means that the format
// is not tried.
type row struct {
	name       string
	value      any
	amf0, amf3 string
	// readOnly rows are not what we would write.
	readOnly bool
}

func rows() []row {
	object := amf.Object{Properties: []amf.Property{{"a", 1.0}, {"b", nil}}}
	typed := amf.Object{Class: "C", Properties: []amf.Property{{"a", true}}}
	return []row{
		{name: "null", value: nil, amf0: "05", amf3: "01"},
		{name: "undefined", value: amf.Undefined{}, amf0: "06", amf3: "00"},
		{name: "unsupported", value: amf.Undefined{}, amf0: "0d", readOnly: true},
		{name: "true", value: true, amf0: "0101", amf3: "03"},
		{name: "false", value: false, amf0: "0100", amf3: "02"},
		{name: "one", value: 1.0, amf0: "003ff0000000000000", amf3: "0401"},
		{name: "minus one", value: -1.0, amf0: "00bff0000000000000", amf3: "04ffffffff"},
		{name: "128", value: 128.0, amf3: "048100"},
		{name: "16384", value: 16384.0, amf3: "04818000"},
		{name: "2097152", value: 2097152.0, amf3: "0480c08000"},
		{name: "the largest integer", value: 268435455.0, amf3: "04bfffffff"},
		{name: "beyond", value: 268435456.0, amf3: "0541b0000000000000"},
		{name: "half", value: 0.5, amf0: "003fe0000000000000", amf3: "053fe0000000000000"},
		{name: "string", value: "foo", amf0: "020003666f6f", amf3: "0607666f6f"},
		{name: "empty string", value: "", amf0: "020000", amf3: "0601"},
		{name: "long string", value: "foo", amf0: "0c00000003666f6f", readOnly: true},
		{name: "xml", value: amf.XML("<a/>"), amf0: "0f000000043c612f3e", amf3: "0b093c612f3e"},
		{name: "xml document", value: amf.XML("<a/>"), amf3: "07093c612f3e", readOnly: true},
		{
			name: "date", value: time.UnixMilli(1000).UTC(),
			amf0: "0b408f4000000000000000", amf3: "0801408f400000000000",
		},
		{name: "no date", value: amf.Undefined{}, amf0: "0b7ff80000000000000000", readOnly: true},
		{
			name: "object", value: object,
			amf0: "03000161003ff0000000000000000162" + "05000009", amf3: "0a0b01036104010362" + "0101",
		},
		{name: "ecma array", value: object, amf0: "08ffffffff000161003ff000000000000000016205000009", readOnly: true},
		{name: "typed object", value: typed, amf0: "100001430001610101000009", amf3: "0a0b03430361" + "0301"},
		{name: "object with fixed names", value: typed, amf3: "0a13034303" + "6103", readOnly: true},
		{name: "array", value: amf.Array{true, nil}, amf0: "0a00000002010105", amf3: "0905010301"},
		{
			name: "array with names", value: amf.Object{Properties: []amf.Property{{"a", true}}},
			amf3: "0901036103" + "01", readOnly: true,
		},
		{name: "bytes", value: []byte{1, 2}, amf0: "110c050102", amf3: "0c050102"},
		{name: "AMF3 in AMF0", value: "foo", amf0: "110607666f6f", readOnly: true},
		{name: "vector of int", value: amf.Array{-1.0}, amf3: "0d0300ffffffff", readOnly: true},
		{name: "vector of uint", value: amf.Array{4294967295.0}, amf3: "0e0300ffffffff", readOnly: true},
		{name: "vector of double", value: amf.Array{0.5}, amf3: "0f03003fe0000000000000", readOnly: true},
		{name: "vector of objects", value: amf.Array{true}, amf3: "1003000103", readOnly: true},
		{name: "dictionary", value: amf.Array{"a", true}, amf3: "11030006036103", readOnly: true},
		{name: "string by reference", value: amf.Array{"a", "a"}, amf3: "0905010603610600", readOnly: true},
		{
			name: "array by reference", value: amf.Array{amf.Array{}, amf.Array{}},
			amf3: "09050109010109" + "02", readOnly: true,
		},
		{
			name: "traits by reference", value: amf.Array{typed, typed},
			amf3: "0905010a130343036103" + "0a0103", readOnly: true,
		},
		{
			name: "array collection", value: amf.Array{true},
			amf3: "0a0743" + hex.EncodeToString([]byte("flex.messaging.io.ArrayCollection")) + "09030103", readOnly: true,
		},
		{
			name: "object by reference", value: amf.Array{amf.Array{}, amf.Array{}},
			amf0: "0a000000020a00000000070000", readOnly: true,
		},
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	for _, row := range rows() {
		try(t, row, row.amf0, amf.Decode0, amf.Encode0)
		try(t, row, row.amf3, amf.Decode3, amf.Encode3)
	}
}

func try(t *testing.T, row row, text string, decode func([]byte) ([]any, error), encode func(...any) ([]byte, error)) {
	t.Helper()
	if text == "" {
		return
	}
	body := unhex(t, text)
	values, err := decode(body)
	if err != nil || len(values) != 1 || !reflect.DeepEqual(values[0], row.value) {
		t.Errorf("%s: %s is read as %#v, %v", row.name, text, values, err)
	}
	for cut := 1; cut < len(body); cut++ {
		if values, err := decode(body[:cut]); err == nil {
			t.Errorf("%s: the first %d bytes are read as %#v", row.name, cut, values)
		}
	}
	if row.readOnly {
		return
	}
	if written, err := encode(row.value); err != nil || !bytes.Equal(written, body) {
		t.Errorf("%s: written as %x, not %s: %v", row.name, written, text, err)
	}
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	body, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestHostile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		body   []byte
		decode func([]byte) ([]any, error)
		want   error
	}{
		{"depth bomb", bytes.Repeat([]byte{0x0a, 0, 0, 0, 1}, 10_000), amf.Decode0, amf.ErrLimit},
		{"depth bomb of objects", bytes.Repeat([]byte{3, 0, 1, 'a'}, 10_000), amf.Decode0, amf.ErrLimit},
		{"depth bomb in AMF3", bytes.Repeat([]byte{9, 3, 1}, 10_000), amf.Decode3, amf.ErrLimit},
		{"10 MB", make([]byte, 10<<20), amf.Decode0, amf.ErrLimit},
		{"10 MB in AMF3", make([]byte, 10<<20), amf.Decode3, amf.ErrLimit},
		{"many values", bytes.Repeat([]byte{5}, amf.MaxValues+1), amf.Decode0, amf.ErrLimit},
		{"claimed count", unhex(t, "0affffffff"), amf.Decode0, amf.ErrShort},
		{"claimed length", unhex(t, "0cffffffff"), amf.Decode0, amf.ErrShort},
		{"claimed length in AMF3", unhex(t, "06ffffffff"), amf.Decode3, amf.ErrShort},
		{"claimed vector", unhex(t, "0dffffffff00"), amf.Decode3, amf.ErrShort},
		{"claimed traits", unhex(t, "0afffffffb0361"), amf.Decode3, amf.ErrLimit},
		{"reference to nothing", unhex(t, "070000"), amf.Decode0, amf.ErrReference},
		{"reference to itself", unhex(t, "0903010900"), amf.Decode3, amf.ErrReference},
		{"string that was not there", unhex(t, "0600"), amf.Decode3, amf.ErrReference},
		{"traits that were not there", unhex(t, "0a01"), amf.Decode3, amf.ErrReference},
		{"class that writes itself", unhex(t, "0a070361"), amf.Decode3, amf.ErrMarker},
		{"unknown type", unhex(t, "12"), amf.Decode0, amf.ErrMarker},
		{"unknown type in AMF3", unhex(t, "12"), amf.Decode3, amf.ErrMarker},
	} {
		if values, err := test.decode(test.body); !errors.Is(err, test.want) {
			t.Errorf("%s gives %d values and %v, not %v", test.name, len(values), err, test.want)
		}
	}
}

func TestWriterKeepsToTheLimits(t *testing.T) {
	t.Parallel()
	var nested any
	for range amf.MaxDepth + 1 {
		nested = amf.Array{nested}
	}
	for _, encode := range []func(...any) ([]byte, error){amf.Encode0, amf.Encode3} {
		if _, err := encode(nested); !errors.Is(err, amf.ErrLimit) {
			t.Errorf("too deep: %v", err)
		}
		if _, err := encode(strings.Repeat("x", amf.MaxSize+1)); !errors.Is(err, amf.ErrLimit) {
			t.Errorf("too long: %v", err)
		}
		if _, err := encode(1); !errors.Is(err, amf.ErrValue) {
			t.Errorf("an int: %v", err)
		}
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	object := amf.Object{Properties: []amf.Property{{"a", 1.0}, {"b", "text"}}}
	if object.Get("a") != 1.0 || object.Get("c") != nil || object.Text("b") != "text" || object.Text("a") != "" {
		t.Errorf("%+v gives other values", object)
	}
}

func FuzzDecode0(f *testing.F) { fuzz(f, amf.Decode0, amf.Encode0) }

func FuzzDecode3(f *testing.F) { fuzz(f, amf.Decode3, amf.Encode3) }

// fuzz holds that what is read can be written, and that this changes nothing any more.
func fuzz(f *testing.F, decode func([]byte) ([]any, error), encode func(...any) ([]byte, error)) {
	f.Helper()
	for _, row := range rows() {
		for _, text := range []string{row.amf0, row.amf3} {
			seed, err := hex.DecodeString(text)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(seed)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		values, err := decode(body)
		if err != nil {
			return
		}
		written, err := encode(values...)
		if errors.Is(err, amf.ErrLimit) { // references can make a small body large
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		again, err := decode(written)
		if errors.Is(err, amf.ErrLimit) {
			return
		}
		if err != nil {
			t.Fatalf("%x becomes %x, which cannot be read: %v", body, written, err)
		}
		if second, err := encode(again...); err != nil || !bytes.Equal(second, written) {
			t.Fatalf("%x becomes %x and then %x, %v", body, written, second, err)
		}
	})
}
