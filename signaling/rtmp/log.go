package rtmp

import (
	"log/slog"
	"net/netip"
)

// levelOfBadInput is low, for strangers decide how often it happens; Stats counts it.
const levelOfBadInput = slog.LevelDebug

func attributes(remote netip.Addr, err error) []slog.Attr {
	return []slog.Attr{slog.String("remote", remote.String()), slog.Any("error", err)}
}
