package e2e

import (
	"strconv"
	"strings"
	"testing"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
	"sipbridge/test/e2e/sipp"
)

// webPhone is our own page, used as a user does.
type webPhone struct {
	*testing.T
	*browser.Page

	user string
}

func (p *webPhone) click(id string) {
	p.Helper()
	must(p.T, p.Call(nil, "click", id, limit.Milliseconds()))
}

// press clicks the button of this name.
func (p *webPhone) press(name string) {
	p.Helper()
	must(p.T, p.Call(nil, "press", name, limit.Milliseconds()))
}

func (p *webPhone) enter(id, text string) {
	p.Helper()
	must(p.T, p.Call(nil, "type", id, text, limit.Milliseconds()))
}

func (p *webPhone) await(name string, values ...string) {
	p.Helper()
	must(p.T, p.Call(nil, "wait", "phone", name, values, limit.Milliseconds()))
}

// openWebPhone opens our page in a browser of its own and signs a user in.
func openWebPhone(t *testing.T, w *world) *webPhone {
	t.Helper()
	return openWebPhoneAs(t, w, userName(int(w.users.Add(1))-1))
}

// openWebPhoneAs opens our page in a browser of its own and signs this user in.
func openWebPhoneAs(t *testing.T, w *world, user string) *webPhone {
	t.Helper()
	return openWebPhoneAt(t, w.service.HTTP+"/", user, browser.Options{Origin: w.service.HTTP})
}

// openWebPhoneAt opens our page at this address, in a browser of its own with these options, and signs a user in.
func openWebPhoneAt(t *testing.T, address, user string, options browser.Options) *webPhone {
	t.Helper()
	if options.Kind == "" {
		options.Kind = browser.Chromium
	}
	if options.TempDir == "" {
		options.TempDir = t.TempDir()
	}
	options.Dir, options.MicrophoneHz = ".", pageHz
	b, err := browser.Start(options)
	must(t, err)
	t.Cleanup(b.Stop)
	opened, err := b.OpenWatched(address)
	must(t, err)
	p := &webPhone{T: t, Page: opened, user: user}
	p.signIn(p.password())
	p.await("line", "registered")
	return p
}

// signIn fills the form in and sends it.
func (p *webPhone) signIn(password string) {
	p.Helper()
	p.enter("username", p.user)
	p.enter("domain", "localhost")
	p.enter("password", password)
	p.click("register")
}

// password is the user's.
func (p *webPhone) password() string {
	p.Helper()
	number, err := strconv.Atoi(strings.TrimPrefix(p.user, "user"))
	must(p.T, err)
	return password(number)
}

// shown is what the page calls a phone that was dialled by its number.
func shown(phone *scripted) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(phone.number(), "sip:"), "@")
	return name
}

// TestWebPhoneTransfers: a user of the web phone sends a phone on, at once, and after asking where to.
func TestWebPhoneTransfers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{})
	p := openWebPhone(t, w)
	call := func(number string) {
		p.enter("target", number)
		p.click("call")
		p.await("call", "up")
	}
	mustSay := func(words string) {
		var message string
		must(t, p.Call(&message, "text", "message"))
		if !strings.Contains(message, words) {
			t.Errorf("the page says %q", message)
		}
	}
	t.Run("at once", func(t *testing.T) {
		phone, target := callee(t, answerUntilBye), callee(t, answerUntilBye)
		call(phone.number())
		mustHear(t, phone, pageHz)
		p.click("transfer")
		p.enter("pass-target", target.number())
		p.click("pass-now")
		p.await("call", "none")
		mustJoin(t, phone, target)
		mustSay("now.")
	})
	t.Run("after asking", func(t *testing.T) {
		phone := callee(t, func(media sipp.Media) []sipp.Step {
			return []sipp.Step{
				sipp.Answer(media), sipp.AwaitReinvite(media, 2, "recvonly"), sipp.AwaitReinvite(media, 3, "sendrecv"),
				sipp.AwaitBye(),
			}
		})
		target := callee(t, answerUntilBye)
		call(phone.number())
		mustHear(t, phone, pageHz)
		p.click("transfer")
		p.enter("pass-target", target.number())
		p.click("pass-ask")
		mustHear(t, target, pageHz)
		p.press("Connect " + shown(phone) + " with " + shown(target))
		p.await("call", "none")
		mustJoin(t, phone, target)
		mustSay("now.")
	})
	t.Run("back when nobody wants it", func(t *testing.T) {
		phone := callee(t, answerUntilBye)
		target := callee(t, func(sipp.Media) []sipp.Step { return []sipp.Step{sipp.Reject(603, "Decline")} })
		call(phone.number())
		mustHear(t, phone, pageHz)
		p.click("transfer")
		p.enter("pass-target", target.number())
		p.click("pass-now")
		must(t, target.Wait(limit))
		must(t, phone.WaitPackets(phone.Packets()+50, limit))
		mustHear(t, phone, pageHz)
		mustHear(t, p, phoneHz)
		mustSay("declined")
		p.click("hangup")
		must(t, phone.Wait(limit))
	})
}
