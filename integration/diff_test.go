package integration

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"
)

// script is a list of command lines sent to the judge and to Larder, each on an emptied
// server, once in RESP2 and once in RESP3. Unless a line says otherwise the raw bytes of
// the replies must be equal. A line is
//
//	[modifier ...] @client COMMAND arg "quoted arg" ...
//
// where @client (optional) is another connection, opened when first named, and modifiers are
//
//	sorted      aggregates are unordered: elements are compared in sorted order
//	pairs       the same, by pairs: HGETALL, WITHSCORES of unordered replies
//	approx N    numbers may differ by N, bulk strings that are numbers too
//	kind        only the types and lengths of the reply: random members, times
//	class       only the first word of an error, or that it is none
//	scan        a SCAN, SSCAN, HSCAN or ZSCAN with cursor 0: called until its end; what
//	            all pages together return is compared, without order and repetition
//	times N     the line is sent N times, %i in it being 1 to N; each reply is compared
//	raw         the words are sent as they are, one behind the other
//	field F     only field F of a map (or flat pairs) reply
//	leaves      only the scalars in it, in any order: what went through a table of Lua
//	later       the line blocks its client: goes on once it does; a "receive" gets the reply
//
// "receive" sends nothing and compares the next message, as a subscriber gets them.
// "sleep N" waits N milliseconds, "# text" is a comment.
type script struct {
	name  string
	lines string
}

// step is one parsed line.
type step struct {
	text   string // as written
	client string
	words  []string
	raw    string // sent instead of words
	sleep  time.Duration
	// receive: nothing is sent, what comes by itself is compared
	receive bool
	times   int
	approx  float64
	mods    map[string]string
}

func (s *step) has(mod string) bool { _, ok := s.mods[mod]; return ok }

// takesValue are the modifiers followed by one word.
var takesValue = map[string]bool{"approx": true, "times": true, "field": true}

func parseLine(line string) (*step, error) {
	s := &step{text: line, times: 1, mods: map[string]string{}}
	if strings.HasPrefix(line, "[") {
		inside, rest, found := strings.Cut(line[1:], "] ")
		if !found {
			return nil, fmt.Errorf("no end of modifiers: %s", line)
		}
		line = strings.TrimSpace(rest)
		if err := s.modify(strings.Fields(inside)); err != nil {
			return nil, err
		}
	}
	if strings.HasPrefix(line, "@") {
		s.client, line, _ = strings.Cut(line[1:], " ")
	}
	if ms, ok := strings.CutPrefix(line, "sleep "); ok {
		n, err := strconv.Atoi(ms)
		s.sleep = time.Duration(n) * time.Millisecond
		return s, err
	}
	if line == "receive" {
		s.receive = true
		return s, nil
	}
	words, err := splitWords(line)
	if err != nil {
		return nil, err
	}
	s.words = words
	if s.has("raw") {
		s.raw, s.words = strings.Join(words, ""), nil
	}
	return s, nil
}

func (s *step) modify(mods []string) error {
	for i := 0; i < len(mods); i++ {
		name, arg := mods[i], ""
		if takesValue[name] {
			if i++; i == len(mods) {
				return fmt.Errorf("%s needs a value: %s", name, s.text)
			}
			arg = mods[i]
		}
		s.mods[name] = arg
	}
	var err error
	if s.has("times") {
		if s.times, err = strconv.Atoi(s.mods["times"]); err != nil {
			return err
		}
	}
	if s.has("approx") {
		s.approx, err = strconv.ParseFloat(s.mods["approx"], 64)
	}
	return err
}

// bytes is what goes over the wire the i-th time, counted from 1.
func (s *step) bytes(i int) []byte {
	if s.has("raw") || s.receive {
		return []byte(s.raw)
	}
	words := make([]string, len(s.words))
	for j, w := range s.words {
		words[j] = strings.ReplaceAll(w, "%i", strconv.Itoa(i))
	}
	return encode(words...)
}

func (sc *script) steps(t testing.TB) []*step {
	t.Helper()
	var steps []*step
	for line := range strings.Lines(sc.lines) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		s, err := parseLine(line)
		if err != nil {
			t.Fatalf("%s: %v", sc.name, err)
		}
		steps = append(steps, s)
	}
	return steps
}

// pair is Larder and its judge, side by side.
type pair struct{ larder, judge *server }

// startPair starts both with the same arguments.
func startPair(t *testing.T, args ...string) pair {
	t.Helper()
	return pair{startLarder(t, args...), startJudge(t, args...)}
}

// diff runs scripts against a fresh pair of servers.
func diff(t *testing.T, scripts []script, args ...string) {
	t.Helper()
	startPair(t, args...).playAll(t, scripts)
}

// playAll runs scripts in both protocols.
func (p pair) playAll(t *testing.T, scripts []script) {
	t.Helper()
	for _, proto := range []int{2, 3} {
		for i := range scripts {
			t.Run(fmt.Sprintf("%s/RESP%d", scripts[i].name, proto), func(t *testing.T) {
				p.deserted(t)
				p.play(t, &scripts[i], proto)
			})
		}
	}
}

// deserted waits until neither server knows the clients of the script before: what they had subscribed to, watched or
// waited for would be there in this one.
func (p pair) deserted(t *testing.T) {
	t.Helper()
	for _, s := range []*server{p.larder, p.judge} {
		c := dial(t, s)
		eventually(t, "the clients of the last script are gone", func() bool { return infoNumber(t, c, "connected_clients") == 1 })
		c.Close()
	}
}

// diffBare runs scripts on connections that nothing was sent over before: no HELLO, no FLUSHALL.
func diffBare(t *testing.T, scripts []script, args ...string) {
	t.Helper()
	p := startPair(t, args...)
	for i := range scripts {
		t.Run(scripts[i].name, func(t *testing.T) { p.play(t, &scripts[i], 0) })
	}
}

// play runs one script in one protocol, or in the protocol connections begin with if it is 0.
func (p pair) play(t *testing.T, sc *script, proto int) {
	clients := map[string][2]*conn{}
	client := func(name string) [2]*conn {
		c, known := clients[name]
		if !known {
			c = [2]*conn{dial(t, p.larder), dial(t, p.judge)}
			if proto == 3 {
				c[0].must(t, "HELLO", "3")
				c[1].must(t, "HELLO", "3")
			}
			clients[name] = c
		}
		return c
	}
	for _, c := range client("") {
		if proto != 0 {
			c.must(t, "FLUSHALL")
		}
	}
	for _, s := range sc.steps(t) {
		time.Sleep(s.sleep)
		if s.sleep > 0 {
			continue
		}
		c := client(s.client)
		if s.has("later") {
			for i, watch := range client("who watches") {
				s.block(t, c[i], watch)
			}
			continue
		}
		for i := 1; i <= s.times; i++ {
			if d := s.compare(c[0], c[1], i); d != "" {
				t.Errorf("%s\n%s", s.text, d)
				break
			}
		}
	}
}

// block sends a line and waits until one more client is blocked.
func (s *step) block(t *testing.T, c, watch *conn) {
	t.Helper()
	was := blockedClients(t, watch)
	if _, err := c.Write(s.bytes(1)); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if blockedClients(t, watch) > was {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("%s\n  does not block", s.text)
}

func blockedClients(t *testing.T, c *conn) int {
	t.Helper()
	_, rest, _ := strings.Cut(c.must(t, "INFO", "clients").text, "blocked_clients:")
	digits, _, _ := strings.Cut(rest, "\r")
	n, err := strconv.Atoi(digits)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// compare sends the step to both and returns how the replies differ, or "".
func (s *step) compare(larder, judge *conn, i int) string {
	if s.has("scan") {
		return s.compareScans(larder, judge)
	}
	b := s.bytes(i)
	got, gotRaw := larder.send(b)
	want, wantRaw := judge.send(b)
	return s.differ(got, gotRaw, want, wantRaw) + s.undeclared(got)
}

// differ says how two replies to the step differ, "" if they do not.
func (s *step) differ(got value, gotRaw string, want value, wantRaw string) string {
	switch {
	case want.kind == 'x' && want.text != closed.text:
		return fmt.Sprintf("  the judge: %v %q", want, wantRaw)
	case len(s.mods) == 0 || (len(s.mods) == 1 && (s.has("times") || s.has("raw"))):
		if got.kind == want.kind && gotRaw == wantRaw {
			return ""
		}
	case s.equal(got, want):
		return ""
	}
	return fmt.Sprintf("  redis:  %s\n  larder: %s", show(want, wantRaw), show(got, gotRaw))
}

// show is a reply for a person, with the raw form where that alone tells types apart.
func show(v value, raw string) string {
	s := fmt.Sprintf("%s   raw %q", v, raw)
	if len(s) > 1500 {
		return s[:1500] + "..."
	}
	return s
}

// equal compares by the step's modifiers.
func (s *step) equal(got, want value) bool {
	if s.has("class") {
		return got.class() == want.class() || (!got.isError() && !want.isError() && got.kind != 'x')
	}
	if s.has("field") && !want.isError() {
		g, gotIt := got.field(s.mods["field"])
		w, wanted := want.field(s.mods["field"])
		if gotIt != wanted || !wanted {
			return false
		}
		got, want = g, w
	}
	if s.has("leaves") {
		return slices.Equal(leaves(got, s.has("kind")), leaves(want, s.has("kind")))
	}
	if s.has("sorted") || s.has("pairs") {
		width := 1
		if s.has("pairs") {
			width = 2
		}
		got, want = sortedBy(got, width), sortedBy(want, width)
	}
	return s.same(got, want)
}

// same compares values deeply, with kind's and approx's tolerance.
func (s *step) same(got, want value) bool {
	if got.kind != want.kind || got.null != want.null || len(got.list) != len(want.list) {
		return false
	}
	for i := range got.list {
		if !s.same(got.list[i], want.list[i]) {
			return false
		}
	}
	switch {
	case s.has("kind") && !want.isError():
		return true
	case got.text == want.text, strings.IndexByte("*~%>", got.kind) >= 0:
		return true
	case s.approx > 0:
		g, err1 := strconv.ParseFloat(got.text, 64)
		w, err2 := strconv.ParseFloat(want.text, 64)
		return err1 == nil && err2 == nil && math.Abs(g-w) <= s.approx
	}
	return false
}

// sortedBy orders an aggregate's elements, taken width at a time (a map's always in pairs).
func sortedBy(v value, width int) value {
	switch {
	case v.kind == '%':
		width = 2
	case len(v.list) > 0 && len(v.list[0].list) > 0:
		width = 1 // RESP3 has the pairs as arrays of their own
	}
	if len(v.list) == 0 || len(v.list)%width != 0 {
		return v
	}
	var chunks [][]value
	for i := 0; i < len(v.list); i += width {
		chunks = append(chunks, v.list[i:i+width])
	}
	sort.SliceStable(chunks, func(i, j int) bool { return fmt.Sprint(chunks[i]) < fmt.Sprint(chunks[j]) })
	v.list = nil
	for _, c := range chunks {
		v.list = append(v.list, c...)
	}
	return v
}

func (s *step) compareScans(larder, judge *conn) string {
	got, err1 := s.scanAll(larder)
	want, err2 := s.scanAll(judge)
	switch {
	case err2 != nil:
		return fmt.Sprintf("  the judge: %v", err2)
	case err1 != nil:
		return fmt.Sprintf("  redis:  %q\n  larder: %v", want, err1)
	case fmt.Sprint(got) != fmt.Sprint(want):
		return fmt.Sprintf("  redis:  %q\n  larder: %q", want, got)
	}
	return ""
}

// scanAll follows the cursor to its end and returns what came, sorted, once each.
func (s *step) scanAll(c *conn) ([]string, error) {
	at, width := 2, 1
	switch strings.ToUpper(s.words[0]) {
	case "SCAN":
		at = 1
	case "HSCAN", "ZSCAN":
		width = 2
	}
	words := append([]string(nil), s.words...)
	seen := map[string]bool{}
	for range 100_000 {
		v, raw := c.do(words...)
		if v.kind != '*' || len(v.list) != 2 {
			return nil, fmt.Errorf("not a page of a scan: %s", show(v, raw))
		}
		page := v.list[1].list
		for i := 0; i+width <= len(page); i += width {
			seen[fmt.Sprintf("%q", value{list: page[i : i+width]}.texts())] = true
		}
		if words[at] = v.list[0].text; words[at] == "0" {
			out := make([]string, 0, len(seen))
			for e := range seen {
				out = append(out, e)
			}
			sort.Strings(out)
			return out, nil
		}
	}
	return nil, fmt.Errorf("the scan does not end")
}
