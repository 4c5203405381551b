package number

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Rewriting is a list of rules, tried in order; the first that matches counts. The zero value leaves all as it is.
type Rewriting []rule

// rule makes one number of another.
type rule struct {
	match *regexp.Regexp
	// to is a template as regexp.Expand takes it.
	to string
}

// ErrRule is the error of a rule that cannot be read.
var ErrRule = errors.New(`a rule is written as "expression -> number", such as "^00(.*) -> +$1"`)

// reference is $1 or ${1} in a template.
var reference = regexp.MustCompile(`\$(?:(\d+)|\{(\d+)\})`)

// ParseRewriting reads rules written as "regular expression -> template". $1 or ${1} in the template stands for what
// the first group found; what the expression matched only in part is replaced as a whole.
func ParseRewriting(lines []string) (Rewriting, error) {
	var rules Rewriting
	for _, line := range lines {
		parsed, err := parseRule(line)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
		rules = append(rules, parsed)
	}
	return rules, nil
}

func parseRule(line string) (rule, error) {
	expression, to, found := strings.Cut(line, "->")
	expression, to = strings.TrimSpace(expression), strings.TrimSpace(to)
	if !found || expression == "" || to == "" {
		return rule{}, ErrRule
	}
	match, err := regexp.Compile(expression)
	if err != nil {
		return rule{}, fmt.Errorf("%w: %w", ErrRule, err)
	}
	for _, group := range reference.FindAllStringSubmatch(to, -1) {
		if number, err := strconv.Atoi(group[1] + group[2]); err != nil || number < 1 || number > match.NumSubexp() {
			return rule{}, fmt.Errorf("%w: %s is no group of the expression", ErrRule, group[0])
		}
	}
	if strings.Contains(reference.ReplaceAllString(to, ""), "$") {
		return rule{}, fmt.Errorf("%w: a $ stands before no number", ErrRule)
	}
	return rule{match: match, to: reference.ReplaceAllString(to, "$${$1$2}")}, nil
}

// Apply rewrites a number.
func (r Rewriting) Apply(number string) string {
	for _, rule := range r {
		if found := rule.match.FindStringSubmatchIndex(number); found != nil {
			return string(rule.match.ExpandString(nil, rule.to, number, found))
		}
	}
	return number
}
