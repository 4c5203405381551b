// Package amf reads and writes AMF0 and AMF3, the two ways in which Flash writes values (Action Message
// Format, file format specifications AMF 0 and AMF 3 of Adobe).
//
// A value is one of: nil (null), Undefined, bool, float64 (all numbers), string, Object (also what AMF0 calls an
// ECMA array), Array, time.Time, XML, or []byte. What is read is bounded before it is believed: a body has at most
// MaxSize bytes and MaxValues values, nested at most MaxDepth deep, and no count that the peer claims is ever
// allocated.
package amf
