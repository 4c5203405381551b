package clicktocall

import (
	"encoding/json"
	"strings"
)

// The longest texts, in bytes. An e-mail address has no more than 254 (RFC 5321 section 4.5.3.1.3).
const (
	maxText  = 256
	maxEmail = 254
)

// fields are the values of a JSON object that were not looked at yet.
type fields map[string]json.RawMessage

// parseFields reads a JSON object.
func parseFields(body []byte) (fields, error) {
	var f fields
	if !json.Valid(body) {
		return nil, refuse(Unreadable, "Parsing failed")
	}
	if err := json.Unmarshal(body, &f); err != nil || f == nil {
		return nil, refuse(BadField, "Invalid data type")
	}
	return f, nil
}

// text gives a string that must be there. No string may have control characters: some end in SIP headers and mails.
func (f fields) text(name string) (string, error) {
	raw, ok := f[name]
	if !ok || string(raw) == "null" {
		return "", refuse(BadField, "Required field is missing: "+name)
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return "", refuse(BadField, "Invalid data type: "+name)
	}
	if len(text) > maxText || strings.ContainsFunc(text, isControl) {
		return "", refuse(BadValue, "Invalid value: "+name)
	}
	return text, nil
}

func isControl(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029'
}

// texts gives several strings that must be there.
func (f fields) texts(names ...string) ([]string, error) {
	all := make([]string, len(names))
	for i, name := range names {
		var err error
		if all[i], err = f.text(name); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// number gives a whole number that must be there.
func (f fields) number(name string) (int64, error) {
	raw, ok := f[name]
	if !ok || string(raw) == "null" {
		return 0, refuse(BadField, "Required field is missing: "+name)
	}
	var number int64
	if json.Unmarshal(raw, &number) != nil {
		return 0, refuse(BadField, "Invalid data type: "+name)
	}
	return number, nil
}

// object gives a JSON object that must be there.
func (f fields) object(name string) (fields, error) {
	var inner fields
	if json.Unmarshal(f[name], &inner) != nil || inner == nil {
		return nil, refuse(BadField, "Invalid data type: "+name)
	}
	return inner, nil
}
