package sipua

import (
	"errors"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// noMedia stands in where a media session could not be made: the leg it belongs to is about to end.
type noMedia struct{}

var (
	_ MediaSession = noMedia{}

	errNoMedia = errors.New("no media session")
)

func (noMedia) Offer(bridge.Description) ([]byte, error)     { return nil, errNoMedia }
func (noMedia) SetAnswer([]byte) (bridge.Description, error) { return bridge.Description{}, errNoMedia }

func (noMedia) SetOffer([]byte) (bridge.Description, error)    { return bridge.Description{}, errNoMedia }
func (noMedia) Answer(bridge.Description) ([]byte, error)      { return nil, errNoMedia }
func (noMedia) Rollback()                                      {}
func (noMedia) SendDTMF(bridge.DTMF) bool                      { return true }
func (noMedia) LimitPictures(uint64)                           {}
func (noMedia) AskKeyframe() bool                              { return true }
func (noMedia) Close() error                                   { return nil }
func (noMedia) Receive(transcode.Kind, transcode.PacketWriter) {}
func (noMedia) Sender(transcode.Kind) transcode.PacketWriter   { return &transcode.Switch{} }
func (noMedia) Stats() bridge.MediaStats                       { return bridge.MediaStats{} }
