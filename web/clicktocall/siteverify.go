package clicktocall

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// SiteVerify asks a service whether a riddle was solved, in the form that reCAPTCHA, hCaptcha and Turnstile share.
type SiteVerify struct {
	// URL is of the service, Secret what it knows us by.
	URL, Secret string
}

// Solved asks the service. The error tells that it could not be asked; then nobody knows.
func (v SiteVerify) Solved(ctx context.Context, value, remote string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	form := url.Values{"secret": {v.Secret}, "response": {value}}
	if _, err := netip.ParseAddr(remote); err == nil {
		form.Set("remoteip", remote)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, v.URL, strings.NewReader(form.Encode()))
	if err != nil {
		return false, fmt.Errorf("captcha: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false, fmt.Errorf("captcha: %w", err)
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	var verdict struct {
		Success bool `json:"success"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxBody)).Decode(&verdict); err != nil {
		return false, fmt.Errorf("captcha: %w", err)
	}
	return verdict.Success, nil
}
