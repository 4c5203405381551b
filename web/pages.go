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

// page serves the files of one page, the folder of that name; a folder in it is nothing that can be asked for.
type page struct {
	assets map[string]asset
	name   string
}

func (p page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if name == p.name {
		name = path.Join(p.name, "index.html")
	}
	found, ok := p.assets[name]
	switch {
	case ok:
		found.ServeHTTP(w, r)
	case name == path.Join(p.name, "index.html"):
		http.Error(w, notBuilt, http.StatusServiceUnavailable)
	default:
		http.NotFound(w, r)
	}
}

// loose serves one script (or the licences) that pages of other origins load, too.
func loose(found asset) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		found.ServeHTTP(w, r)
	})
}

// mountPages serves what was built: the web phone always, or a word that it is not there; every other folder
// as a page, and every script and text beside them by its name.
func mountPages(mux *http.ServeMux, files fs.FS) {
	assets := readAssets(files)
	names := map[string]bool{"phone": true}
	for name, found := range assets {
		if folder, _, ok := strings.Cut(name, "/"); ok {
			names[folder] = true
		} else {
			mux.Handle("GET /"+name, loose(found))
		}
	}
	for name := range names {
		mux.Handle("GET /"+name+"/", page{assets: assets, name: name})
	}
}
