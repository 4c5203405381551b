package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/film"
	"sipbridge/test/e2e/linphone"
	"sipbridge/test/e2e/service"
	"sipbridge/test/e2e/sipp"
)

// enough is how many pictures a page has to decode, at 15 a second.
const enough = 30

// TestVideo calls with pictures, from pages of one Chromium to others of it and to phones.
func TestVideo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{})
	for _, codec := range []string{"VP8", "VP9", "H264", "AV1"} {
		t.Run(codec, func(t *testing.T) {
			t.Parallel()
			w.pagesSeeEachOther(t, codec)
		})
	}
	for _, codec := range []string{"VP8", "H264"} {
		t.Run("phone with "+codec, func(t *testing.T) {
			t.Parallel()
			w.pageAndPhoneSeeEachOther(t, "", film.Options{Codec: codec, PayloadType: 97})
		})
	}
	t.Run("phone without the codec of the page", func(t *testing.T) {
		t.Parallel()
		w.pageAndPhoneSeeEachOther(t, "VP8", film.Options{Codec: "H264", PayloadType: 97})
	})
	t.Run("phone without the packetization-mode of the page", func(t *testing.T) {
		t.Parallel()
		w.pageAndPhoneSeeEachOther(t, "H264;packetization-mode=1", film.Options{Codec: "H264", PayloadType: 97, Single: true})
	})
	t.Run("phone with its parameter sets in the SDP", func(t *testing.T) {
		t.Parallel()
		w.pageAndPhoneSeeEachOther(t, "", film.Options{Codec: "H264", PayloadType: 97, SetsApart: true})
	})
	t.Run("in step with transcoded sound", w.soundAndPicturesInStep)
	t.Run("come and go", w.comeAndGo)
	t.Run("added by the page in a call with a phone", w.addedByPage)
	t.Run("added by the phone", w.addedByPhone)
	t.Run("to a phone that has none", w.soundAlone)
	t.Run("without sound", w.picturesAlone)
	t.Run("baresip", w.baresipSees)
	t.Run("linphonec", w.linphoneSees)
	t.Run("INFO", w.asksByInfo)
}

// newCamera opens a page with a camera, whose pictures have this codec, with a parameter behind it if that matters.
func (w *world) newCamera(t *testing.T, codec string) *page {
	t.Helper()
	p := w.newPage(t, jsSIP)
	must(t, p.Call(nil, "camera"))
	if codec != "" {
		name, parameter, _ := strings.Cut(codec, ";")
		must(t, p.Call(nil, "preferVideo", "video/"+name, parameter))
	}
	return p
}

// pagesSeeEachOther calls from page to page; both see and hear each other.
func (w *world) pagesSeeEachOther(t *testing.T, codec string) {
	t.Helper()
	caller, called := w.newCamera(t, codec), w.newCamera(t, "")
	must(t, caller.Call(nil, "call", w.uri(called)))
	mustBe(t, called, "incoming")
	must(t, called.Call(nil, "answer"))
	mustBe(t, caller, "established")
	mustSee(t, caller, codec)
	mustSee(t, called, codec)
	mustHear(t, called, pageHz)
	must(t, called.Call(nil, "hangup"))
	mustBe(t, caller, "ended")
}

// soundAndPicturesInStep: a page with PCMU calls one with Opus; pictures pass through while the sound is decoded, and
// both pages know what belongs together.
func (w *world) soundAndPicturesInStep(t *testing.T) {
	t.Parallel()
	caller, called := w.newCamera(t, ""), w.newCamera(t, "")
	must(t, caller.Call(nil, "prefer", "audio/PCMU", true))
	must(t, called.Call(nil, "offered", "opus"))
	must(t, caller.Call(nil, "call", w.uri(called)))
	mustBe(t, called, "incoming")
	must(t, called.Call(nil, "answer"))
	mustBe(t, caller, "established")
	for p, codec := range map[*page]string{caller: "audio/PCMU", called: "audio/opus"} {
		must(t, p.WaitInStep(limit))
		if heard, err := p.Stats(); err != nil || heard.CodecIn != codec {
			t.Errorf("%v; %s is to be heard, and is %s", err, codec, heard.CodecIn)
		}
	}
	must(t, called.Call(nil, "hangup"))
	mustBe(t, caller, "ended")
}

// picturesAlone: a page without a microphone shows its camera to a page that has both, to one that has no camera and to
// a phone, and is told if a phone wants sound.
func (w *world) picturesAlone(t *testing.T) {
	t.Parallel()
	caller, called := w.newPage(t, jsSIP), w.newCamera(t, "")
	must(t, caller.Call(nil, "cameraAlone"))
	must(t, caller.Call(nil, "call", w.uri(called)))
	mustBe(t, called, "incoming")
	must(t, called.Call(nil, "answer"))
	mustBe(t, caller, "established")
	mustSee(t, caller, "VP8")
	mustSee(t, called, "VP8")
	must(t, called.Call(nil, "hangup"))
	mustBe(t, caller, "ended")

	viewer := w.newPage(t, jsSIP)
	must(t, caller.Call(nil, "call", w.uri(viewer)))
	mustBe(t, viewer, "incoming")
	must(t, viewer.Call(nil, "answer"))
	mustSee(t, viewer, "VP8")
	must(t, caller.WaitDirections("sendonly", limit))
	must(t, caller.Call(nil, "hangup"))
	mustBe(t, viewer, "ended")

	pictures := newFilm(t, film.Options{Codec: "H264", PayloadType: 97})
	phone := callee(t, func(media sipp.Media) []sipp.Step {
		media.Video, media.Soundless = append(slices.Clone(pictures.Lines), "a=rtcp-fb:97 nack pli"), true
		return answerUntilBye(media)
	})
	must(t, caller.Call(nil, "call", phone.number()))
	mustBe(t, caller, "established")
	invite, err := phone.WaitMessage("INVITE ", limit)
	must(t, err)
	must(t, pictures.WaitPictures(enough, limit))
	must(t, pictures.Show(sipp.VideoPort(invite)))
	mustSee(t, caller, "H264")
	must(t, caller.Call(nil, "hangup"))
	must(t, phone.Wait(limit))

	must(t, caller.Call(nil, "call", dialable(newPhone(t, baresip.Options{User: "phone", Codec: "PCMU", Video: "vp8"}))))
	mustBe(t, caller, "ended")
	if reason, err := caller.Reason(); err != nil || reason.Code != 488 {
		t.Errorf("a phone that wants sound: %v, the page is told %+v", err, reason)
	}
}

// mustSee waits until a page has seen enough of the other party.
func mustSee(t *testing.T, p *page, codec string) {
	t.Helper()
	seen, err := p.WaitPictures(enough, limit)
	if err != nil || seen.CodecIn != "video/"+codec {
		t.Errorf("%v; wants %s, sees %+v", err, codec, seen)
	}
}

// comeAndGo: pictures are added to a call, switched off, and taken out of it.
func (w *world) comeAndGo(t *testing.T) {
	t.Parallel()
	caller, called := w.newPage(t, jsSIP), w.newPage(t, jsSIP)
	must(t, caller.Call(nil, "call", w.uri(called)))
	mustBe(t, called, "incoming")
	must(t, called.Call(nil, "answer"))
	mustBe(t, caller, "established")
	mustHear(t, called, pageHz)
	must(t, caller.Call(nil, "addCamera"))
	mustSee(t, called, "VP8")
	must(t, caller.WaitDirections("sendrecv sendonly", limit))
	must(t, called.Call(nil, "hold"))
	must(t, caller.WaitEvent(limit, "hold remote", 1))
	must(t, called.Call(nil, "resume"))
	must(t, caller.WaitEvent(limit, "resume remote", 1))
	before, err := called.WaitPictures(0, limit)
	must(t, err)
	_, err = called.WaitPictures(before.Decoded+enough, limit)
	must(t, err)
	must(t, caller.Call(nil, "dropCamera", false))
	must(t, called.WaitDirections("sendrecv inactive", limit))
	must(t, caller.Call(nil, "dropCamera", true))
	must(t, called.WaitDirections("sendrecv", limit))
	mustHear(t, called, pageHz)
	must(t, called.Call(nil, "hangup"))
	mustBe(t, caller, "ended")
}

// pageAndPhoneSeeEachOther calls a phone from a page that has only a codec, or all; ffmpeg decodes what the phone gets,
// and makes what it sends.
func (w *world) pageAndPhoneSeeEachOther(t *testing.T, codec string, options film.Options) {
	t.Helper()
	pictures := newFilm(t, options)
	phone := callee(t, func(media sipp.Media) []sipp.Step {
		media.Video = append(slices.Clone(pictures.Lines), fmt.Sprintf("a=rtcp-fb:%d nack pli", options.PayloadType))
		return answerUntilBye(media)
	})
	p := w.newCamera(t, codec)
	must(t, p.Call(nil, "call", phone.number()))
	mustBe(t, p, "established")
	invite, err := phone.WaitMessage("INVITE ", limit)
	must(t, err)
	must(t, pictures.WaitPictures(enough, limit))
	shown, err := p.WaitPictures(0, limit)
	must(t, err)
	there := pictures.Sight()
	must(t, pictures.Show(sipp.VideoPort(invite)))
	if codec, _, _ = strings.Cut(codec, ";"); codec == "" {
		codec = options.Codec
	}
	mustSee(t, p, codec)
	seen, err := p.WaitPictures(2*enough, limit)
	must(t, err)
	mustLackLittle(t, sights{encoded: shown.Encoded, phone: there, shown: pictures.Shown(), page: seen})
	mustTalk(t, p, phone)
	mustBeSmall(t, phone)
	must(t, p.Call(nil, "hangup"))
	must(t, phone.Wait(limit))
}

// sights are what the page encoded and the phone saw of it, and what the phone sent and the page saw of it.
type sights struct {
	encoded int
	phone   film.Sight
	shown   int
	page    browser.Pictures
}

// mustLackLittle holds that neither side stood still for want of pictures. It counts them: on a busy machine all
// pictures stand for longer, and cameras leave some out. -v prints the figures of docs/performance.md.
func mustLackLittle(t *testing.T, seen sights) {
	t.Helper()
	const most, mostOfPage = 15, 30 // one second of them and two, for the page may be behind by one
	t.Logf("of %d pictures of the page the phone decoded %v; of %d the page decoded %d, frozen for %.2f s, %d full ones",
		seen.encoded, seen.phone, seen.shown, seen.page.Decoded, seen.page.FrozenSeconds, seen.page.Keyframes)
	if seen.encoded-seen.phone.Pictures > most {
		t.Errorf("the phone has not seen more than %d pictures", most)
	}
	if seen.shown-seen.page.Decoded > mostOfPage {
		t.Errorf("the page has not seen more than %d pictures", mostOfPage)
	}
}

func newFilm(t *testing.T, options film.Options) *film.Film {
	t.Helper()
	options.Dir = t.TempDir()
	pictures, err := film.Start(options)
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(pictures.Report())
		}
		pictures.Stop()
	})
	return pictures
}

// asksByInfo: a phone without RTCP feedback is asked for a full picture by INFO, and asks so.
func (w *world) asksByInfo(t *testing.T) {
	t.Parallel()
	pictures, _ := newEar(t) // they go to ports of their own, where nobody looks
	pictures.Mute(true)
	sound, media := newEar(t)
	media.Video = []string{fmt.Sprintf("m=video %d RTP/AVP 97", pictures.Port), "a=rtpmap:97 VP8/90000"}
	// It is asked once more if the page comes to see later than half a second after the first time.
	phone := runScript(t, sound, sipp.Options{AnswersInfo: true, Steps: []sipp.Step{
		sipp.Answer(media), sipp.AwaitInfo(), sipp.AwaitGoOn(), sipp.AskKeyframe(1), sipp.AwaitBye(),
	}})
	p := w.newCamera(t, "")
	must(t, p.Call(nil, "call", phone.number()))
	mustBe(t, p, "established")
	info, err := phone.WaitMessage("INFO ", limit)
	must(t, err)
	if !strings.Contains(info, "<picture_fast_update/>") {
		t.Errorf("the phone is told %s", info)
	}
	mustHear(t, phone, pageHz) // the page can be reached
	must(t, phone.GoOn(limit))
	must(t, p.WaitKeyframesAsked(1, limit))
	must(t, p.Call(nil, "hangup"))
	must(t, phone.Wait(limit))
}

// baresipSees: a phone that decodes and encodes by itself.
func (w *world) baresipSees(t *testing.T) {
	t.Parallel()
	phone := newPhone(t, baresip.Options{User: "phone", Codec: "PCMU", Video: "vp8"})
	p := w.newCamera(t, "")
	must(t, p.Call(nil, "call", dialable(phone)))
	mustBe(t, p, "established")
	mustTalk(t, p, phone)
	mustSee(t, p, "VP8")
	must(t, phone.WaitText("receiving with resolution 320 x 240", limit))
	must(t, p.Call(nil, "hangup"))
	mustBe(t, p, "ended")
}

// linphoneSees: a phone that decodes and encodes H.264 by itself, and names Baseline with other digits than the page.
func (w *world) linphoneSees(t *testing.T) {
	t.Parallel()
	const number = 45 // pages have those before
	phone, err := linphone.Start(linphone.Options{
		Codec: "PCMU", Rate: 8000, Video: "H264", ToneHz: phoneHz, Dir: t.TempDir(),
		User: userName(number), Domain: "localhost", Password: password(number), Registrar: w.service.SIP,
	})
	must(t, err)
	t.Cleanup(phone.Stop)
	p := w.newCamera(t, "")
	must(t, p.Call(nil, "call", "sip:"+userName(number)+"@localhost"))
	mustBe(t, p, "established")
	seen, err := p.WaitPictures(2, limit) // it shows one a second
	must(t, err)
	if seen.CodecIn != "video/H264" {
		t.Errorf("the page sees %+v", seen)
	}
	rate, err := phone.WaitPictures("320x240", limit)
	must(t, err)
	t.Logf("the phone decodes %s pictures a second", rate)
	must(t, p.Call(nil, "hangup"))
	mustBe(t, p, "ended")
}

// TestVideoBetweenBrowsers calls from Firefox to Chromium, each with a camera of its own.
func TestVideoBetweenBrowsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Firefox, service.Options{})
	other := &world{service: w.service, pages: w.pages}
	other.users.Store(50) // the first ones are for pages of Firefox
	var err error
	other.browser, err = browser.Start(browser.Options{
		Kind: browser.Chromium, Dir: ".", Origin: w.pages.Origin, MicrophoneHz: pageHz, TempDir: t.TempDir(),
	})
	must(t, err)
	t.Cleanup(other.browser.Stop)
	caller, called := w.newCamera(t, ""), other.newCamera(t, "")
	for _, way := range [2][2]*page{{caller, called}, {called, caller}} {
		must(t, way[0].Call(nil, "call", w.uri(way[1])))
		mustBe(t, way[1], "incoming")
		must(t, way[1].Call(nil, "answer"))
		mustBe(t, way[0], "established")
		mustSee(t, way[0], "VP8")
		mustSee(t, way[1], "VP8")
		mustHear(t, way[1], pageHz)
		must(t, way[0].Call(nil, "hangup"))
		mustBe(t, way[1], "ended")
	}
	must(t, caller.Call(nil, "cameraAlone"))
	must(t, caller.Call(nil, "call", w.uri(called)))
	mustBe(t, called, "incoming")
	must(t, called.Call(nil, "answer"))
	mustSee(t, caller, "VP8")
	mustSee(t, called, "VP8")
	must(t, caller.Call(nil, "hangup"))
	mustBe(t, called, "ended")
}
