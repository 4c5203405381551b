// Package failover calls servers that are found by DNS, and of which some are dead: dnsmasq answers for the name, sipp,
// Kamailio and baresip are the servers.
package failover

import (
	"cmp"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/dnsmasq"
	"sipbridge/test/e2e/ear"
	"sipbridge/test/e2e/kamailio"
	"sipbridge/test/e2e/process"
	"sipbridge/test/e2e/service"
	"sipbridge/test/e2e/sipp"
)

const (
	// limit is generous: two cores may be shared with a lint run.
	limit = 40 * time.Second

	binary = "../../../bin/sipbridge"
	// name stands for all servers of a test.
	name = "servers.test"
	// silence is how long a server may say nothing in tests of one that does; in others it is patience, so that the pace
	// of the machine makes no server silent. avoid is longer than any test.
	silence, patience, avoid = 3 * time.Second, 30 * time.Second, 10 * time.Minute
)

// setting is what the service of a test is told.
type setting struct {
	dns     string        // address of the DNS server
	silence time.Duration // 0 for patience
	probe   time.Duration
	list    []string // servers of the domain list.test
}

// world is a running service, and a script's port: the server of a domain, from which calls are let through.
type world struct {
	*service.Service

	port int
}

// newWorld starts a service. "name" is called by name, "phone" at the servers of the domain list.test.
func newWorld(t *testing.T, setting setting) *world {
	t.Helper()
	port := freePort(t)
	hops := map[string]string{"caller.test": fmt.Sprint("127.0.0.1:", port)}
	if len(setting.list) > 0 {
		hops["list.test"] = strings.Join(setting.list, ",")
	}
	running, err := service.Start(service.Options{
		Binary: binary, Dir: t.TempDir(), NextHops: hops,
		Users: map[string]string{"alice": "Wonderland-1!"},
		Routes: []map[string]any{
			{"from": "trunk:caller.test", "match": "^sips?:name@", "to": "sip:phone@" + name},
			{"from": "trunk:caller.test", "match": "^sips?:phone@", "to": "trunk:list.test"},
		}[:1+min(len(setting.list), 1)],
		Settings: map[string]map[string]any{
			"dns": {"servers": []string{setting.dns}},
			"failover": {
				"silence": cmp.Or(setting.silence, patience).String(), "avoid": avoid.String(),
				"probe": setting.probe.String(), "probe_failures": 2,
			},
		},
	})
	must(t, err)
	t.Cleanup(running.Stop)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the service's log:\n%s", running.Report())
		}
	})
	return &world{Service: running, port: port}
}

func freePort(t *testing.T) int {
	t.Helper()
	port, err := process.FreePort()
	must(t, err)
	return port
}

// startDNS starts a DNS server with SRV records of the name: one for each port, of descending priority.
func startDNS(t *testing.T, more []string, ports ...int) *dnsmasq.Server {
	t.Helper()
	records := append(more, "host-record=host."+name+",127.0.0.1")
	for i, port := range ports {
		records = append(records, fmt.Sprintf("srv-host=_sip._udp.%s,host.%s,%d,%d,10", name, name, port, 10*(i+1)))
	}
	server, err := dnsmasq.Start(dnsmasq.Options{Records: records, Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(server.Stop)
	return server
}

// script starts a sipp.
func script(t *testing.T, options sipp.Options, steps func(sipp.Media) []sipp.Step) *sipp.Script {
	t.Helper()
	sound, err := ear.Open(ear.PCMU, 800)
	must(t, err)
	t.Cleanup(sound.Close)
	options.Steps, options.Dir = steps(sipp.Media{Port: sound.Port, Codec: "PCMU"}), t.TempDir()
	started, err := sipp.Start(options)
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(started.Report())
		}
		started.Stop()
	})
	return started
}

// goodServer answers so many calls.
func goodServer(t *testing.T, options sipp.Options) *sipp.Script {
	t.Helper()
	return script(t, options, func(media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Answer(media), sipp.AwaitBye()}
	})
}

// call calls a user from the caller's domain, is answered and hangs up. It gives how long the answer took.
func (w *world) call(t *testing.T, user string) time.Duration {
	t.Helper()
	began := time.Now()
	uri := "sip:" + user + "@" + w.SIP
	caller := script(t, sipp.Options{Remote: w.SIP, Port: w.port}, func(media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Call(uri, media), sipp.AwaitAnswer(), sipp.CallerBye(2)}
	})
	_, err := caller.WaitMessage("SIP/2.0 200", limit)
	took := time.Since(began)
	must(t, err)
	must(t, caller.Wait(limit))
	return took
}

// silentServer is a port that takes datagrams and says nothing; it counts them.
func silentServer(t *testing.T) (port int, count func() int) {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: freePort(t)})
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	buffer := make([]byte, 1<<16)
	total := 0
	return conn.LocalAddr().(*net.UDPAddr).Port, func() int { //nolint:errcheck // it is one
		for {
			must(t, conn.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
			if _, err := conn.Read(buffer); err != nil {
				return total
			}
			total++
		}
	}
}

// TestDeadServersOfAName is fault F08: the first server of the name is dead in one way or another, and no call fails.
// All calls but the first go to the living one at once.
func TestDeadServersOfAName(t *testing.T) {
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		dead, good := freePort(t), freePort(t)
		w := newWorld(t, setting{dns: startDNS(t, nil, dead, good).Address})
		goodServer(t, sipp.Options{Port: good, Calls: 3})
		first := w.call(t, "name")
		t.Logf("the first call took %v, with the start of its sipp", first)
		w.call(t, "name")
		w.call(t, "name")
		w.mustHaveFailedOver(t, 1)
		if first > patience { // it must not be by silence
			t.Errorf("the first call took %v", first)
		}
	})
	t.Run("silent", func(t *testing.T) {
		t.Parallel()
		dead, count := silentServer(t)
		good := freePort(t)
		w := newWorld(t, setting{dns: startDNS(t, nil, dead, good).Address, silence: silence})
		goodServer(t, sipp.Options{Port: good, Calls: 3})
		first := w.call(t, "name")
		t.Logf("the first call took %v, with the start of its sipp", first)
		heard := count()
		w.call(t, "name")
		w.call(t, "name")
		w.mustHaveFailedOver(t, 1)
		if heard == 0 || count() != heard {
			t.Errorf("the silent server heard %d datagrams of the first call, %d of all", heard, count())
		}
		if first < silence {
			t.Errorf("the first call took only %v", first)
		}
	})
	t.Run("503", func(t *testing.T) {
		t.Parallel()
		busy, good := freePort(t), freePort(t)
		w := newWorld(t, setting{dns: startDNS(t, nil, busy, good).Address})
		script(t, sipp.Options{Port: busy, Calls: 3}, func(sipp.Media) []sipp.Step {
			return []sipp.Step{sipp.Reject(503, "Service Unavailable")}
		})
		goodServer(t, sipp.Options{Port: good, Calls: 3})
		for range 3 {
			w.call(t, "name")
		}
		w.mustHaveFailedOver(t, 3) // it did not say for how long
	})
}

// mustHaveFailedOver: so many requests were not taken by a server.
func (w *world) mustHaveFailedOver(t *testing.T, want float64) {
	t.Helper()
	metrics, err := w.Metrics()
	must(t, err)
	if got := metrics["sipbridge_sip_failed_over_total"]; got != want {
		t.Errorf("%v requests failed over, want %v", got, want)
	}
	for _, class := range []string{"4xx", "5xx"} {
		if count := metrics[fmt.Sprintf("sipbridge_calls_failed_total{class=%q}", class)]; count != 0 {
			t.Errorf("%v calls failed with %s", count, class)
		}
	}
}

// TestNAPTRChoosesTheTransport: the name says that it is reached over TCP, and where.
func TestNAPTRChoosesTheTransport(t *testing.T) {
	port := freePort(t)
	dns := startDNS(t, []string{
		"naptr-record=" + name + ",10,10,s,SIP+D2T,,_tcp.elsewhere.test",
		"naptr-record=" + name + ",20,10,s,SIP+D2U,,_sip._udp." + name,
		fmt.Sprintf("srv-host=_tcp.elsewhere.test,host.%s,%d,10,10", name, port),
	}, freePort(t))
	w := newWorld(t, setting{dns: dns.Address})
	server := goodServer(t, sipp.Options{Port: port, TCP: true})
	w.call(t, "name")
	must(t, server.Wait(limit))
	w.mustHaveFailedOver(t, 0)
}

// TestDNSThatGoesDown is fault F20: what was known goes on to count.
func TestDNSThatGoesDown(t *testing.T) {
	port := freePort(t)
	dns := startDNS(t, nil, port)
	w := newWorld(t, setting{dns: dns.Address})
	goodServer(t, sipp.Options{Port: port, Calls: 3})
	w.call(t, "name")
	dns.Stop()
	time.Sleep(1500 * time.Millisecond) // the answers live for a second
	w.call(t, "name")
	w.call(t, "name")
	metrics, err := w.Metrics()
	must(t, err)
	if metrics["sipbridge_dns_stale_total"] == 0 {
		t.Error("no old answer was used")
	}
}

// TestServerComesBackAfterTwoProbes: of a list of servers the first is down at first. Calls go to the second, without a
// try, until Kamailio runs and has answered two OPTIONS.
func TestServerComesBackAfterTwoProbes(t *testing.T) {
	phone, err := baresip.Start(baresip.Options{
		User: "phone", Codec: "PCMU", Transport: "udp", ToneHz: 800, Dir: t.TempDir(),
	})
	must(t, err)
	defer phone.Stop()
	address, _, _ := strings.Cut(phone.URI[strings.IndexByte(phone.URI, '@')+1:], ";")
	port := freePort(t)
	w := newWorld(t, setting{
		dns: "127.0.0.1:9", probe: time.Second, list: []string{fmt.Sprint("127.0.0.1:", port), address},
	})
	w.awaitServers(t, "avoided", 1)
	w.call(t, "phone")
	w.mustHaveFailedOver(t, 0)
	server, err := kamailio.Start(kamailio.Options{Domain: "list.test", Port: port, Dir: t.TempDir()})
	must(t, err)
	defer server.Stop()
	w.awaitServers(t, "good", 2)
	awaitLines(t, server.Report, "OPTIONS sip:", 2)
	uri := "sip:phone@" + w.SIP
	caller := script(t, sipp.Options{Remote: w.SIP, Port: w.port}, func(media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Call(uri, media), sipp.AwaitFailure(uri, 403)} // Kamailio asks who calls
	})
	must(t, caller.Wait(limit))
	awaitLines(t, server.Report, "INVITE sip:", 1)
	for _, change := range []string{"SIP server does not answer its probes", "SIP server answers again"} {
		told := fmt.Sprintf("msg=%q domain=list.test transport=UDP address=127.0.0.1:%d", change, port)
		awaitLines(t, w.Log, told, 1)
		if count := strings.Count(w.Log(), told); count != 1 {
			t.Errorf("%q is %d times in the log", told, count)
		}
	}
}

// awaitLines waits until a log has so many lines with a text: they come a little after what they tell of.
func awaitLines(t *testing.T, log func() string, text string, count int) {
	t.Helper()
	for deadline := time.Now().Add(limit); strings.Count(log(), text) < count; {
		if time.Now().After(deadline) {
			t.Fatalf("%q is not %d times in\n%s", text, count, log())
		}
		time.Sleep(20 * time.Millisecond) // a pipe is read beside
	}
}

// awaitServers waits until so many servers of list.test are in a state.
func (w *world) awaitServers(t *testing.T, state string, want float64) {
	t.Helper()
	key := fmt.Sprintf(`sipbridge_sip_servers{domain="list.test",state=%q}`, state)
	deadline := time.Now().Add(limit)
	for {
		metrics, err := w.Metrics()
		must(t, err)
		if metrics[key] == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is %v, want %v", key, metrics[key], want)
		}
		time.Sleep(50 * time.Millisecond) // the metrics are all there is to look at
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
