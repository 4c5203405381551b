package presence

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Limits of a document that is read.
const (
	maxDocument = 8 << 10 // bytes
	maxElements = 256
	maxDepth    = 12
)

var (
	errTooLarge = errors.New("the document is too large")
	errNoXML    = errors.New("no XML document of a kind that is read")
)

// element is an XML element with all that is in it, of whatever vocabulary: what devices publish has many extensions
// (RFC 4480), which watchers shall get though the bridge knows none of them.
type element struct {
	name       xml.Name
	attributes []xml.Attr
	// children are *element and string.
	children []any
}

// readElement reads a document: UTF-8, no DOCTYPE and so no entities but the five of XML itself.
func readElement(raw []byte) (*element, error) {
	if len(raw) > maxDocument {
		return nil, errTooLarge
	}
	r := &elementReader{decoder: xml.NewDecoder(bytes.NewReader(raw))}
	for {
		token, err := r.decoder.Token()
		switch {
		case errors.Is(err, io.EOF) && r.root != nil && len(r.open) == 0:
			return r.root, nil
		case err != nil:
			return nil, fmt.Errorf("%w: %w", errNoXML, err)
		}
		if err := r.read(token); err != nil {
			return nil, err
		}
	}
}

// elementReader builds the tree of elements.
type elementReader struct {
	decoder *xml.Decoder
	root    *element
	open    []*element
	count   int
}

func (r *elementReader) read(token xml.Token) error {
	switch token := token.(type) {
	case xml.StartElement:
		return r.start(token)
	case xml.EndElement:
		r.open = r.open[:len(r.open)-1] // the decoder has seen that they match
	case xml.CharData:
		if len(r.open) > 0 {
			parent := r.open[len(r.open)-1]
			parent.children = append(parent.children, string(token))
		}
	case xml.Directive:
		return fmt.Errorf("%w: a DOCTYPE", errNoXML)
	}
	return nil
}

func (r *elementReader) start(token xml.StartElement) error {
	r.count++
	if r.count > maxElements || len(r.open) >= maxDepth {
		return errTooLarge
	}
	if strings.Contains(token.Name.Local, ":") {
		return fmt.Errorf("%w: the name %s", errNoXML, token.Name.Local)
	}
	fresh := &element{name: token.Name}
	for _, attribute := range token.Attr {
		if attribute.Name.Space != "xmlns" && attribute.Name.Local != "xmlns" {
			fresh.attributes = append(fresh.attributes, attribute)
		}
	}
	switch {
	case len(r.open) > 0:
		parent := r.open[len(r.open)-1]
		parent.children = append(parent.children, fresh)
	case r.root == nil:
		r.root = fresh
	default:
		return fmt.Errorf("%w: two roots", errNoXML)
	}
	r.open = append(r.open, fresh)
	return nil
}

// write writes the element. within is the namespace that holds around it: it is not named again.
func (e *element) write(to *xml.Encoder, within string) error {
	start := xml.StartElement{Name: xml.Name{Local: e.name.Local}, Attr: e.attributes}
	if e.name.Space != within {
		start.Attr = append([]xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: e.name.Space}}, e.attributes...)
	}
	if err := to.EncodeToken(start); err != nil {
		return err
	}
	for _, child := range e.children {
		var err error
		switch child := child.(type) {
		case *element:
			err = child.write(to, e.name.Space)
		case string:
			err = to.EncodeToken(xml.CharData(child))
		}
		if err != nil {
			return err
		}
	}
	return to.EncodeToken(start.End())
}

// set gives an attribute without a namespace another value.
func (e *element) set(name, value string) {
	for i := range e.attributes {
		if e.attributes[i].Name == (xml.Name{Local: name}) {
			e.attributes[i].Value = value
			return
		}
	}
	e.attributes = append(e.attributes, xml.Attr{Name: xml.Name{Local: name}, Value: value})
}

// get gives the value of an attribute without a namespace, or is empty.
func (e *element) get(name string) string {
	for _, attribute := range e.attributes {
		if attribute.Name == (xml.Name{Local: name}) {
			return attribute.Value
		}
	}
	return ""
}
