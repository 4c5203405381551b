package number_test

import (
	"errors"
	"strings"
	"testing"

	"sipbridge/bridge/number"
)

func TestClean(t *testing.T) {
	t.Parallel()
	for user, want := range map[string]string{
		"+4930123":                      "+4930123",
		"+49-30-(123).45":               "+493012345",
		"0049%2030%20123":               "004930123",
		"%2b4930123":                    "+4930123",
		"%30%39%30%30":                  "0900",
		"*21%2349#":                     "*21#49#",
		"+4930123;phone-context=x":      "+4930123",
		"863-1234;phone-context=+1-914": "8631234",
		"alice":                         "alice",
		"a-b.c":                         "a-b.c",
		"+":                             "+",
		"1+2":                           "1+2",
		"":                              "",
		"%0d%0a":                        "%0d%0a",
		"%4":                            "%4",
		"%zz":                           "%zz",
	} {
		if got := number.Clean(user); got != want {
			t.Errorf("%q is cleaned to %q, not %q", user, got, want)
		}
	}
}

func TestEscape(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"+4930123": "+4930123", "*21#": "*21%23", "a;b?c/d@e": "a%3Bb%3Fc%2Fd%40e", "\r\n": "%0D%0A", "": "",
	} {
		if got := number.Escape(text); got != want {
			t.Errorf("%q is escaped to %q, not %q", text, got, want)
		}
	}
}

func TestRewriting(t *testing.T) {
	t.Parallel()
	rules, err := number.ParseRewriting([]string{
		`^00(\d+)$ -> +$1`, `^0(\d+)$->+49$1`, `^(\d)(\d{3})$ -> ${2}5$1`, `^911 -> +1911`,
	})
	if err != nil {
		t.Fatal(err)
	}
	for dialled, want := range map[string]string{
		"004930123": "+4930123", "030123": "+4930123", "1234": "23451", "91155": "+1911", "+4930": "+4930", "": "",
	} {
		if got := rules.Apply(dialled); got != want {
			t.Errorf("%q becomes %q, not %q", dialled, got, want)
		}
	}
	if got := number.Rewriting(nil).Apply("123"); got != "123" {
		t.Errorf("no rule makes %q of 123", got)
	}
}

func TestRewritingRefuses(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"", "->", "^0", "^0 ->", "-> +49", "( -> 1", "^0 -> $1", "^(0) -> $2", "^(0) -> $0", "^0 -> $x", "^(0) -> ${1",
		"a -> $",
	} {
		if _, err := number.ParseRewriting([]string{line}); !errors.Is(err, number.ErrRule) {
			t.Errorf("%q gives %v", line, err)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("+49-30-(123).45;isub=1")
	f.Add("%2b%3")
	f.Fuzz(func(t *testing.T, user string) {
		clean := number.Clean(user)
		if number.IsNumber(clean) && strings.ContainsAny(clean, "-.() ;%") {
			t.Errorf("%q is cleaned to %q", user, clean)
		}
		if escaped := number.Escape(clean); strings.ContainsAny(escaped, "\r\n @;?<>\"/:") {
			t.Errorf("%q is escaped to %q", clean, escaped)
		}
	})
}

func FuzzParseRewriting(f *testing.F) {
	f.Add(`^00(\d+)$ -> +$1`, "0049")
	f.Add(`(a)|b -> ${1}`, "b")
	f.Fuzz(func(_ *testing.T, line, dialled string) {
		if rules, err := number.ParseRewriting([]string{line}); err == nil {
			_ = rules.Apply(dialled)
		}
	})
}
