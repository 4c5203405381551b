package web

import (
	"embed"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// The folder always holds its .gitignore, so that the program builds before the pages do.
//
//go:embed all:dist
var embedded embed.FS

// EmbeddedPages gives the pages and scripts that were built into the program.
func EmbeddedPages() (fs.FS, error) { return fs.Sub(embedded, "dist") }

// notBuilt is what stands in for a web phone that is not there.
const notBuilt = "The web phone is not part of this program: it was built without make build.\n"

// page serves the files of one page, the folder of that name: no folders in it, and nothing whose name begins
// with a dot.
type page struct {
	files fs.FS
	name  string
}

func (p page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if name == p.name {
		name = path.Join(p.name, "index.html")
	}
	info, err := fs.Stat(p.files, name)
	switch {
	case name == path.Join(p.name, "index.html") && err != nil:
		http.Error(w, notBuilt, http.StatusServiceUnavailable)
	case err != nil || !info.Mode().IsRegular() || hidden(name):
		http.NotFound(w, r)
	default:
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeFileFS(w, r, p.files, name) //nolint:gosec // an fs.FS gives nothing outside itself
	}
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") || strings.Contains(name, "/.") }

// loose serves one script (or the licences) that pages of other origins load, too.
func loose(files fs.FS, name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		http.ServeFileFS(w, r, files, name)
	})
}

// mountPages serves what was built: the web phone always, or a word that it is not there; every other folder
// as a page, and every script and text beside them by its name.
func mountPages(mux *http.ServeMux, files fs.FS) {
	mux.Handle("GET /phone/", page{files: files, name: "phone"})
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return // the same as nothing built
	}
	for _, entry := range entries {
		switch name := entry.Name(); {
		case hidden(name) || name == "phone":
		case entry.IsDir():
			mux.Handle("GET /"+name+"/", page{files: files, name: name})
		case !entry.IsDir():
			mux.Handle("GET /"+name, loose(files, name))
		}
	}
}
