package main

import "sipbridge/web/admin"

// failoverMetrics tell which SIP servers are in use, and how well they are found.
func (s *service) failoverMetrics() []admin.Sample {
	dns := s.resolver.Stats()
	const questions = "Questions to the DNS that the cache could not answer, by outcome."
	return append(s.serverMetrics(),
		counter("sip_failed_over_total", "Requests that a SIP server did not take.", s.agent.Stats().FailedOver),
		counter("dns_questions_total", questions, dns.Asked-dns.Failed, outcome("answered")),
		counter("dns_questions_total", questions, dns.Failed, outcome("failed")),
		counter("dns_stale_total", "Questions answered from the cache past their time, as the DNS was down.", dns.Stale),
		gauge("dns_answers", "Answers of the DNS that are kept.", float64(dns.Answers)),
	)
}

func outcome(word string) admin.Label { return admin.Label{Name: "outcome", Value: word} }

// serverMetrics count the servers of each domain and trunk. Their addresses are the DNS's word, so they are no labels.
func (s *service) serverMetrics() []admin.Sample {
	count := map[[2]string]int{}
	for _, server := range s.agent.Servers() {
		count[[2]string{server.Domain, "good"}] += 0
		count[[2]string{server.Domain, "avoided"}] += 0
		state := "good"
		if server.Avoided {
			state = "avoided"
		}
		count[[2]string{server.Domain, state}]++
	}
	samples := make([]admin.Sample, 0, len(count))
	for key, number := range count {
		const help = "Servers of a domain or trunk; those that are avoided are tried last."
		sample := gauge("sip_servers", help, float64(number))
		sample.Labels = []admin.Label{{Name: "domain", Value: key[0]}, {Name: "state", Value: key[1]}}
		samples = append(samples, sample)
	}
	return samples
}
