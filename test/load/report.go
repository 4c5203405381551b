package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"sipbridge/test/load/measure"
)

// Report is all that was measured, and on what.
type Report struct {
	Machine measure.Machine `json:"machine"`
	Rate    float64         `json:"calls_per_second"`
	Window  string          `json:"window"`
	Results []Result        `json:"results"`
}

func newReport(o options) *Report {
	return &Report{Machine: measure.ThisMachine(), Rate: o.rate, Window: o.window.String()}
}

// write prints the report as the options want it.
func (r *Report) write(out io.Writer, o options) error {
	switch {
	case o.json:
		return r.writeJSON(out)
	case o.rtpengine != "":
		return r.writeComparison(out)
	default:
		return r.writeTable(out)
	}
}

func (r *Report) writeJSON(out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// row is one line of the table: a name, a target for each mode or "", and the value of a result.
type row struct {
	name    string
	targets map[mode]string
	value   func(Result) string
}

func (r *Report) writeTable(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "%s, %d cores; %g calls a second, window %s\n\n",
		r.Machine.CPU, r.Machine.Cores, r.Rate, r.Window)
	head := []string{""}
	for _, result := range r.Results {
		head = append(head, result.Mode, "target")
	}
	_, _ = fmt.Fprintln(table, strings.Join(head, "\t"))
	for _, line := range rows() {
		cells := []string{line.name}
		for _, result := range r.Results {
			cells = append(cells, line.value(result), line.targets[mode(result.Mode)])
		}
		_, _ = fmt.Fprintln(table, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
	}
	if err := table.Flush(); err != nil { // tabwriter keeps the errors of all writes
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// both is a target of both modes.
func both(target string) map[mode]string { return map[mode]string{relay: target, transcode: target} }

func rows() []row {
	delays := map[mode]string{relay: "0.5 / 3", transcode: "1 / 5"}
	return []row{
		{"calls that were good", both("all"), func(r Result) string { return fmt.Sprintf("%d of %d", r.Good, r.Calls) }},
		{
			"CPU seconds per call-minute",
			map[mode]string{relay: "0.13", transcode: "0.30"},
			func(r Result) string { return fmt.Sprintf("%.3f", r.CPUPerCallMinute) },
		},
		{"cores, service", nil, func(r Result) string { return fmt.Sprintf("%.2f", r.Cores) }},
		{"cores, load generator", nil, func(r Result) string { return fmt.Sprintf("%.2f", r.GeneratorCores) }},
		{
			"CPU ms per set-up", both("5"),
			func(r Result) string { return fmt.Sprintf("%.1f (with media %.1f)", r.SetupCPU, r.SetupCPUWithMedia) },
		},
		{
			"CPU ms per call of a second", both("5"),
			func(r Result) string { return fmt.Sprintf("%.2f (of %d)", r.ShortCallCPU, r.ShortCalls) },
		},
		{"RSS KiB per call", both("390"), func(r Result) string { return fmt.Sprintf("%.0f", r.RSSPerCall) }},
		{
			"RSS MiB idle / registered / steady", nil,
			func(r Result) string {
				const mib = 1024
				return fmt.Sprintf("%.1f / %.1f / %.1f", r.RSSIdle/mib, r.RSSRegistered/mib, r.RSSSteady/mib)
			},
		},
		{"INVITE forwarded ms p50 / p95", both("- / 5"), func(r Result) string { return r.Forwarded.String() }},
		{"answered ms p50 / p95", nil, func(r Result) string { return r.Answered.String() }},
		{"DTLS up ms p50 / p95", nil, func(r Result) string { return r.Connected.String() }},
		{"answer to phone hears ms p50 / p95", both("- / 60"), func(r Result) string { return r.PhoneHears.String() }},
		{"answer to browser hears ms p50 / p95", both("- / 60"), func(r Result) string { return r.BrowserHears.String() }},
		{"delay to phone ms p50 / p95", delays, func(r Result) string { return r.ToPhone.Delay.String() }},
		{"delay to browser ms p50 / p95", delays, func(r Result) string { return r.ToBrowser.Delay.String() }},
		{"loss to phone", both("0"), func(r Result) string { return r.ToPhone.String() }},
		{"loss to browser", both("0"), func(r Result) string { return r.ToBrowser.String() }},
		{
			"machine busy / load average", nil,
			func(r Result) string { return fmt.Sprintf("%.0f %% / %s", 100*r.BusyShare, r.LoadAverage) },
		},
	}
}

// String is for a cell of the table.
func (s Spread) String() string { return fmt.Sprintf("%.2f / %.2f", s.Median, s.P95) }

// String is for a cell of the table.
func (d Direction) String() string {
	return fmt.Sprintf("%.2f %% (%d of %d)", d.Loss, d.Missing, d.Received+d.Missing)
}
