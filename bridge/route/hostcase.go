package route

import (
	"regexp"
	"regexp/syntax"
	"unicode"
)

// compileMatch reads the expression of a rule. What it says of the host is in lower case, as hosts are when rules are
// asked: they have no case (RFC 3261 section 19.1.4).
func compileMatch(text string) (*regexp.Regexp, error) {
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err //nolint:wrapcheck // it says all
	}
	lowerHost(parsed, false)
	return regexp.Compile(parsed.String())
}

// lowerHost puts the letters behind an @ into lower case. passed tells whether there was one before this part of the
// expression, and what it gives is the same for what follows. Classes of letters are left as they are.
func lowerHost(part *syntax.Regexp, passed bool) bool {
	if part.Op == syntax.OpLiteral {
		return lowerBehindAt(part, passed)
	}
	before, each := passed, true
	for _, sub := range part.Sub {
		if part.Op == syntax.OpAlternate {
			each = lowerHost(sub, before) && each
		} else {
			passed = lowerHost(sub, passed)
		}
	}
	switch part.Op {
	case syntax.OpAlternate:
		return each
	case syntax.OpStar, syntax.OpQuest, syntax.OpRepeat: // it may not be there
		return before
	default:
		return passed
	}
}

func lowerBehindAt(literal *syntax.Regexp, passed bool) bool {
	for i, letter := range literal.Rune {
		if passed && literal.Flags&syntax.FoldCase == 0 {
			literal.Rune[i] = unicode.ToLower(letter)
		}
		passed = passed || letter == '@'
	}
	return passed
}
