package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"sipbridge/test/load/measure"
)

// Report is all that was measured, and on what.
type Report struct {
	Machine measure.Machine `json:"machine"`
	Results []Result        `json:"results"`
}

// Result is one measurement. Times are in milliseconds, memory in KiB.
type Result struct {
	What string `json:"what"`
	// Asked is the rate that was tried, a second; 0 is as fast as they were answered.
	Asked float64 `json:"asked_per_second"`
	// Count is how many were tried, Rate how many a second were good.
	Count int     `json:"count"`
	Rate  float64 `json:"good_per_second"`
	// Failed did not go as they should; Failures are the first reasons.
	Failed   int      `json:"failed"`
	Failures []string `json:"failures,omitempty"`
	// Repeated requests had no answer within half a second.
	Repeated int64 `json:"repeated"`
	// Median and P95 are from a request to its final answer.
	Median float64 `json:"p50_ms"`
	P95    float64 `json:"p95_ms"`
	P99    float64 `json:"p99_ms"`
	// CPU is the service's time for each.
	CPU float64 `json:"cpu_ms_each"`
	// Cores is the service's share of the time, GeneratorCores this program's.
	Cores          float64 `json:"service_cores"`
	GeneratorCores float64 `json:"generator_cores"`
	// RSS is the service's memory at the end.
	RSS float64 `json:"rss_kib"`
	// Flood is how many requests of strangers came beside them, a second.
	Flood float64 `json:"flood_per_second,omitempty"`

	took    time.Duration
	spent   time.Duration
	latency []time.Duration
}

const mostFailures = 5

func newReport() *Report { return &Report{Machine: measure.ThisMachine()} }

func newResult(what string, count int, before, after spent) Result {
	took := after.at.Sub(before.at)
	return Result{
		What: what, Count: count, took: took, spent: after.service - before.service,
		Cores:          (after.service - before.service).Seconds() / took.Seconds(),
		GeneratorCores: (after.generator - before.generator).Seconds() / took.Seconds(),
		RSS:            float64(after.rss) / 1024,
	}
}

func (r *Result) add(one outcome) {
	if one.fault == nil {
		r.latency = append(r.latency, one.setUp)
		return
	}
	r.Failed++
	if len(r.Failures) < mostFailures {
		r.Failures = append(r.Failures, one.fault.Error())
	}
}

// sort computes what is told of the good ones.
func (r *Result) sort() {
	good := len(r.latency)
	if good == 0 {
		return
	}
	slices.Sort(r.latency)
	rank := func(share float64) float64 {
		return float64(r.latency[int(share*float64(good-1)+0.5)]) / float64(time.Millisecond)
	}
	r.Median, r.P95, r.P99 = rank(0.5), rank(0.95), rank(0.99)
	r.Rate = float64(good) / r.took.Seconds()
	r.CPU = float64(r.spent) / float64(time.Millisecond) / float64(good)
}

func (r *Report) writeJSON(out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

func (r *Report) writeTable(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "%s, %d cores; targets: 2000 registrations and 400 calls a second, none failed\n\n",
		r.Machine.CPU, r.Machine.Cores)
	_, _ = fmt.Fprintln(table,
		"\tasked/s\tgood/s\tfailed\trepeated\tms p50 / p95 / p99\tCPU ms each\tcores\tgenerator\tRSS MiB")
	for _, one := range r.Results {
		_, _ = fmt.Fprintf(table, "%s\t%g\t%.0f\t%d of %d\t%d\t%.1f / %.1f / %.1f\t%.2f\t%.2f\t%.2f\t%.0f\n",
			one.What, one.Asked, one.Rate, one.Failed, one.Count, one.Repeated, one.Median, one.P95, one.P99, one.CPU,
			one.Cores, one.GeneratorCores, one.RSS/1024)
		for _, failure := range one.Failures {
			_, _ = fmt.Fprintln(table, "  "+failure)
		}
	}
	if err := table.Flush(); err != nil { // tabwriter keeps the errors of all writes
		return fmt.Errorf("report: %w", err)
	}
	return nil
}
