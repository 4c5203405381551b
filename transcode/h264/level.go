package h264

// MaxFrameSize is the largest picture that the level allows, or max-fs beyond it, in macroblocks of 16 by 16 pixels
// (ITU-T H.264 table A-1, RFC 6184 section 8.1).
func (p Parameters) MaxFrameSize() int {
	most := 99
	for _, level := range []struct{ rank, macroblocks int }{
		{2 * 11, 396}, {2 * 21, 792}, {2 * 22, 1620}, {2 * 31, 3600}, {2 * 32, 5120}, {2 * 40, 8192}, {2 * 50, 22080},
	} {
		if p.ID.rank() >= level.rank {
			most = level.macroblocks
		}
	}
	return max(most, p.limits[1])
}
