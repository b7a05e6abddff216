package resp

import (
	"fmt"
	"sort"
	"strings"

	"larder/resp/stat"
	"larder/resp/table"
	"larder/store"
)

// infoSection is one part of INFO. write appends "field:value\r\n" lines.
type infoSection struct {
	name string
	// byDefault: shown by a bare INFO; the others only by name, "all" and "everything".
	byDefault bool
	write     func(*Server, *infoText)
}

func infoSections() []infoSection {
	return []infoSection{
		{"Server", true, (*Server).infoServer},
		{"Clients", true, (*Server).infoClients},
		{"Memory", true, (*Server).infoMemory},
		{"Persistence", true, (*Server).infoPersistence},
		{"Stats", true, (*Server).infoStats},
		{"Replication", true, (*Server).infoReplication},
		{"CPU", true, (*Server).infoCPU},
		{"Modules", true, func(*Server, *infoText) {}},
		{"Commandstats", false, (*Server).infoCommands},
		{"Errorstats", true, (*Server).infoErrors},
		{"Latencystats", false, (*Server).infoLatency},
		{"Cluster", true, (*Server).infoCluster},
		{"Keyspace", true, (*Server).infoKeyspace},
		{"Larder", true, (*Server).infoLarder},
	}
}

// infoText collects the lines of INFO. For one call.
type infoText struct {
	strings.Builder
	sizes []store.Size // once a section has asked for them
}

func (t *infoText) line(field string, value any) { fmt.Fprintf(t, "%s:%v\r\n", field, value) }

// lines adds several fields: name, value, name, value.
func (t *infoText) lines(pairs ...any) {
	for i := 0; i+1 < len(pairs); i += 2 {
		fmt.Fprintf(t, "%s:%v\r\n", pairs[i], pairs[i+1])
	}
}

// Info is the text of INFO for the sections asked for, in the server's own order.
// https://redis.io/docs/latest/commands/info/
func (s *Server) Info(wanted []string) string {
	var t infoText
	for _, section := range infoSections() {
		if !section.asked(wanted) {
			continue
		}
		if t.Len() > 0 {
			t.WriteString("\r\n")
		}
		t.WriteString("# " + section.name + "\r\n")
		section.write(s, &t)
	}
	return t.String()
}

func (i *infoSection) asked(wanted []string) bool {
	if len(wanted) == 0 {
		return i.byDefault
	}
	for _, w := range wanted {
		switch strings.ToLower(w) {
		case strings.ToLower(i.name), "everything":
			return true
		case "all":
			if i.name != "Modules" {
				return true
			}
		case "default":
			if i.byDefault {
				return true
			}
		}
	}
	return false
}

func (s *Server) infoCommands(t *infoText) {
	s.table.Each(func(e *table.Entry) {
		c := e.Stats
		calls, rejected, failed := c.Calls.Load(), c.Rejected.Load(), c.Failed.Load()
		if calls+rejected+failed == 0 {
			return
		}
		micros := c.Micros.Load()
		t.line("cmdstat_"+c.Name, fmt.Sprintf("calls=%d,usec=%d,usec_per_call=%.2f,rejected_calls=%d,failed_calls=%d",
			calls, micros, float64(micros)/float64(max(calls, 1)), rejected, failed))
	})
}

func (s *Server) infoErrors(t *infoText) {
	codes := s.stats.Errors.Codes()
	names := make([]string, 0, len(codes))
	for c := range codes {
		names = append(names, c)
	}
	sort.Strings(names)
	for _, c := range names {
		t.line("errorstat_"+c, fmt.Sprintf("count=%d", codes[c]))
	}
}

func (s *Server) infoLatency(t *infoText) {
	percentiles := strings.Fields(s.params.String("latency-tracking-info-percentiles"))
	s.table.Each(func(e *table.Entry) {
		if e.Stats.Latency.Total() > 0 {
			t.line("latency_percentiles_usec_"+e.Stats.Name, percentileWords(&e.Stats.Latency, percentiles))
		}
	})
}

func percentileWords(h *stat.Histogram, percentiles []string) string {
	words := make([]string, len(percentiles))
	for i, p := range percentiles {
		var percent float64
		fmt.Sscan(p, &percent)
		words[i] = fmt.Sprintf("p%s=%.3f", p, float64(h.Percentile(percent).Nanoseconds())/1000)
	}
	return strings.Join(words, ",")
}
