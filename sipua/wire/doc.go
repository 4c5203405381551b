// Package wire turns bytes from the network into SIP messages and messages into bytes. It opens no socket
// and knows no transaction.
//
// Parse looks at limits first, so that a hostile message costs no more than its size. Then it reads header by
// header: folded lines joined, compact names spelled out, blanks around separators dropped, parameter
// names in lower case, one value per header. What comes out is a message in sipgo's types that means one
// thing only: duplicate single-value headers, missing headers and lengths that disagree are refused. A
// refusal is an Error, which knows the status and as much of the request as answering takes.
//
// Bytes is the only way out. It refuses every value that could start a second header line.
//
// sipgo's own header parsers are not used: they keep blanks in parameters, compare their names by case,
// mix up quoted parameters of Via and "?" after a flag parameter of a URI, and let the last of two CSeq win.
package wire
