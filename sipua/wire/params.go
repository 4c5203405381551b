package wire

import (
	"errors"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// errMalformed is the inner reason; Parse words it by the header it stood in.
var errMalformed = errors.New("wire: malformed value")

// parseParams reads what follows the first ";" of a header value. Names come out in lower case; a quoted
// value keeps its quotes. It gives what it read before an error, too.
func parseParams(s string, most int) (sip.HeaderParams, error) {
	var params sip.HeaderParams
	for more := true; more; {
		part, rest, found, ok := cut(s, ';')
		if !ok || len(params) == most {
			return params, errMalformed
		}
		name, value, err := parseParam(part)
		if err != nil || params.Has(name) {
			return params, errMalformed
		}
		params = append(params, sip.HeaderKV{K: name, V: value})
		s, more = rest, found
	}
	return params, nil
}

func parseParam(s string) (name, value string, err error) {
	name, value, _ = strings.Cut(s, "=")
	name, value = strings.ToLower(trim(name)), trim(value)
	if !isToken(name) || !isParamValue(value) {
		return "", "", errMalformed
	}
	return name, value, nil
}

// isParamValue says whether s can stand behind the "=" of a header parameter: a quoted string, or
// anything that neither a blank nor a separator ends. It may be empty.
func isParamValue(s string) bool {
	if strings.HasPrefix(s, `"`) {
		return quotedEnd(s) == len(s) && !strings.Contains(s, "\x00")
	}
	return !strings.ContainsAny(s, " \t\"<>;,\x00")
}
