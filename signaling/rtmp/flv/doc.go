// Package flv reads and writes the video tags that RTMP carries (Adobe Flash Video File Format Specification 10.1,
// section E.4.3), as far as H.264 is in them: a configuration (AVCDecoderConfigurationRecord, ISO/IEC 14496-15 section
// 5.2.4.1) with the parameter sets, and pictures as NAL units with their lengths before them. Of other codecs only the
// name is read.
package flv
