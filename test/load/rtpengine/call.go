package rtpengine

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"sipbridge/test/load/message"
)

// patience is how long a party is waited for.
const patience = 20 * time.Second

// call is one toward the phone.
type call struct {
	from, to, target string
}

// invite calls the phone and gives the browser's final response.
func (g *Gateway) invite(request *message.Message) *message.Message {
	ctx, cancel := context.WithTimeout(g.ctx, patience)
	defer cancel()
	answer, err := g.connect(ctx, request)
	if err != nil {
		return request.Reply(503, "Service Unavailable", "gateway").Add("Warning", fmt.Sprintf("399 gateway %q", err))
	}
	reply := request.Reply(200, "OK", "gateway").Add("Contact", "<sip:gateway@"+g.address+";transport=ws>").
		Add("Content-Type", "application/sdp")
	reply.Body = answer
	return reply
}

// connect gives the SDP for the browser.
func (g *Gateway) connect(ctx context.Context, request *message.Message) (string, error) {
	id, tag := request.Get("Call-ID"), message.Parameter(request.Get("From"), "tag")
	offered, err := ask(ctx, g.control, g.offer(id, tag, request.Body))
	if err != nil {
		return "", err
	}
	c := &call{
		from:   "<sip:gateway@" + g.socket.Addr().String() + ">;tag=" + tag,
		target: "sip:" + message.User(request.URI()) + "@" + g.options.Phone.String(),
	}
	c.to = "<" + c.target + ">"
	invite := g.request(c, "INVITE", id, 1).Add("Contact", "<sip:gateway@"+g.socket.Addr().String()+">").
		Add("Content-Type", "application/sdp")
	invite.Body, _ = offered["sdp"].(string)
	final, err := g.socket.Ask(ctx, g.options.Phone, invite)
	if err != nil {
		return "", err
	}
	if final.Status() != 200 {
		return "", fmt.Errorf("the phone says %s", final.Start)
	}
	c.to = final.Get("To")
	if err = g.socket.Send(g.options.Phone, g.request(c, "ACK", id, 1)); err != nil {
		return "", err
	}
	g.mu.Lock()
	g.calls[id] = c
	g.mu.Unlock()
	answered, err := ask(ctx, g.control, answer(id, tag, message.Parameter(c.to, "tag"), final.Body))
	if err != nil {
		return "", err
	}
	text, _ := answered["sdp"].(string)
	return text, nil
}

// hangup ends what invite made.
func (g *Gateway) hangup(request *message.Message) {
	id := request.Get("Call-ID")
	g.mu.Lock()
	c := g.calls[id]
	delete(g.calls, id)
	g.mu.Unlock()
	if c == nil {
		return
	}
	ctx, cancel := context.WithTimeout(g.ctx, patience)
	defer cancel()
	// What is left of it ends with the programs.
	_, _ = g.socket.Ask(ctx, g.options.Phone, g.request(c, "BYE", id, 2))
	_, _ = ask(ctx, g.control, dictionary{
		"command": "delete", "call-id": id, "from-tag": message.Parameter(c.from, "tag"),
	})
}

func (g *Gateway) request(c *call, method, id string, number int) *message.Message {
	return (&message.Message{Start: method + " " + c.target + " SIP/2.0"}).
		Add("Via", g.socket.Via(rand.Text()[:12])).Add("Max-Forwards", "70").Add("From", c.from).Add("To", c.to).
		Add("Call-ID", id).Add("CSeq", fmt.Sprintf("%d %s", number, method))
}

// offer is the command that makes an offer for a phone of the browser's.
func (g *Gateway) offer(id, tag, sdp string) dictionary {
	command := dictionary{
		"command": "offer", "call-id": id, "from-tag": tag, "sdp": sdp,
		"ICE": "remove", "DTLS": "off", "transport protocol": "RTP/AVP", "rtcp-mux": []string{"demux"},
		"replace": []string{"origin", "session-connection"}, "flags": []string{"trust-address"},
	}
	if g.options.Transcode {
		command["codec"] = dictionary{"mask": []string{"opus"}, "transcode": []string{"PCMU"}}
	}
	return command
}

// answer is the command that makes the browser's answer of the phone's.
func answer(id, from, to, sdp string) dictionary {
	return dictionary{
		"command": "answer", "call-id": id, "from-tag": from, "to-tag": to, "sdp": sdp,
		"ICE": "force", "transport protocol": "UDP/TLS/RTP/SAVPF", "rtcp-mux": []string{"require"},
		"flags": []string{"trust-address", "generate-mid"},
	}
}
