package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
)

// TestWebPhoneMessages: a user takes the SIP messages of a call away in three ways.
func TestWebPhoneMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{})
	folder := t.TempDir()
	p := openWebPhoneAt(t, w.service.HTTP+"/", userName(int(w.users.Add(1))-1), browser.Options{
		Origin: w.service.HTTP, TempDir: folder,
	})
	p.enter("target", "echo")
	p.press("Call")
	p.await("call", "up")
	p.press("Hang up")
	p.takesMessagesAway(folder)
}

// takesMessagesAway copies, downloads and prints the SIP messages: all three are the same, without what proves who the
// user is.
func (p *webPhone) takesMessagesAway(folder string) {
	p.Helper()
	p.show("help")
	p.press("Show SIP messages")
	p.push("trace-copy")
	p.mustShow("trace-told", "Copied")
	var copied string
	must(p.T, p.Call(&copied, "copied"))

	p.push("trace-download")
	downloaded := p.mustDownload(filepath.Join(folder, "sip-messages.txt"))
	if downloaded != copied {
		p.Errorf("%d bytes were copied, and others downloaded, %d", len(copied), len(downloaded))
	}

	var paper string
	must(p.T, p.Medium("print"))
	must(p.T, p.Call(&paper, "printed", "trace-box", "Print"))
	must(p.T, p.Medium("screen"))
	if strings.Contains(paper, "Getting started") || strings.Contains(paper, "Download") {
		p.Errorf("more than the messages is on paper: %s", paper)
	}
	words := []string{"REGISTER sip:localhost SIP/2.0", "Digest [left out]", "INVITE sip:echo@localhost", "m=audio"}
	for name, text := range map[string]string{"copied": copied, "downloaded": downloaded, "on paper": paper} {
		for _, word := range words {
			if !strings.Contains(text, word) {
				p.Errorf("%q is not %s", word, name)
			}
		}
		if strings.Contains(text, "response=") || strings.Contains(text, "nonce=\"") && strings.Contains(text, "cnonce=") {
			p.Errorf("a proof is %s", name)
		}
	}
}

// mustDownload waits for a file that the browser writes, and reads it.
func (p *webPhone) mustDownload(path string) string {
	p.Helper()
	for deadline := time.Now().Add(limit); ; time.Sleep(50 * time.Millisecond) {
		content, err := os.ReadFile(path)
		if err == nil && len(content) > 0 {
			return string(content)
		}
		if time.Now().After(deadline) {
			p.Fatalf("nothing was downloaded: %v", err)
		}
	}
}
