package e2e

import (
	"strings"
	"testing"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
)

// mustHaveNoBarriers expects axe-core to find nothing on a page that is serious or worse.
func mustHaveNoBarriers(t *testing.T, p *browser.Page, where string) {
	t.Helper()
	var found []string
	must(t, p.Call(&found, "barriers"))
	if len(found) > 0 {
		t.Errorf("%s: %s", where, strings.Join(found, "\n"))
	}
}

// mustHaveNoFlaws expects that no words are cut, and nothing is out of shape.
func mustHaveNoFlaws(t *testing.T, p *browser.Page, where string) {
	t.Helper()
	var found []string
	must(t, p.Call(&found, "flaws"))
	if len(found) > 0 {
		t.Errorf("%s: %s", where, strings.Join(found, "\n"))
	}
}

// TestPagesCanBeUsedByAll: nobody is kept out by what axe-core can see, wide and narrow, in light and dark, and no
// words are cut; and the keyboard alone registers, calls, mutes and hangs up.
func TestPagesCanBeUsedByAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{})
	b, err := browser.Start(browser.Options{
		Kind: browser.Chromium, Dir: ".", Origin: w.service.HTTP, MicrophoneHz: pageHz, TempDir: t.TempDir(),
	})
	must(t, err)
	t.Cleanup(b.Stop)
	opened, err := b.OpenWith(w.service.HTTP+"/phone/", "axe")
	must(t, err)
	number := int(w.users.Add(1)) - 1
	p := &webPhone{T: t, Page: opened, user: userName(number)}
	t.Run("signed out", func(t *testing.T) {
		p.enter("displayname", "") // the form is there
		mustHaveNoBarriers(t, opened, "the form")
	})
	t.Run("by keyboard", p.callByKeyboard)
	p.write("nobody", "Is anybody there?")
	p.mustShow("chat-texts", "not delivered")
	p.show("people")
	p.enter("contact-address", "echo")
	p.click("contact-add")
	for _, box := range []string{"registration", "network"} {
		p.show("settings")
		p.click(box + "-fold")
	}
	p.show("help")
	p.click("trace-fold")
	t.Run("narrow", func(t *testing.T) {
		for _, part := range []string{"call", "chat", "people", "settings", "help"} {
			p.show(part)
			mustHaveNoBarriers(t, opened, part)
			for _, width := range []int{360, 390, 800} {
				must(t, p.Resize(width, 844, "light"))
				mustHaveNoFlaws(t, opened, part)
			}
		}
	})
	t.Run("wide", func(t *testing.T) {
		must(t, opened.Resize(1440, 900, "light"))
		mustHaveNoBarriers(t, opened, "light")
		must(t, opened.Resize(1440, 900, "dark"))
		mustHaveNoBarriers(t, opened, "dark")
		mustHaveNoFlaws(t, opened, "wide")
		must(t, opened.Resize(1280, 800, "light"))
		mustHaveNoFlaws(t, opened, "less wide")
	})
	t.Run("test page", func(t *testing.T) {
		page, err := b.OpenWith(w.service.HTTP+"/test/?username=nobody&domain=localhost", "axe")
		must(t, err)
		must(t, page.Call(nil, "click", "test", limit.Milliseconds()))
		must(t, page.Call(nil, "waitVerdict", limit.Milliseconds()))
		mustHaveNoBarriers(t, page, "light")
		must(t, page.Resize(390, 844, "dark"))
		mustHaveNoBarriers(t, page, "dark")
	})
}

// callByKeyboard registers and calls echo without a pointer.
func (p *webPhone) callByKeyboard(t *testing.T) {
	p.T = t
	must(t, p.Resize(800, 600, "light")) // without motion: half-way colours are no one's to read
	p.tabTo("username")
	must(t, p.Press(keysOf(p.user)...))
	p.tabTo("password")
	must(t, p.Press(keysOf(p.password())...))
	must(t, p.Press("Enter"))
	p.await("line", "registered")
	p.tabTo("target")
	must(t, p.Press(append(keysOf("echo"), "Enter")...))
	p.await("call", "up")
	mustHaveNoBarriers(t, p.Page, "in a call")
	for _, height := range []int{560, 740} { // small telephones
		must(t, p.Resize(360, height, "light"))
		var found bool
		if must(t, p.Call(&found, "reachable", "hangup")); !found {
			t.Errorf("at a height of %d nobody finds the button that hangs up", height)
		}
	}
	must(t, p.Resize(800, 600, "light"))
	must(t, p.Press("7")) // into the call
	p.mustShow("sent", "7")
	p.tabTo("mute")
	must(t, p.Press("Space"))
	p.mustShow("mute-words", "Unmute")
	p.tabTo("transfer")
	must(t, p.Press("Space"))
	p.tabTo("pass-ask")
	mustHaveNoBarriers(t, p.Page, "where to send a call")
	p.tabTo("hangup")
	must(t, p.Press("Enter"))
	p.await("call", "none")
}

// tabTo moves the focus with the Tab key, as far as it takes.
func (p *webPhone) tabTo(id string) {
	p.Helper()
	const most = 80 // more than the page has
	var focused string
	for range most {
		must(p.T, p.Call(&focused, "focused"))
		if focused == id {
			return
		}
		must(p.T, p.Press("Tab"))
	}
	p.Fatalf("the Tab key does not lead to %s", id)
}

// keysOf are the keys that type a text.
func keysOf(text string) []string { return strings.Split(text, "") }
