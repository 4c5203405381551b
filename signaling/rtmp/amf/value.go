package amf

import "errors"

// Limits of what is read and written.
const (
	// MaxSize is the longest body, in bytes.
	MaxSize = 64 << 10
	// MaxDepth is how deep values may be nested.
	MaxDepth = 16
	// MaxValues is how many values a body may have, those inside others included.
	MaxValues = 4096
)

// Why a body is refused.
var (
	// ErrLimit is the error of a body that exceeds MaxSize, MaxDepth or MaxValues.
	ErrLimit = errors.New("amf: the body exceeds a limit")
	// ErrShort is the error of a body that ends inside a value.
	ErrShort = errors.New("amf: the body ends too early")
	// ErrMarker is the error of a type that does not exist or is not known here.
	ErrMarker = errors.New("amf: unknown type of value")
	// ErrReference is the error of a reference to something that was not there before.
	ErrReference = errors.New("amf: reference to nothing")
	// ErrValue is the error of a Go value that has no form in AMF.
	ErrValue = errors.New("amf: no such value in AMF")
)

// Undefined is the value undefined of ActionScript.
type Undefined struct{}

// XML is an XML document, as text; it is never parsed.
type XML string

// Array is a list of values.
type Array []any

// Property is one named value of an Object.
type Property struct {
	Name  string
	Value any
}

// Object is a list of named values, in the order of the wire.
type Object struct {
	// Class is the name of its class; empty for a plain object.
	Class      string
	Properties []Property
}

// Get gives the value of a property, nil if there is none.
func (o Object) Get(name string) any {
	for _, property := range o.Properties {
		if property.Name == name {
			return property.Value
		}
	}
	return nil
}

// Text gives the value of a property if it is a string, else an empty one.
func (o Object) Text(name string) string {
	text, _ := o.Get(name).(string)
	return text
}
