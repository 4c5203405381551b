// Package architecture holds the layers of docs/architecture.md: which package may import which.
package architecture

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "sipbridge"

// layers gives each package tree its row. A package imports only from lower rows, and from its own
// subpackages and parents. The longest matching prefix counts.
func layers() map[string]int {
	return map[string]int{
		"transcode/sequence": -1, // arithmetic of sequence numbers
		"transcode/conceal":  -1, // sound for holes
		"transcode/fragment": -1, // packets in smaller ones
		"transcode/opus":     0, "transcode/g711": 0, "transcode/g722": 0,
		"transcode/speex": 0, "transcode/gsm": 0, "transcode/l16": 0, "transcode/pcm": -1, "transcode/resample": 0,
		"transcode/wav": 1, "transcode/ogg": 1,
		"transcode/jitter": 0, "transcode/red": 0, "transcode/comfortnoise": 0, "transcode/amr": 0,
		"transcode/g729": 0, "transcode/ilbc": 0, "transcode/dtmf": 0, "transcode/h264": 0, "transcode/descriptor": 0,
		"transcode":            1,
		"transcode/speechtest": 1, // sound for tests
		"source":               0, // addresses only
		"bridge/number":        1, // text only
		"bridge/quality":       1, // counts only
		"bridge/srtp":          1, // packets and keys
		"bridge/icelite":       1, // messages and credentials
		"bridge/icefull":       2, // checks; it has icelite in it
		"bridge":               2,
		"bridge/sdp":           3,
		"bridge/udp":           3, // sockets
		"bridge/dtlssrtp":      3, // keys and protected packets
		"bridge/repair":        3, // lost packets
		"bridge/rates":         3, // bit rates of pictures
		"bridge/turn":          4, // a relay for browsers
		"bridge/rtpmedia":      4,
		"bridge/webrtcmedia":   4,
		"certificate":          4, // stands alone
		"sipua/transport":      4, // what all of sipua stands on
		"sipua/wire":           4,
		"sipua/headers":        4,
		"sipua/multipart":      4,
		"sipua/message":        5, // what messages say
		"sipua/digest":         5, // passwords
		"sipua/token":          5, // tokens of web applications
		"sipua/trunk":          5, // servers whose customer we are
		"sipua/content":        6, // bodies of calls
		"sipua/identity":       6, // who is asking?
		"sipua/dialog":         6, // what both ends of a call share
		"sipua/presence":       5, // who watches whom
		"sipua/transaction":    6, // requests and their answers
		"sipua/locate":         5, // servers by the DNS
		"sipua/admission":      7, // which requests are taken
		"sipua/sessiontimer":   7, // a leg's session timer
		"sipua/failover":       7, // one server after the other
		// what RTMP stands on
		"signaling/rtmp/handshake": 4, "signaling/rtmp/chunk": 4, "signaling/rtmp/amf": 4, "signaling/rtmp/flv": 4,
		"signaling/rtmp/tunnel":  4,
		"transcode/h264/payload": -1, "transcode/avcodec": -1, "transcode/picture": 0,
		"sipua":     8,
		"signaling": 5,
		"web":       5,
		"configs":   6,
		"cmd":       9,
	}
}

// rooms pins each third party to the packages that may know of it.
func rooms() map[string][]string {
	return map[string][]string{
		"github.com/gorilla/websocket": {"signaling/ws"},
		"github.com/caddyserver":       {"certificate"},
		"github.com/letsencrypt":       {"certificate/certificatetest"},
		"go.uber.org/zap":              {"certificate"},
		"github.com/pion/webrtc":       {}, // tests only
		"github.com/pion/interceptor":  {"bridge/rates"},
		"golang.org/x/sys":             {"bridge/udp"},
		"github.com/pion/stun":         {"bridge/webrtcmedia", "bridge/icelite", "bridge/icefull", "bridge/turn"},
		"github.com/pion/turn":         {"bridge/turn"},
		"github.com/pion/srtp":         {"bridge/srtp", "bridge/dtlssrtp"},
		"github.com/pion/ice":          {"bridge/webrtcmedia"},
		"github.com/spf13/viper":       {"configs"},
		"github.com/hraban/opus":       {"transcode/opus"},
		"github.com/prometheus":        {"web/admin"},
		"github.com/emiago/sipgo":      {"sipua"},
		"github.com/golang-jwt/jwt":    {"sipua/token"},
		"github.com/icholy/digest":     {"sipua"},
		"github.com/miekg/dns":         {"sipua/locate/resolver", "sipua/locate/dnstest"},
		"modernc.org/sqlite":           {"web/clicktocall/store"},
		"golang.org/x/crypto":          {"web/clicktocall"},
		"github.com/wneessen/go-mail":  {"web/clicktocall"},
		"github.com/pion/transport":    {"bridge/webrtcmedia", "bridge/dtlssrtp"},
		"github.com/pion/dtls":         {"bridge/dtlssrtp"},
	}
}

func TestLayers(t *testing.T) {
	t.Parallel()
	checked := 0
	walkImports(t, func(file, from, imported string) {
		checked++
		if local, ok := strings.CutPrefix(imported, module+"/"); ok {
			checkLayer(t, file, from, local)
			return
		}
		checkRoom(t, file, from, imported)
	})
	if checked == 0 {
		t.Fatal("no imports were found; the walk is broken")
	}
}

func checkLayer(t *testing.T, file, from, to string) {
	t.Helper()
	if strings.HasPrefix(to, from+"/") || strings.HasPrefix(from, to+"/") {
		return
	}
	fromLayer, ok := layerOf(from)
	if !ok {
		t.Errorf("%s: package %s has no layer; give it one in docs/architecture.md and in this test", file, from)
		return
	}
	toLayer, ok := layerOf(to)
	if !ok {
		t.Errorf("%s: package %s imports %s, which has no layer", file, from, to)
		return
	}
	if toLayer >= fromLayer {
		t.Errorf("%s: package %s (layer %d) may not import %s (layer %d): a package imports only from rows above its own",
			file, from, fromLayer, to, toLayer)
	}
}

func checkRoom(t *testing.T, file, from, imported string) {
	t.Helper()
	for prefix, allowed := range rooms() {
		if !strings.HasPrefix(imported, prefix) {
			continue
		}
		for _, room := range allowed {
			if from == room || strings.HasPrefix(from, room+"/") {
				return
			}
		}
		t.Errorf("%s: package %s may not import %s; that belongs to %v", file, from, imported, allowed)
	}
}

func layerOf(pkg string) (int, bool) {
	best, layer := "", 0
	for prefix, row := range layers() {
		if (pkg == prefix || strings.HasPrefix(pkg, prefix+"/")) && len(prefix) > len(best) {
			best, layer = prefix, row
		}
	}
	return layer, best != ""
}

// walkImports calls visit for every import of every Go file outside test/ and of no test file.
func walkImports(t *testing.T, visit func(file, pkg, imported string)) {
	t.Helper()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "test" || name == "node_modules") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		return visitFile(root, path, visit)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func visitFile(root, path string, visit func(file, pkg, imported string)) error {
	parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		return err
	}
	relative, err := filepath.Rel(root, path)
	if err != nil {
		return err
	}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		visit(relative, filepath.ToSlash(filepath.Dir(relative)), imported)
	}
	return nil
}
