package quality

import "sipbridge/transcode"

// codec is one that parties speak, with the payload type that they give it.
type codec struct {
	name        string
	codec       transcode.Codec
	payloadType uint8
	parameters  string
}

func (c codec) format() transcode.Format {
	return transcode.Format{Codec: c.codec, PayloadType: c.payloadType, Parameters: c.parameters}
}

func opus() codec {
	return codec{"opus", transcode.Codec{Name: "opus", ClockRate: 48000, Channels: 2}, 111, "useinbandfec=1"}
}

func g722() codec { return codec{"G722", transcode.Codec{Name: "G722", ClockRate: 8000}, 9, ""} }

func pcmu() codec { return codec{"PCMU", transcode.Codec{Name: "PCMU", ClockRate: 8000}, 0, ""} }

func pcma() codec { return codec{"PCMA", transcode.Codec{Name: "PCMA", ClockRate: 8000}, 8, ""} }

func gsm() codec { return codec{"GSM", transcode.Codec{Name: "GSM", ClockRate: 8000}, 3, ""} }

func speex(name string, rate uint32) codec {
	return codec{name, transcode.Codec{Name: "speex", ClockRate: rate}, 97, ""}
}

func l16() codec { return codec{"L16", transcode.Codec{Name: "L16", ClockRate: 16000}, 98, ""} }

// phoneCodecs are those of phones.
func phoneCodecs() []codec {
	return []codec{
		pcmu(), pcma(), g722(), gsm(), speex("Speex 8", 8000), speex("Speex 16", 16000), speex("Speex 32", 32000), opus(),
		l16(),
	}
}

// browserCodecs are those of browsers.
func browserCodecs() []codec { return []codec{opus(), g722(), pcmu(), pcma()} }
