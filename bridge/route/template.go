package route

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// template is a text with references to the groups of a match.
type template []templatePart

// templatePart is a fixed text, or the group of that number if it is not 0.
type templatePart struct {
	text  string
	group int
}

var reference = regexp.MustCompile(`\$(?:(\d+)|\{(\d+)\})`)

// parseTemplate reads a text in which $1 or ${1} stands for a group, of which there are so many. Unlike in
// regexp.Expand a letter may follow the number.
func parseTemplate(text string, groups int) (template, error) {
	var parsed template
	for text != "" {
		found := reference.FindStringSubmatchIndex(text)
		if found == nil {
			parsed = append(parsed, templatePart{text: text})
			break
		}
		if found[0] > 0 {
			parsed = append(parsed, templatePart{text: text[:found[0]]})
		}
		digits := strings.Trim(text[found[0]:found[1]], "${}")
		number, err := strconv.Atoi(digits)
		if err != nil || number < 1 || number > groups {
			return nil, fmt.Errorf("$%s: match has %d groups", digits, groups)
		}
		parsed = append(parsed, templatePart{group: number})
		text = text[found[1]:]
	}
	for _, part := range parsed {
		if strings.Contains(part.text, "$") {
			return nil, fmt.Errorf("a $ stands before no number")
		}
	}
	return parsed, nil
}

// fixed gives the text if it has no references.
func (t template) fixed() (string, bool) {
	var text strings.Builder
	for _, part := range t {
		if part.group != 0 {
			return "", false
		}
		text.WriteString(part.text)
	}
	return text.String(), true
}

// expand puts in what the groups found: groups[1] is that of the first.
func (t template) expand(groups []string) string {
	var text strings.Builder
	for _, part := range t {
		if part.group != 0 {
			text.WriteString(groups[part.group])
		} else {
			text.WriteString(part.text)
		}
	}
	return text.String()
}
