package web

import (
	"embed"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// The folder always holds its .gitignore, so that the program builds before the page does.
//
//go:embed all:phone/dist
var embedded embed.FS

// EmbeddedPhone gives the web phone that was built into the program.
func EmbeddedPhone() (fs.FS, error) { return fs.Sub(embedded, "phone/dist") }

// notBuilt is what stands in for a web phone that is not there.
const notBuilt = "The web phone is not part of this program: it was built without make build.\n"

// phone serves the files of the web phone: no folders, and nothing whose name begins with a dot.
type phone struct {
	files fs.FS
}

func (p phone) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/phone")
	name = strings.TrimPrefix(name, "/")
	if name == "" {
		name = "index.html"
	}
	info, err := fs.Stat(p.files, name)
	switch {
	case name == "index.html" && err != nil:
		http.Error(w, notBuilt, http.StatusServiceUnavailable)
	case err != nil || !info.Mode().IsRegular() || hidden(name):
		http.NotFound(w, r)
	default:
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeFileFS(w, r, p.files, name) //nolint:gosec // an fs.FS gives nothing outside itself
	}
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") || strings.Contains(name, "/.") }
