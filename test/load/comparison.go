package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// writeComparison prints what was measured beside each other: the median of each one's rounds, and their ratio.
func (r *Report) writeComparison(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "%s, %d cores; %g calls a second, window %s, in turn\n\n",
		r.Machine.CPU, r.Machine.Cores, r.Rate, r.Window)
	_, _ = fmt.Fprintln(table, "\tsipbridge\trtpengine\tratio")
	for _, m := range []mode{relay, transcode} {
		ours, theirs := r.of(m, sipbridgeName), r.of(m, rtpengineName)
		if len(ours) == 0 || len(theirs) == 0 {
			continue
		}
		for _, line := range compared() {
			a, b := median(ours, line.value), median(theirs, line.value)
			ratio := "-"
			if b > 0 {
				ratio = fmt.Sprintf("%.2f", a/b)
			}
			_, _ = fmt.Fprintf(table, "%s: %s\t%.2f\t%.2f\t%s\n", m, line.name, a, b, ratio)
		}
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// of gives the results of one mode and peer.
func (r *Report) of(m mode, peer string) []Result {
	var found []Result
	for _, result := range r.Results {
		if result.Mode == string(m) && result.Peer == peer {
			found = append(found, result)
		}
	}
	return found
}

// figure is one that is compared.
type figure struct {
	name  string
	value func(Result) float64
}

func compared() []figure {
	return []figure{
		{"good calls, %", func(r Result) float64 { return 100 * float64(r.Good) / float64(r.Calls) }},
		{"CPU s per call-minute", func(r Result) float64 { return r.CPUPerCallMinute }},
		{"CPU ms per set-up", func(r Result) float64 { return r.SetupCPU }},
		{"phone hears after, p95 ms", func(r Result) float64 { return r.PhoneHears.P95 }},
		{"browser hears after, p95 ms", func(r Result) float64 { return r.BrowserHears.P95 }},
		{"RSS KiB per call", func(r Result) float64 { return r.RSSPerCall }},
		{"delay to phone p50 ms", func(r Result) float64 { return r.ToPhone.Delay.Median }},
		{"delay to phone p95 ms", func(r Result) float64 { return r.ToPhone.Delay.P95 }},
		{"delay to browser p50 ms", func(r Result) float64 { return r.ToBrowser.Delay.Median }},
		{"delay to browser p95 ms", func(r Result) float64 { return r.ToBrowser.Delay.P95 }},
		{"loss, %", func(r Result) float64 { return r.ToPhone.Loss + r.ToBrowser.Loss }},
		{"machine busy, %", func(r Result) float64 { return 100 * r.BusyShare }},
	}
}

func median(results []Result, value func(Result) float64) float64 {
	values := make([]float64, len(results))
	for i, result := range results {
		values[i] = value(result)
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}
