// Package chunk carries messages as RTMP chunks (Adobe's RTMP specification, section 5.3): messages of several chunk
// streams are cut into pieces and interleaved on one connection.
//
// A Reader puts them together again and a Writer cuts them. What concerns only the chunks themselves, Set Chunk
// Size and Abort, the Reader does; all other messages it hands on. What a peer can make it hold is bounded: the size of
// a message, the number of messages that are begun and not complete, and the bytes of all of them together.
// Memory follows the bytes that came, never the length that was announced.
package chunk
