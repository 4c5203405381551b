// Package admission says which requests are taken, and how many of them. Who sends one is found out by package identity
// before; what is asked for is judged by others after.
//
//   - A message of a scanner, a program that looks for open servers, gets no answer. It is known by its User-Agent,
//     before the message is parsed.
//   - Guests, whose token lets them place calls and nothing else, are held to that (MayAsk), also after it has ended.
//   - Calls of strangers, who have proved nothing, can be refused altogether. Else they are bounded (MayCall): all
//     together, by source, by callee, and while so much is going on that only those we know are served. So nobody can
//     ring a user without end, nor keep us from the others.
//   - What a user asks for outside of calls is bounded by his name (Rates), on all his devices together.
//
// Servers that we are configured to use are not bounded here. What is refused is counted, and costs no transaction.
package admission
