package reports

import (
	"fmt"
	"strings"

	"larder/bench/contend"
	"larder/bench/results"
)

// layout says how a section's cells become tables.
type layout struct {
	figures []string
	base    string // the contender the ratios are against; empty for none
	wide    bool   // one table for each figure with a column for each contender, rather than a line for each
}

func layoutOf(section string) layout {
	switch section {
	case "core", "zipf", "shards", "families":
		return layout{[]string{"rps", "cpu_us", "cpu_run_us", "p50_us", "p99_us"}, contend.RedisEverysec, true}
	case "cold":
		return layout{[]string{"rps", "cpu_us", "cpu_run_us", "p50_us", "p99_us", "cached_percent"},
			contend.RedisEverysec, true}
	case "objects":
		return layout{[]string{"rps", "cpu_us", "cpu_run_us", "p50_us", "p99_us", "disk_mb"}, contend.RedisEverysec, true}
	case "small":
		return layout{[]string{"rps", "cpu_us", "cpu_run_us", "p50_us", "p99_us", "disk_mb", "later_mb"},
			contend.RedisEverysec, true}
	case "beside":
		return layout{[]string{"p50_us", "p99_us", "max_us", "reply_ms", "alone_p99_us", "p99_ratio"},
			contend.RedisEverysec, true}
	case "growth":
		return layout{[]string{"us", "cpu_us", "rss_mb", "disk_mb"}, contend.RedisEverysec, true}
	case "reads":
		return layout{[]string{"rps", "p50_us", "p99_us", "max_us"}, "", false}
	case "mixed":
		return layout{[]string{"count", "miss", "lost", "p50_us", "p90_us", "p99_us", "max_us"}, "", false}
	case "larger":
		return layout{[]string{"rps", "p50_us", "p99_us", "max_us", "cpu_us", "loaded_mb", "rss_mb", "disk_mb"}, "", false}
	}
	return layout{[]string{"rps", "p50_us", "p99_us", "max_us", "cpu_us", "reply_ms", "alone_p99_us", "p99_ratio"},
		"", false}
}

// heading is a figure in words.
func heading(figure string) string {
	switch figure {
	case "rps":
		return "requests/s"
	case "us":
		return "us per command"
	case "cpu_us":
		return "server CPU, us per command, settling included"
	case "cpu_run_us":
		return "server CPU, us per command, without settling after the last answer"
	case "later_mb":
		return "MB on disk ten seconds after"
	case "cached_percent":
		return "files still in the page cache, %"
	case "loaded_mb":
		return "MB loaded"
	case "rss_mb":
		return "resident MB"
	case "disk_mb":
		return "MB on disk"
	case "reply_ms":
		return "reply, ms"
	case "alone_p99_us":
		return "p99 before, us"
	case "p99_ratio":
		return "p99 against before"
	}
	return strings.Replace(figure, "_us", ", us", 1)
}

// Tables is a section as Markdown.
func Tables(s results.Section) string {
	l := layoutOf(s.Name)
	var out strings.Builder
	if l.wide {
		for _, figure := range l.figures {
			writeWide(&out, s, l, figure)
		}
	} else {
		writeLong(&out, s, l)
	}
	writeComparison(&out, s)
	writeNotes(&out, s)
	return out.String()
}

func writeWide(out *strings.Builder, s results.Section, l layout, figure string) {
	contenders := s.Contenders()
	fmt.Fprintf(out, "| %s | %s |\n|---|%s\n", heading(figure), strings.Join(contenders, " | "),
		strings.Repeat("---:|", len(contenders)))
	for _, row := range s.Rows() {
		base, _ := s.Median(row, l.base, figure)
		fmt.Fprintf(out, "| %s |", row)
		for _, c := range contenders {
			fmt.Fprintf(out, " %s |", cell(s, row, c, figure, base, c != l.base))
		}
		out.WriteByte('\n')
	}
	out.WriteByte('\n')
}

// cell is a median, with its ratio against base if there is one.
func cell(s results.Section, row, contender, figure string, base float64, ratio bool) string {
	v, ok := s.Median(row, contender, figure)
	switch {
	case !ok:
		return "-"
	case base > 0 && ratio:
		return fmt.Sprintf("%s (%.2fx)", short(v), v/base)
	}
	return short(v)
}

func writeLong(out *strings.Builder, s results.Section, l layout) {
	var heads []string
	for _, figure := range l.figures {
		heads = append(heads, heading(figure))
	}
	fmt.Fprintf(out, "| | contender | %s |\n|---|---|%s\n", strings.Join(heads, " | "),
		strings.Repeat("---:|", len(heads)))
	for _, row := range s.Rows() {
		for _, c := range s.Contenders() {
			writeLine(out, s, l, row, c)
		}
	}
	out.WriteByte('\n')
}

func writeLine(out *strings.Builder, s results.Section, l layout, row, contender string) {
	var fields []string
	known := false
	for _, figure := range l.figures {
		field := cell(s, row, contender, figure, 0, false)
		known = known || field != "-"
		fields = append(fields, field)
	}
	if known {
		fmt.Fprintf(out, "| %s | %s | %s |\n", row, contender, strings.Join(fields, " | "))
	}
}

// writeNotes says why a contender has no figures, or what goes with them.
func writeNotes(out *strings.Builder, s results.Section) {
	said := map[string]bool{}
	for _, row := range s.Rows() {
		for _, c := range s.Contenders() {
			for _, note := range s.Notes(row, c) {
				if line := fmt.Sprintf("- %s, %s: %s\n", c, row, note); !said[c+note] {
					said[c+note] = true
					out.WriteString(line)
				}
			}
		}
	}
	if len(said) > 0 {
		out.WriteByte('\n')
	}
}

// short keeps three digits.
func short(v float64) string {
	switch {
	case v >= 9.995e6:
		return fmt.Sprintf("%.0fM", v/1e6)
	case v >= 99_950:
		return fmt.Sprintf("%.0fk", v/1e3)
	case v >= 9_995:
		return fmt.Sprintf("%.1fk", v/1e3)
	case v >= 99.95 || v == float64(int64(v)):
		return fmt.Sprintf("%.0f", v)
	case v >= 9.995:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// Verdicts is the table of targets as Markdown.
func Verdicts(verdicts []Verdict) string {
	var out strings.Builder
	out.WriteString("| figure | measured | must be | aim | |\n|---|---:|---:|---:|---|\n")
	for _, v := range verdicts {
		sign := "at most "
		if v.Target.AtLeast {
			sign = "at least "
		}
		value := "-"
		if v.Known {
			value = short(v.Value) + v.Target.Unit
		}
		fmt.Fprintf(&out, "| %s | %s | %s%v%s | %v%s | %s |\n", v.Target.Title, value, sign,
			v.Target.Must, v.Target.Unit, v.Target.Aim, v.Target.Unit, v.Word())
	}
	return out.String()
}
