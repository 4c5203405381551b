// Package docs holds what there is to read. Its test keeps it true.
package docs

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestEveryDependencyIsExplained fails when dependencies.md does not name a module that go.mod asks for
// directly.
func TestEveryDependencyIsExplained(t *testing.T) {
	t.Parallel()
	explained, err := os.ReadFile("dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	required, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	modules := regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(string(required), -1)
	if len(modules) < 5 {
		t.Fatalf("go.mod asks for %d modules; it is not read right", len(modules))
	}
	version := regexp.MustCompile(`/v\d+$`)
	for _, module := range modules {
		name := version.ReplaceAllString(module[1], "")
		if strings.HasPrefix(name, "github.com/pion/") { // listed by their last word
			name = strings.TrimPrefix(name, "github.com/pion")
		}
		if !strings.Contains(string(explained), name) {
			t.Errorf("dependencies.md does not say what %s is for", module[1])
		}
	}
}
