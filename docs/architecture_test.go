package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestLayersAreThoseOfTheTest holds the table of layers to the map that test/architecture enforces.
func TestLayersAreThoseOfTheTest(t *testing.T) {
	t.Parallel()
	shown, enforced := shownLayers(t), enforcedLayers(t)
	if len(enforced) < 10 {
		t.Fatalf("test/architecture has %d layers; it is not read right", len(enforced))
	}
	if !maps.Equal(shown, enforced) {
		t.Errorf("architecture.md has the layers\n%v\nand test/architecture\n%v", shown, enforced)
	}
}

// shownLayers reads the rows "| 4 | `a`, `b` | ... |" of architecture.md.
func shownLayers(t *testing.T) map[string]int {
	t.Helper()
	row := regexp.MustCompile("(?m)^\\| (-?\\d+) \\| (`[^|]*`) \\|")
	shown := map[string]int{}
	for _, match := range row.FindAllStringSubmatch(read(t, "architecture.md"), -1) {
		number, err := strconv.Atoi(match[1])
		if err != nil {
			t.Fatal(err)
		}
		for name := range strings.SplitSeq(match[2], ", ") {
			shown[strings.Trim(name, "`")] = number
		}
	}
	return shown
}

// enforcedLayers reads the map literal of the function layers.
func enforcedLayers(t *testing.T) map[string]int {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../test/architecture/layers_test.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	enforced := map[string]int{}
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || function.Name.Name != "layers" {
			continue
		}
		ast.Inspect(function, func(node ast.Node) bool {
			if pair, ok := node.(*ast.KeyValueExpr); ok {
				enforced[text(t, pair.Key)] = number(t, pair.Value)
			}
			return true
		})
	}
	return enforced
}

func text(t *testing.T, expression ast.Expr) string {
	t.Helper()
	literal, ok := expression.(*ast.BasicLit)
	if !ok {
		t.Fatalf("a key of layers is a %T", expression)
	}
	value, err := strconv.Unquote(literal.Value)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func number(t *testing.T, expression ast.Expr) int {
	t.Helper()
	sign := 1
	if negative, ok := expression.(*ast.UnaryExpr); ok && negative.Op == token.SUB {
		sign, expression = -1, negative.X
	}
	literal, ok := expression.(*ast.BasicLit)
	if !ok {
		t.Fatalf("a value of layers is a %T", expression)
	}
	value, err := strconv.Atoi(literal.Value)
	if err != nil {
		t.Fatal(err)
	}
	return sign * value
}

// TestArchitectureNamesWhatExists looks for every `package.Name` and `package.Name.Method` of architecture.md in
// the code.
func TestArchitectureNamesWhatExists(t *testing.T) {
	t.Parallel()
	declared := declaredNames(t)
	named := regexp.MustCompile("`([a-z0-9]+)\\.([A-Z][A-Za-z]*(?:\\.[A-Z][A-Za-z]*)?)`")
	matches := named.FindAllStringSubmatch(read(t, "architecture.md"), -1)
	if len(matches) < 20 {
		t.Fatalf("architecture.md names %d types; it is not read right", len(matches))
	}
	for _, match := range matches {
		if !declared[match[1]+"."+match[2]] {
			t.Errorf("architecture.md names %s.%s, which is not in the code", match[1], match[2])
		}
	}
}

// declaredNames has package.Name and package.Type.Method of all packages outside test/.
func declaredNames(t *testing.T) map[string]bool {
	t.Helper()
	declared := map[string]bool{}
	for _, tree := range []string{"bridge", "signaling", "sipua", "transcode", "web", "configs"} {
		for _, path := range goFiles(t, filepath.Join("..", tree)) {
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, declaration := range file.Decls {
				addNames(declared, file.Name.Name, declaration)
			}
		}
	}
	return declared
}

func addNames(declared map[string]bool, pkg string, declaration ast.Decl) {
	switch declaration := declaration.(type) {
	case *ast.FuncDecl:
		declared[pkg+"."+receiver(declaration)+declaration.Name.Name] = true
	case *ast.GenDecl:
		for _, spec := range declaration.Specs {
			if named, ok := spec.(*ast.TypeSpec); ok {
				declared[pkg+"."+named.Name.Name] = true
			}
		}
	}
}

// receiver gives "Type." of a method, and nothing of a function.
func receiver(function *ast.FuncDecl) string {
	if function.Recv == nil || len(function.Recv.List) == 0 {
		return ""
	}
	kind := function.Recv.List[0].Type
	if pointer, ok := kind.(*ast.StarExpr); ok {
		kind = pointer.X
	}
	if name, ok := kind.(*ast.Ident); ok {
		return name.Name + "."
	}
	return ""
}

func goFiles(t *testing.T, root string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == "testdata"):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
