package route

import (
	"cmp"
	"regexp"
	"regexp/syntax"
	"slices"
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
// expression, and what it gives is the same for what follows.
func lowerHost(part *syntax.Regexp, passed bool) bool {
	switch part.Op {
	case syntax.OpLiteral:
		return lowerBehindAt(part, passed)
	case syntax.OpCharClass:
		// One that says what is not in it is left alone: what else is small is in it.
		if passed && len(part.Rune) > 0 && part.Rune[0] != 0 {
			part.Rune = withLower(part.Rune)
		}
		return passed
	default:
		return lowerHosts(part, passed)
	}
}

// lowerHosts does that with what an expression consists of.
func lowerHosts(part *syntax.Regexp, passed bool) bool {
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

// withLower adds to a class, which has the first and the last letter of each of its ranges, what its capitals are in
// lower case. There is a class also where nobody wrote one: A|B is read as one.
func withLower(class []rune) []rune {
	ranges := make([][2]rune, 0, len(class))
	for i := 0; i < len(class); i += 2 {
		first, last := class[i], class[i+1]
		ranges = append(ranges, [2]rune{first, last})
		if first, last = max(first, 'A'), min(last, 'Z'); first <= last {
			ranges = append(ranges, [2]rune{unicode.ToLower(first), unicode.ToLower(last)})
		}
	}
	slices.SortFunc(ranges, func(a, b [2]rune) int { return cmp.Compare(a[0], b[0]) })
	merged := ranges[:1]
	for _, next := range ranges[1:] {
		if newest := &merged[len(merged)-1]; next[0] <= newest[1]+1 {
			newest[1] = max(newest[1], next[1])
		} else {
			merged = append(merged, next)
		}
	}
	class = make([]rune, 0, 2*len(merged))
	for _, each := range merged {
		class = append(class, each[0], each[1])
	}
	return class
}
