package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// packedSuffix ends the name of a file that is there only as the gzip form of the one beside it.
const packedSuffix = ".gz"

// asset is one file of the pages, as it is and as gzip leaves it.
type asset struct {
	name   string
	plain  []byte
	packed []byte // nil if gzip gains nothing
	tag    string // names the content: the opaque part of an entity tag
}

// readAssets reads all that may be served, by path: nothing whose name, or whose folder's name, begins with a dot.
// What cannot be read is not there.
func readAssets(files fs.FS) map[string]asset {
	assets := map[string]asset{}
	_ = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || hidden(name) || strings.HasSuffix(name, packedSuffix) {
			return nil //nolint:nilerr // a page without a file is better than none
		}
		if plain, err := fs.ReadFile(files, name); err == nil {
			assets[name] = newAsset(files, name, plain)
		}
		return nil
	})
	return assets
}

func newAsset(files fs.FS, name string, plain []byte) asset {
	sum := sha256.Sum256(plain)
	packed, err := fs.ReadFile(files, name+packedSuffix)
	if err != nil {
		packed = nil
	}
	return asset{name: name, plain: plain, packed: packed, tag: hex.EncodeToString(sum[:8])}
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") || strings.Contains(name, "/.") }

// ServeHTTP serves the form that the client takes. A browser keeps it, and asks each time whether it is still the same
// (RFC 9110 section 13, RFC 9111 section 5.2.2.4); the two forms have entity tags of their own.
func (a asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header, body := w.Header(), a.plain
	header.Set("Cache-Control", "no-cache")
	header.Set("Content-Type", contentType(a.name))
	header.Set("Etag", strconv.Quote(a.tag))
	if a.packed != nil {
		header.Set("Vary", "Accept-Encoding")
		if takesGzip(r.Header.Values("Accept-Encoding")) {
			body = a.packed
			header.Set("Content-Encoding", "gzip")
			header.Set("Content-Length", strconv.Itoa(len(body))) // ServeContent leaves it to us
			header.Set("Etag", strconv.Quote(a.tag+"-gzip"))
		}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// contentType goes by the name alone: nobody may guess it from packed bytes.
func contentType(name string) string {
	if found := mime.TypeByExtension(path.Ext(name)); found != "" {
		return found
	}
	return "application/octet-stream"
}

// takesGzip tells whether a client takes gzip (RFC 9110 section 12.5.3); one that does not say so does not.
func takesGzip(accepted []string) bool {
	weight := 0.0
	for item := range strings.SplitSeq(strings.Join(accepted, ","), ",") {
		coding, parameters, _ := strings.Cut(item, ";")
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip", "x-gzip":
			return weightOf(parameters) > 0
		case "*":
			weight = weightOf(parameters)
		}
	}
	return weight > 0
}

// weightOf reads the parameter q; without one it is 1, and what is no number counts as 0.
func weightOf(parameters string) float64 {
	name, value, found := strings.Cut(strings.TrimSpace(parameters), "=")
	if !found || !strings.EqualFold(strings.TrimSpace(name), "q") {
		return 1
	}
	weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil {
		return 0
	}
	return weight
}
