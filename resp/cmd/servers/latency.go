package servers

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/resp/stat"
)

func (f *family) latencyLatest(*cmd.Call) reply.Reply {
	events := &f.host.Stats().Events
	var rows []reply.Reply
	for _, name := range sorted(events.Events()) {
		samples, longest := events.History(name)
		if n := len(samples); n > 0 {
			last := samples[n-1]
			rows = append(rows, reply.Of(reply.Text(name), reply.Integer(last.Unix), reply.Integer(last.Millis),
				reply.Integer(longest)))
		}
	}
	return reply.Of(rows...)
}

func (f *family) latencyHistory(c *cmd.Call) reply.Reply {
	samples, _ := f.host.Stats().Events.History(string(c.Args[2]))
	rows := make([]reply.Reply, len(samples))
	for i, s := range samples {
		rows[i] = reply.Of(reply.Integer(s.Unix), reply.Integer(s.Millis))
	}
	return reply.Of(rows...)
}

func (f *family) latencyGraph(c *cmd.Call) reply.Reply {
	samples, longest := f.host.Stats().Events.History(string(c.Args[2]))
	if len(samples) == 0 {
		return noSamples(c.Args[2])
	}
	return reply.VerbatimText("txt", graph(string(c.Args[2]), samples, longest, time.Now()))
}

// graphRows is the height of the ASCII graph; columns are samples, as in Redis.
const graphRows = 4

// graph draws the samples as columns of _o#, the newest right, each labelled with its age.
func graph(event string, samples []stat.Sample, longest int64, now time.Time) string {
	if len(samples) > 80 {
		samples = samples[len(samples)-80:]
	}
	low, high := samples[0].Millis, samples[0].Millis
	for _, s := range samples {
		low, high = min(low, s.Millis), max(high, s.Millis)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s - high %d ms, low %d ms (all time high %d ms)\n%s\n", event, high, low, longest,
		strings.Repeat("-", 80))
	for row := graphRows - 1; row >= 0; row-- {
		for _, s := range samples {
			b.WriteByte(cell(s.Millis, low, high, row))
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	labels(&b, samples, now)
	return b.String()
}

// cell is what a sample shows in a row of the graph; each row has three steps.
func cell(millis, low, high int64, row int) byte {
	steps := int64(graphRows*3 - 1)
	height := steps
	if high > low {
		height = (millis - low) * steps / (high - low)
	}
	switch above := height - int64(row*3); {
	case above < 0:
		return ' '
	case above < 3:
		return "_o#"[above]
	}
	return '|'
}

func labels(b *strings.Builder, samples []stat.Sample, now time.Time) {
	words, tallest := make([]string, len(samples)), 0
	for i, s := range samples {
		words[i] = age(now.Unix() - s.Unix)
		tallest = max(tallest, len(words[i]))
	}
	for row := range tallest {
		for _, w := range words {
			if row < len(w) {
				b.WriteByte(w[row])
			} else {
				b.WriteByte(' ')
			}
		}
		b.WriteByte('\n')
	}
}

func age(seconds int64) string {
	switch {
	case seconds < 60:
		return fmt.Sprintf("%ds", seconds)
	case seconds < 3600:
		return fmt.Sprintf("%dm", seconds/60)
	case seconds < 86400:
		return fmt.Sprintf("%dh", seconds/3600)
	}
	return fmt.Sprintf("%dd", seconds/86400)
}

const (
	doctorOff = "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. You may use " +
		"\"CONFIG SET latency-monitor-threshold <milliseconds>.\" in order to enable it. If we weren't in a deep space " +
		"mission I'd suggest to take a look at https://redis.io/topics/latency-monitor.\n"
	doctorCalm = "Dave, no latency spike was observed during the lifetime of this Redis instance, not in the slightest " +
		"bit. I honestly think you ought to sit down calmly, take a stress pill, and think things over.\n"
	doctorIntro = "Dave, I have observed latency spikes in this Redis instance. You don't mind talking about it, do you " +
		"Dave?\n\n"
	doctorEnd = "\nWhile there are latency events logged, I'm not able to suggest any easy fix. Please use the Redis " +
		"community to get some help, providing this report in your help request.\n"
)

// latencyDoctor sums the spikes up, event by event.
func (f *family) latencyDoctor(*cmd.Call) reply.Reply {
	events := &f.host.Stats().Events
	if events.ThresholdMillis.Load() == 0 {
		return reply.VerbatimText("txt", doctorOff)
	}
	names := sorted(events.Events())
	if len(names) == 0 {
		return reply.VerbatimText("txt", doctorCalm)
	}
	var b strings.Builder
	b.WriteString(doctorIntro)
	for i, name := range names {
		samples, longest := events.History(name)
		average, deviation, period := summary(samples)
		fmt.Fprintf(&b, "%d. %s: %d latency spikes (average %dms, mean deviation %dms, period %.2f sec). Worst all time "+
			"event %dms.\n",
			i+1, name, len(samples), average, deviation, period, longest)
	}
	b.WriteString(doctorEnd)
	return reply.VerbatimText("txt", b.String())
}

func summary(samples []stat.Sample) (average, deviation int64, periodSeconds float64) {
	n := int64(len(samples))
	for _, s := range samples {
		average += s.Millis
	}
	average /= n
	for _, s := range samples {
		deviation += max(s.Millis-average, average-s.Millis)
	}
	return average, deviation / n, float64(samples[n-1].Unix-samples[0].Unix) / float64(n)
}

// latencyHistogram answers calls and a cumulative histogram by powers of two, for the
// commands named or all that were called.
func (f *family) latencyHistogram(c *cmd.Call) reply.Reply {
	chosen := f.host.Commands()
	if len(c.Args) > 2 {
		chosen = nil
		for _, a := range c.Args[2:] {
			chosen = append(chosen, f.host.CommandStats(strings.ToLower(string(a)))...)
		}
	}
	var pairs []reply.Reply
	for _, stats := range chosen {
		if stats.Latency.Total() == 0 {
			continue
		}
		var steps []reply.Reply
		for _, step := range stats.Latency.Powers() {
			steps = append(steps, reply.Integer(step[0]), reply.Integer(step[1]))
		}
		pairs = append(pairs, reply.Text(stats.Name), reply.MapOf(
			reply.Text("calls"), reply.Integer(stats.Latency.Total()), reply.Text("histogram_usec"), reply.MapOf(steps...)))
	}
	return reply.MapOf(pairs...)
}

func sorted(names []string) []string {
	sort.Strings(names)
	return names
}
