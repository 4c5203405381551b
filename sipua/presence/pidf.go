package presence

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"slices"
)

// namespacePIDF is that of presence documents (RFC 3863 section 4.1).
const namespacePIDF = "urn:ietf:params:xml:ns:pidf"

// document is a presence document as a device published it.
type document struct {
	// parts are the tuples, notes, persons and what else there is.
	parts []*element
}

// readDocument reads a PIDF document. One without a namespace, as some pages write it, is taken for PIDF.
func readDocument(raw []byte) (*document, error) {
	root, err := readElement(raw)
	if err != nil {
		return nil, err
	}
	if root.name.Local != "presence" || root.name.Space != "" && root.name.Space != namespacePIDF {
		return nil, fmt.Errorf("%w: it is a %s", errNoXML, root.name.Local)
	}
	adopt(root)
	read := &document{}
	for _, child := range root.children {
		if part, ok := child.(*element); ok {
			read.parts = append(read.parts, part)
		}
	}
	return read, nil
}

// adopt puts elements that have no namespace into that of PIDF.
func adopt(e *element) {
	if e.name.Space == "" {
		e.name.Space = namespacePIDF
	}
	for _, child := range e.children {
		if inner, ok := child.(*element); ok {
			adopt(inner)
		}
	}
}

func (e *element) isTuple() bool { return e.name == xml.Name{Space: namespacePIDF, Local: "tuple"} }

// pidf composes what the user's devices have published, the oldest first. If that says nothing of whether he can be
// reached, his registration does.
func (p *presentity) pidf(user string, reachable func(string) bool) []byte {
	if p.document != nil {
		return p.document
	}
	root := &element{name: xml.Name{Space: namespacePIDF, Local: "presence"}}
	root.set("entity", "sip:"+user)
	ids := make(map[string]bool)
	var tuples, others []any
	for _, published := range p.inOrder() {
		for _, part := range published.document.parts {
			part = unique(part, ids)
			if part.isTuple() {
				tuples = append(tuples, part)
			} else {
				others = append(others, part)
			}
		}
	}
	if len(tuples) == 0 {
		tuples = []any{registration(reachable(user))}
	}
	root.children = slices.Concat(tuples, others) // in the order of the schema: tuples first
	p.document = encode(root)
	return p.document
}

func (p *presentity) inOrder() []*publication {
	published := make([]*publication, 0, len(p.publications))
	for _, publication := range p.publications {
		published = append(published, publication)
	}
	slices.SortFunc(published, func(a, b *publication) int { return cmp.Compare(a.order, b.order) })
	return published
}

// unique gives the part with an id that no other part has: two devices may have chosen the same.
func unique(part *element, ids map[string]bool) *element {
	id := part.get("id")
	if id == "" {
		return part
	}
	own := &element{name: part.name, attributes: slices.Clone(part.attributes), children: part.children}
	for number := 2; ids[own.get("id")]; number++ {
		own.set("id", fmt.Sprintf("%s-%d", id, number))
	}
	ids[own.get("id")] = true
	return own
}

// registration is the tuple of a user whose devices publish nothing.
func registration(isRegistered bool) *element {
	basic := "closed"
	if isRegistered {
		basic = "open"
	}
	tuple := pidfElement("tuple", pidfElement("status", pidfElement("basic", basic)))
	tuple.set("id", "registration")
	return tuple
}

func pidfElement(name string, children ...any) *element {
	return &element{name: xml.Name{Space: namespacePIDF, Local: name}, children: children}
}

// encode writes a document. What was read, or made here, can always be written.
func encode(root *element) []byte {
	var written bytes.Buffer
	written.WriteString(xml.Header)
	encoder := xml.NewEncoder(&written)
	if root.write(encoder, "") != nil || encoder.Close() != nil {
		return nil
	}
	return written.Bytes()
}
