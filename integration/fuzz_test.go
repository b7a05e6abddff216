package integration

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestFuzzAgainstRedis sends lines of all families, a quarter of them mutated, to Larder and redis-server, and compares
// each reply and, every hundred lines, all keys. LARDER_FUZZ_SEED sets another seed, LARDER_FUZZ_LINES how many lines.
func TestFuzzAgainstRedis(t *testing.T) {
	t.Parallel()
	lines, seed := 5_000, uint64(1)
	if n, err := strconv.Atoi(os.Getenv("LARDER_FUZZ_LINES")); err == nil {
		lines = n
	}
	if n, err := strconv.ParseUint(os.Getenv("LARDER_FUZZ_SEED"), 10, 64); err == nil {
		seed = n
	}
	const quiet = "--slowlog-log-slower-than"
	p := startPair(t, quiet, "-1")
	cluster := pair{startCluster(t, larderBin, quiet, "-1"), startCluster(t, judgeBin(t), quiet, "-1")}
	for _, proto := range []int{2, 3} {
		t.Run(fmt.Sprint("RESP", proto), func(t *testing.T) {
			t.Logf("seed %d", seed)
			newFuzzRun(t, p, proto, seed).play(lines / 2)
		})
		t.Run(fmt.Sprint("in a cluster/RESP", proto), func(t *testing.T) {
			t.Logf("seed %d", seed)
			newFuzzRun(t, cluster, proto, seed).play(lines / 5)
		})
	}
}

// fuzzRun is one history on both servers. For one test.
type fuzzRun struct {
	t       *testing.T
	c, eyes [2]*conn // Larder's and the judge's; eyes look at keys, so that MULTI does not matter
	maker   *lineMaker
	recent  []string
	found   int
	queued  [][]string // since MULTI, nil outside
}

// mostFound is how many differences are enough for a run.
const mostFound = 15

func newFuzzRun(t *testing.T, p pair, proto int, seed uint64) *fuzzRun {
	f := &fuzzRun{t: t}
	for i, s := range []*server{p.larder, p.judge} {
		f.c[i], f.eyes[i] = dial(t, s), dial(t, s)
		f.eyes[i].must(t, "FLUSHALL")
		if proto == 3 {
			f.c[i].must(t, "HELLO", "3")
		}
	}
	ours, theirs := commandsOf(t, p.larder), commandsOf(t, p.judge)
	f.maker = newLineMaker(seed+uint64(proto), func(command string) bool {
		name := strings.ToLower(command)
		return ours[name].name != "" && theirs[name].name != ""
	})
	return f
}

func (f *fuzzRun) play(lines int) {
	for n := 1; n <= lines && f.found < mostFound; n++ {
		f.line(f.maker.line())
		if n%100 == 0 {
			f.compareKeys()
		}
	}
}

func (f *fuzzRun) line(words []string) {
	name := strings.ToUpper(words[0])
	if f.queued != nil && name == "SPOP" { // what comes behind it in the transaction would not be the same
		return
	}
	text := lineText(words)
	f.recent = append(f.recent, text)
	got, want := f.send(words)
	if got.kind == 'x' || want.kind == 'x' {
		f.t.Fatalf("%s\n  redis:  %s\n  larder: %s", text, want, got)
	}
	switch {
	case name == "EXEC" && len(f.queued) == len(got.list) && len(got.list) == len(want.list):
		for i, line := range f.queued {
			f.compare(line, got.list[i], want.list[i])
		}
	default:
		f.compare(words, got, want)
	}
	f.follow(name, words, got, want)
}

// lineText shows a line.
func lineText(words []string) string {
	text := fmt.Sprintf("%q", words)
	return text[1 : len(text)-1]
}

func (f *fuzzRun) compare(words []string, got, want value) {
	text := lineText(words)
	if !howCompared(words).equal(got, want) && !known(text, want.String(), got.String()) {
		f.differ("%s\n  redis:  %s\n  larder: %s", text, show(want, ""), show(got, ""))
	}
}

// follow keeps both alike behind a line that may have left them different, and knows what a transaction has queued.
func (f *fuzzRun) follow(name string, words []string, got, want value) {
	switch {
	case name == "MULTI" && want.text == "OK":
		f.queued = [][]string{}
		return
	case name == "EXEC", name == "DISCARD":
		ran := f.queued
		f.queued = nil
		for _, line := range ran {
			f.follow(strings.ToUpper(line[0]), line, got, want)
		}
		return
	case f.queued != nil && got.isError() != want.isError(): // one of them has given the transaction up
		f.send([]string{"DISCARD"})
		f.queued = nil
	case f.queued != nil && want.text == "QUEUED":
		f.queued = append(f.queued, words)
		return
	}
	switch {
	case howCompared(words).drawn && len(words) > 1:
		f.send([]string{"DEL", words[1]})
	case name == "XREADGROUP" && len(words) > 4: // 7.2 knows who has read in vain, 7.0 does not
		at := slices.IndexFunc(words, func(w string) bool { return strings.EqualFold(w, "STREAMS") })
		for _, key := range words[at+1:] {
			f.send([]string{"XGROUP", "CREATECONSUMER", key, words[2], words[3]})
		}
	case (name == "XCLAIM" || name == "XAUTOCLAIM") && len(words) > 4:
		f.send([]string{"XGROUP", "CREATECONSUMER", words[1], words[2], words[3]})
	}
}

func (f *fuzzRun) differ(form string, args ...any) {
	f.t.Errorf(form, args...)
	f.found++
}

// send sends a line to both and reads both replies.
func (f *fuzzRun) send(words []string) (got, want value) {
	b := encode(words...)
	for _, c := range f.c {
		c.SetDeadline(time.Now().Add(30 * time.Second))
		if _, err := c.Write(b); err != nil {
			f.t.Fatal(err)
		}
	}
	got, _ = f.c[0].receive()
	want, _ = f.c[1].receive()
	return got, want
}

// comparison is how replies of a command are compared, where not as they are.
type comparison struct {
	random  bool // only their shape
	drawn   bool // random, and what was drawn is gone
	paged   bool // a page of a scan, whose size and cursor are each server's own
	middle  bool // a page that does not begin at the beginning, wherever that is
	loose   bool // elements in any order, whatever aggregate they are in
	near    float64
	doubles bool // 7.2 prints the shortest digits, 7.0 seventeen
}

func howCompared(words []string) (how comparison) {
	switch name := strings.ToUpper(words[0]); name {
	case "SPOP":
		how.random, how.drawn = true, true
	case "SRANDMEMBER", "HRANDFIELD", "ZRANDMEMBER", "RANDOMKEY":
		how.random = true
	case "ACL": // the log tells of connections and times, and from 7.2 on more of each entry
		how.random = len(words) > 1 && strings.EqualFold(words[1], "LOG")
	case "MEMORY": // each counts what it takes itself
		how.random = len(words) > 1 && strings.EqualFold(words[1], "USAGE")
	case "SMEMBERS", "SINTER", "SUNION", "SDIFF", "HGETALL", "HKEYS", "HVALS", "KEYS":
		how.loose, how.doubles = true, true
	case "HSCAN", "SSCAN", "ZSCAN":
		how.loose, how.paged, how.doubles, how.middle = true, true, true, len(words) > 2 && words[2] != "0"
	case "SORT", "SORT_RO": // without scores, or with none, what is alike stays as each server has it
		by := slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, "BY") })
		how.loose, how.doubles, how.random = !by, true, by
	case "SCAN":
		how.loose, how.paged, how.middle = true, true, len(words) > 1 && words[1] != "0"
	case "TTL", "EXPIRETIME":
		how.near = 2
	default:
		how.doubles = strings.HasPrefix(name, "Z") || strings.HasPrefix(name, "BZ") || strings.HasPrefix(name, "GEO")
	}
	return how
}

func (how comparison) equal(got, want value) bool {
	switch {
	case how.middle && want.kind == '*' && len(want.list) == 2:
		return got.kind == '*' && len(got.list) == 2
	case how.paged && want.kind == '*' && len(want.list) == 2 && got.kind == '*' && len(got.list) == 2 &&
		(want.list[0].text != "0" || got.list[0].text != "0"):
		return true
	case how.loose && !want.isError() && !got.isError():
		a, b := leaves(got, false), leaves(want, false)
		return got.kind == want.kind && slices.Equal(a, b) || how.doubles && slices.Equal(shortest(a), shortest(b))
	case how.random && !want.isError():
		return got.kind == want.kind && got.null == want.null && len(got.list) == len(want.list)
	}
	if got.kind != want.kind || got.null != want.null || len(got.list) != len(want.list) {
		return false
	}
	for i := range got.list {
		if !how.equal(got.list[i], want.list[i]) {
			return false
		}
	}
	return got.text == want.text || how.doubles && sameDouble(got.text, want.text) || how.near > 0 && within(got.text, want.text, how.near)
}

// shortest sorts values after what is a number among them is written with the digits of 7.2.
func shortest(values []string) []string {
	values = slices.Clone(values)
	for i, v := range values {
		quoted := strings.Trim(v, `,"`)
		if x, err := strconv.ParseFloat(quoted, 64); err == nil {
			values[i] = strings.Replace(v, quoted, strconv.FormatFloat(x, 'g', -1, 64), 1)
		}
	}
	slices.Sort(values)
	return values
}

func sameDouble(a, b string) bool {
	return a == b || within(strings.Trim(a, `,"`), strings.Trim(b, `,"`), 0)
}

func within(a, b string, most float64) bool {
	x, err1 := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	return err1 == nil && err2 == nil && (x == y || math.Abs(x-y) <= most)
}

// compareKeys compares all keys of both, and begins with none where they differ.
func (f *fuzzRun) compareKeys() {
	got, want := heldBy(f.eyes[0]), heldBy(f.eyes[1])
	for name := range want {
		if got[name] == "" {
			got[name] = "none"
		}
	}
	differs := false
	for name, is := range got {
		if is != want[name] {
			differs = true
			f.differ("key %s\n  redis:  %.600s\n  larder: %.600s\nafter\n%s", name, want[name], is, strings.Join(f.about(name), "\n"))
		}
	}
	if differs {
		f.send([]string{"DISCARD"})
		f.queued = nil
		for _, c := range f.eyes {
			c.must(f.t, "FLUSHALL")
		}
	}
	f.recent = f.recent[:0]
}

// about are the latest lines that name a key.
func (f *fuzzRun) about(name string) (lines []string) {
	for _, line := range f.recent {
		if strings.Contains(line, name[strings.IndexByte(name, ' ')+1:]) {
			lines = append(lines, line)
		}
	}
	return lines
}

// readers tell what a key of each type holds.
var readers = map[string][]string{
	"string": {"GET", "k"}, "list": {"LRANGE", "k", "0", "-1"}, "hash": {"HGETALL", "k"}, "set": {"SMEMBERS", "k"},
	"zset": {"ZRANGE", "k", "0", "-1", "WITHSCORES"}, "stream": {"XRANGE", "k", "-", "+"},
}

// heldBy is what all keys hold, and whether they have a time.
func heldBy(c *conn) map[string]string {
	all := map[string]string{}
	for db := range 2 {
		c.do("SELECT", strconv.Itoa(db))
		keys, _ := c.do("KEYS", "*")
		for _, k := range keys.texts() {
			typ, _ := c.do("TYPE", k)
			read := slices.Clone(readers[typ.text])
			read[1] = k
			held, _ := c.do(read...)
			text := held.String()
			switch typ.text {
			case "hash":
				text = fmt.Sprint(sortedBy(held, 2))
			case "set":
				text = fmt.Sprint(sortedBy(held, 1))
			case "zset":
				text = doublesOf(held)
			}
			ttl, _ := c.do("PTTL", k)
			all[fmt.Sprintf("%d %q", db, k)] = fmt.Sprintf("%s, timed %t: %s", typ.text, ttl.text != "-1", text)
		}
	}
	return all
}

// doublesOf shows members and scores, which 7.0 prints with other digits than 7.2.
func doublesOf(v value) string {
	texts := v.texts()
	for i := 1; i < len(texts); i += 2 {
		if f, err := strconv.ParseFloat(texts[i], 64); err == nil {
			texts[i] = fmt.Sprint(f)
		}
	}
	return fmt.Sprintf("%q", texts)
}
