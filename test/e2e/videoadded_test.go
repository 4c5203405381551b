package e2e

import (
	"slices"
	"testing"

	"sipbridge/test/e2e/film"
	"sipbridge/test/e2e/sipp"
)

// few is how many pictures show that some come.
const few = 10

// addedByPage: a page that talks with a phone shows its camera, for which the phone gets a re-INVITE; both see each
// other then, also after a hold, and hear each other as before.
func (w *world) addedByPage(t *testing.T) {
	t.Parallel()
	pictures, phone := newSeeingLater(t, func(media, seeing sipp.Media) []sipp.Step {
		return []sipp.Step{
			sipp.Answer(media), sipp.AwaitReinvite(seeing, 2, "sendrecv"), sipp.AwaitReinvite(seeing, 3, "recvonly"),
			sipp.AwaitReinvite(seeing, 4, "sendrecv"), sipp.AwaitBye(),
		}
	})
	p := w.newPage(t, jsSIP)
	must(t, p.Call(nil, "call", phone.number()))
	mustBe(t, p, "established")
	mustTalk(t, p, phone)
	must(t, p.Call(nil, "addCamera"))
	offer, err := phone.WaitMessage("INVITE ", limit)
	must(t, err)
	must(t, pictures.WaitPictures(few, limit))
	must(t, pictures.Show(sipp.VideoPort(offer)))
	mustSee(t, p, "VP8")
	must(t, p.Call(nil, "hold"))
	must(t, p.Call(nil, "resume"))
	before, err := p.WaitPictures(0, limit)
	must(t, err)
	_, err = p.WaitPictures(before.Decoded+few, limit)
	must(t, err)
	mustTalk(t, p, phone)
	must(t, p.Call(nil, "hangup"))
	must(t, phone.Wait(limit))
}

// addedByPhone: a phone shows its camera to a page that has none, by a re-INVITE.
func (w *world) addedByPhone(t *testing.T) {
	t.Parallel()
	pictures, phone := newSeeingLater(t, func(media, seeing sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Answer(media), sipp.AwaitGoOn(), sipp.Reinvite(seeing, 1, "sendrecv"), sipp.AwaitBye()}
	})
	p := w.newPage(t, jsSIP)
	must(t, p.Call(nil, "call", phone.number()))
	mustBe(t, p, "established")
	mustTalk(t, p, phone)
	must(t, phone.GoOn(limit))
	answer, err := phone.WaitMessage("SIP/2.0 200", limit)
	must(t, err)
	must(t, pictures.Show(sipp.VideoPort(answer)))
	mustSee(t, p, "VP8")
	must(t, p.WaitDirections("sendrecv recvonly", limit))
	mustTalk(t, p, phone)
	must(t, p.Call(nil, "hangup"))
	must(t, phone.Wait(limit))
}

// soundAlone: a page with a camera calls a phone that says nothing of pictures. Both hear, and the page is told.
func (w *world) soundAlone(t *testing.T) {
	t.Parallel()
	phone := callee(t, answerUntilBye)
	p := w.newCamera(t, "")
	must(t, p.Call(nil, "call", phone.number()))
	mustBe(t, p, "established")
	must(t, p.WaitDirections("sendrecv", limit))
	mustTalk(t, p, phone)
	must(t, p.Call(nil, "hangup"))
	must(t, phone.Wait(limit))
}

// newSeeingLater is a phone that plays steps with its sound alone, and with its pictures beside it.
func newSeeingLater(t *testing.T, steps func(media, seeing sipp.Media) []sipp.Step) (*film.Film, *scripted) {
	t.Helper()
	pictures := newFilm(t, film.Options{Codec: "VP8", PayloadType: 97})
	phone := callee(t, func(media sipp.Media) []sipp.Step {
		seeing := media
		seeing.Video = append(slices.Clone(pictures.Lines), "a=rtcp-fb:97 nack pli")
		return steps(media, seeing)
	})
	return pictures, phone
}
