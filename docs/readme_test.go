package docs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sipbridge/configs"
)

// TestReadmeHasEveryKey holds the table of keys in README.md to sipbridge.yaml, both ways, with its defaults.
func TestReadmeHasEveryKey(t *testing.T) {
	t.Parallel()
	shown, known := shownKeys(t), knownKeys(t)
	if len(known) < 15 {
		t.Fatalf("sipbridge.yaml has %d keys; it is not read right", len(known))
	}
	for name, value := range known {
		said, ok := shown[name]
		switch {
		case !ok:
			t.Errorf("README.md does not name the key %s", name)
		case value == `""` && said != "empty", value != `""` && value != "" && value != "[]" && said != value:
			t.Errorf("README.md says that the default of %s is %s; it is %s", name, said, value)
		}
	}
	for name := range shown {
		if _, ok := known[name]; !ok {
			t.Errorf("README.md names %s, which is no key", name)
		}
	}
}

// shownKeys reads the rows "| `listen.http` | `127.0.0.1:8080` | ... |" of README.md: the default of each key.
func shownKeys(t *testing.T) map[string]string {
	t.Helper()
	_, section, _ := strings.Cut(read(t, "../README.md"), "## Configuration")
	section, _, _ = strings.Cut(section, "\n## ")
	row := regexp.MustCompile("(?m)^\\| `([a-z0-9_.]+)` \\| ([^|]*) \\|")
	shown := map[string]string{}
	for _, match := range row.FindAllStringSubmatch(section, -1) {
		shown[match[1]] = strings.Trim(match[2], "`")
	}
	return shown
}

// knownKeys reads the keys of sipbridge.yaml and what is written behind them. What is in a list is no key here.
func knownKeys(t *testing.T) map[string]string {
	t.Helper()
	line := regexp.MustCompile(`^(  )?([a-z0-9_]+):(?: (.*))?$`)
	known := map[string]string{}
	section := ""
	for text := range strings.SplitSeq(read(t, "../configs/sipbridge.yaml"), "\n") {
		match := line.FindStringSubmatch(text)
		switch {
		case match == nil && strings.HasPrefix(text, "  - ") && section != "": // a list
			known[section] = ""
		case match == nil:
		case match[1] == "" && match[3] == "":
			section = match[2]
		case match[1] == "":
			known[match[2]] = match[3]
		default:
			known[section+"."+match[2]] = match[3]
		}
	}
	return known
}

// TestReadmeVariables takes the environment variables of README.md for keys.
func TestReadmeVariables(t *testing.T) {
	t.Parallel()
	names := regexp.MustCompile(`SIPBRIDGE_[A-Z_]+`).FindAllString(read(t, "../README.md"), -1)
	if len(names) == 0 {
		t.Fatal("README.md names no variable")
	}
	known := knownKeys(t)
	for _, name := range names {
		key := strings.ToLower(strings.TrimPrefix(name, "SIPBRIDGE_"))
		if _, ok := known[strings.Replace(key, "_", ".", 1)]; !ok {
			if _, ok := known[key]; !ok {
				t.Errorf("README.md names %s, which is no key", name)
			}
		}
	}
}

// blocks gives the code blocks of README.md in a language.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	fence := regexp.MustCompile("(?ms)^```" + language + "\n(.*?)^```$")
	var out []string
	for _, match := range fence.FindAllStringSubmatch(read(t, "../README.md"), -1) {
		out = append(out, match[1])
	}
	if len(out) == 0 {
		t.Fatalf("README.md has no code in %s", language)
	}
	return out
}

// TestReadmeConfigurationsLoad does what sipbridge check does with each configuration.
func TestReadmeConfigurationsLoad(t *testing.T) {
	t.Parallel()
	for _, block := range blocks(t, "yaml") {
		path := filepath.Join(t.TempDir(), "sipbridge.yaml")
		if err := os.WriteFile(path, []byte(block), 0o600); err != nil {
			t.Fatal(err)
		}
		config, err := configs.Load(path, nil)
		if err == nil {
			err = config.Validate()
		}
		if err != nil {
			t.Errorf("%v\n%s", err, block)
		}
	}
}

// TestReadmeCommandsExist looks for the targets and subcommands of README.md.
func TestReadmeCommandsExist(t *testing.T) {
	t.Parallel()
	makefile, program := read(t, "../Makefile"), read(t, "../cmd/sipbridge/main.go")
	for _, block := range blocks(t, "sh") {
		for line := range strings.SplitSeq(strings.TrimSpace(block), "\n") {
			words := strings.Fields(line)
			switch {
			case words[0] == "make" && !strings.Contains(makefile, "\n"+words[1]+":"):
				t.Errorf("there is no %s", line)
			case words[0] == "bin/sipbridge" && !strings.Contains(program, `case "`+words[1]+`"`):
				t.Errorf("there is no %s", line)
			}
		}
	}
}

// TestReadmePagesAreTested compares the code for pages with the pages of the end-to-end tests: README.md shows no
// option or method that is not tried there.
func TestReadmePagesAreTested(t *testing.T) {
	t.Parallel()
	shown := blocks(t, "js")
	pages := []string{"jssip", "sipjs", "sipml5"}
	if len(shown) != len(pages) {
		t.Fatalf("README.md has %d pieces for pages, not one for each library", len(shown))
	}
	quoted, word := regexp.MustCompile(`'[^']*'`), regexp.MustCompile(`\b([A-Za-z_]+)(?:\(|:| =>)`)
	own := regexp.MustCompile(`(?m)^ *(?:const|function) (\w+)|^//.*`)
	browser := []string{"addEventListener", "streams", "connection", "peerconnection"}
	for i, page := range pages {
		tested := read(t, "../test/e2e/pages/"+page+".js")
		mine := map[string]bool{}
		for _, match := range own.FindAllStringSubmatch(shown[i], -1) {
			mine[match[1]] = true
		}
		for _, name := range browser {
			mine[name] = true
		}
		for _, match := range word.FindAllStringSubmatch(quoted.ReplaceAllString(shown[i], ""), -1) {
			if name := match[1]; !mine[name] && !strings.Contains(tested, name) {
				t.Errorf("the piece for %s has %s, which test/e2e/pages/%s.js has not", page, name, page)
			}
		}
	}
}

// TestArchitectureNamesFiles looks for the Go files that architecture.md names.
func TestArchitectureNamesFiles(t *testing.T) {
	t.Parallel()
	file := regexp.MustCompile("`([a-z0-9/]+/[a-z0-9]+\\.go)`")
	for _, match := range file.FindAllStringSubmatch(read(t, "architecture.md"), -1) {
		if _, err := os.Stat(filepath.Join("..", match[1])); err != nil {
			t.Error(err)
		}
	}
}

// TestLinksLead follows the relative links of every Markdown file, those to pictures too.
func TestLinksLead(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`(?:\]\(|src=")([^)#"\s]+)`)
	followed := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != ".." && (entry.Name()[0] == '.' || entry.Name() == "node_modules" ||
			entry.Name() == "bin"):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".md"):
			return nil
		}
		for _, match := range link.FindAllStringSubmatch(read(t, path), -1) {
			if strings.Contains(match[1], "://") {
				continue
			}
			followed++
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), match[1])); errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s leads to %s, which is not there", path, match[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if followed == 0 {
		t.Error("no link was found; the search is broken")
	}
}
