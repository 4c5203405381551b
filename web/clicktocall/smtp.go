package clicktocall

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/wneessen/go-mail"
)

// The ways in which a mail server is spoken to.
const (
	// MailStartTLS begins in clear and goes on with TLS, or not at all (RFC 3207); MailTLS begins with TLS (RFC 8314);
	// MailPlain has no TLS, for a server on the same machine.
	MailStartTLS = "starttls"
	MailTLS      = "tls"
	MailPlain    = "none"
)

// SMTP sends mails by a server (RFC 5321).
type SMTP struct {
	// Server is host:port.
	Server string
	// From is our address.
	From string
	// User and Password prove us; without User nothing does.
	User, Password string
	// Security is MailStartTLS, MailTLS or MailPlain.
	Security string
}

// Send gives a mail to the server. The error never has the text in it.
func (m SMTP) Send(ctx context.Context, to, subject, text string) error {
	message := mail.NewMsg()
	if err := message.From(m.From); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	if err := message.To(to); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	message.Subject(subject)
	message.SetBodyString(mail.TypeTextPlain, text)
	client, err := m.client()
	if err != nil {
		return err
	}
	if err := client.DialAndSendWithContext(ctx, message); err != nil {
		return fmt.Errorf("mail by %s: %w", m.Server, err)
	}
	return nil
}

func (m SMTP) client() (*mail.Client, error) {
	host, port, err := net.SplitHostPort(m.Server)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	options := []mail.Option{mail.WithPort(number), mail.WithTimeout(10 * time.Second)}
	switch m.Security {
	case MailTLS:
		options = append(options, mail.WithSSL())
	case MailPlain:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if m.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover),
			mail.WithUsername(m.User), mail.WithPassword(m.Password))
	}
	client, err := mail.NewClient(host, options...)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	return client, nil
}
