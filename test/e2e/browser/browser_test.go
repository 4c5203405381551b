package browser_test

import (
	"path/filepath"
	"testing"
	"time"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/pages"
)

// TestBrowserHearsItsOwnTone proves microphone, ear and driver with two connections in one page.
func TestBrowserHearsItsOwnTone(t *testing.T) {
	t.Parallel()
	for _, kind := range []browser.Kind{browser.Chromium, browser.Firefox} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server, err := pages.Serve("..")
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			b, err := browser.Start(browser.Options{
				Kind: kind, Dir: "..", Origin: server.Origin, MicrophoneHz: 440, TempDir: t.TempDir(),
			})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Stop()
			hearOwnTone(t, b, server.URL("loop"))
		})
	}
}

func hearOwnTone(t *testing.T, b *browser.Browser, url string) {
	t.Helper()
	page, err := b.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	if err = page.Call(nil, "call"); err != nil {
		t.Fatal(err)
	}
	if err = page.Wait(30*time.Second, "established"); err != nil {
		t.Fatal(err)
	}
	if err = page.WaitTone(440, 30*time.Second); err != nil {
		t.Fatal(err, page.Report())
	}
	heard, err := page.Hear(440, 800)
	if err != nil || heard.Shares[1] > 0.05 {
		t.Errorf("hears 800 Hz that nobody played: %+v %v", heard, err)
	}
	stats, err := page.Stats()
	t.Logf("hears %+v, stats %+v, %v", heard, stats, err)
	if shotErr := page.Screenshot(filepath.Join(t.TempDir(), "page.png")); shotErr != nil {
		t.Error(shotErr)
	}
	if err := page.Close(); err != nil {
		t.Error(err)
	}
}
