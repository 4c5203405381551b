package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestSIPNamesTestsThatExist looks for each test of sip.md, `package/TestName`, and for what is behind a further slash,
// the name of a part of it, among the strings of its package.
func TestSIPNamesTestsThatExist(t *testing.T) {
	t.Parallel()
	test := regexp.MustCompile("`([a-z0-9/]+)/((?:Test|Fuzz)[A-Za-z0-9]+)(?:/([^`]+))?`")
	sources := map[string]string{}
	found := test.FindAllStringSubmatch(read(t, "sip.md"), -1)
	if len(found) < 100 {
		t.Fatalf("sip.md names %d tests; it is not read right", len(found))
	}
	for _, match := range found {
		folder, name, part := match[1], match[2], match[3]
		source, ok := sources[folder]
		if !ok {
			source = testsOf(t, folder)
			sources[folder] = source
		}
		if !strings.Contains(source, "\nfunc "+name+"(") {
			t.Errorf("there is no %s in %s", name, folder)
		}
		if part != "" && !strings.Contains(source, strconv.Quote(part)) {
			t.Errorf("%s in %s has no part %q", name, folder, part)
		}
	}
}

// testsOf gives all test files of a package.
func testsOf(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", folder, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Errorf("there are no tests in %s (%v)", folder, err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// TestSIPRowsSayWhatShowsThem: each row of the table of RFCs names a test or says that there is none.
func TestSIPRowsSayWhatShowsThem(t *testing.T) {
	t.Parallel()
	row := regexp.MustCompile(`(?m)^\| ([0-9]{4}[0-9, ]*) \| (.*) \| (.*) \|$`)
	rows := row.FindAllStringSubmatch(read(t, "sip.md"), -1)
	if len(rows) < 50 {
		t.Fatalf("sip.md has %d rows; it is not read right", len(rows))
	}
	for _, match := range rows {
		if shown := match[3]; !strings.Contains(shown, "/Test") && shown != "no test" {
			t.Errorf("RFC %s is shown by %q", match[1], shown)
		}
	}
}
