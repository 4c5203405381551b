package e2e

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
)

// otherResults are what ours gives in place of sipML5's, and why.
func otherResults() map[string]string {
	return map[string]string{
		// sipML5 has the words of these three at other functions.
		"setFps":           "throws ERR_NOT_SUPPORTED: Setting FPS requires webrtc4all plugin",
		"setMaxVideoSize":  "throws ERR_NOT_SUPPORTED: Setting maximum video size requires webrtc4all plugin",
		"setZeroArtifacts": "throws ERR_NOT_SUPPORTED: Setting zero artifacts requires webrtc4all plugin",
	}
}

// TestSIPmlSurface: each function, class, method and error of sipML5 is there, and gives the same.
func TestSIPmlSurface(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{})
	found := map[string]map[string]string{}
	for _, library := range []string{original, ours(w)} {
		p, account := w.openPage(t, library)
		var results, more map[string]string
		must(t, p.Call(&results, "surface"))
		must(t, p.Register(account))
		must(t, p.Call(&more, "startedSurface"))
		maps.Copy(results, more)
		for name, result := range results {
			results[name] = strings.ReplaceAll(result, p.user, "user")
		}
		found[library] = results
	}
	wants, gives, others := found[original], found[ours(w)], otherResults()
	for _, name := range slices.Sorted(maps.Keys(wants)) {
		want, isOther := others[name]
		if !isOther {
			want = wants[name]
		}
		if gives[name] != want || isOther && want == wants[name] {
			t.Errorf("%s: sipML5 %s, ours %s", name, wants[name], gives[name])
		}
	}
}
