package bridgetest

import "sipbridge/bridge"

// RouterFunc makes a bridge.Router of a function.
type RouterFunc func(bridge.Request) ([]bridge.Target, error)

// Route calls f.
func (f RouterFunc) Route(request bridge.Request) ([]bridge.Target, error) { return f(request) }

// RouteTo makes a Router that sends every call to all of the endpoints, with the URI unchanged.
func RouteTo(endpoints ...bridge.Endpoint) RouterFunc {
	return func(request bridge.Request) ([]bridge.Target, error) {
		targets := make([]bridge.Target, 0, len(endpoints))
		for _, endpoint := range endpoints {
			targets = append(targets, bridge.Target{Endpoint: endpoint, URI: request.To})
		}
		return targets, nil
	}
}
