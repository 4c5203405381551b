package registrar

import (
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

// maxPaths bounds the proxies between us and a device.
const maxPaths = 8

// pathsOf reads the Path headers of a REGISTER (RFC 3327): the proxies by which requests reach the device, in the order
// of the Route headers that they will be.
func pathsOf(request *sip.Request) ([]sip.Uri, error) {
	var paths []sip.Uri
	for _, header := range request.GetHeaders("path") {
		contacts, star, err := parseContacts(header.Value()) // a Path is written as a Contact is
		if err != nil || star {
			return nil, badRequest("malformed Path")
		}
		for _, path := range contacts {
			if len(paths) == maxPaths {
				return nil, badRequest("too many Paths")
			}
			paths = append(paths, path.uri)
		}
	}
	if len(paths) > 0 && !supports(request, "path") {
		return nil, refuse(421, "Extension Required", "Path for a client that does not know it",
			bridge.Header{Name: "Require", Value: "path"})
	}
	return paths, nil
}

// checkFirstHop refuses a flow that the proxy nearest to the device will not hold (RFC 5626 section 6). A REGISTER with
// one Via has come to us directly.
func checkFirstHop(request *sip.Request, paths []sip.Uri) error {
	if len(request.GetHeaders("via")) < 2 {
		return nil
	}
	if len(paths) > 0 && paths[len(paths)-1].UriParams.Has("ob") {
		return nil
	}
	return refuse(439, "First Hop Lacks Outbound Support", "outbound by a proxy without it")
}

// pathHeader is the Path of a 200: that of the request (RFC 3327 section 5.3).
func pathHeader(paths []sip.Uri) bridge.Header {
	values := make([]string, len(paths))
	for i := range paths {
		values[i] = "<" + paths[i].String() + ">"
	}
	return bridge.Header{Name: "Path", Value: strings.Join(values, ", ")}
}
