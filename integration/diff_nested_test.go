package integration

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// section is what testdata/nested.txt has about one command. resp.TestNestedRepliesHaveConversations holds the
// sections against the rows.
type section struct {
	name  string
	lines []nestedLine
}

// nestedLine is a line of a section. Called says that it is called in every way; want, if the judge cannot
// tell, what is answered in RESP2 and RESP3.
type nestedLine struct {
	text   string
	called bool
	want   [2]string
}

// judged reports whether redis-server has the replies of the section.
func (s *section) judged() bool {
	return !slices.ContainsFunc(s.lines, func(l nestedLine) bool { return l.want[0] != "" })
}

func nestedSections() (all []section) {
	text, err := os.ReadFile("testdata/nested.txt")
	if err != nil {
		panic(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		mark, rest, _ := strings.Cut(line, " ")
		last := func() *nestedLine { s := &all[len(all)-1]; return &s.lines[len(s.lines)-1] }
		switch mark {
		case "##":
			all = append(all, section{name: rest})
		case "", "#":
		case "=":
			last().want = [2]string{rest, rest}
		case "=3":
			last().want[1] = rest
		case ">":
			all[len(all)-1].lines = append(all[len(all)-1].lines, nestedLine{text: rest, called: true})
		default:
			all[len(all)-1].lines = append(all[len(all)-1].lines, nestedLine{text: line})
		}
	}
	return all
}

var nestedNames = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for _, sec := range nestedSections() {
		names[sec.name] = true
	}
	return names
})

// undeclared complains of a reply that nests and a command that has no section. Every differential line is looked at.
func (s *step) undeclared(got value) string {
	if len(s.words) == 0 || !got.nests() {
		return ""
	}
	name := strings.ToLower(s.words[0])
	if nestedNames()[name] || len(s.words) > 1 && nestedNames()[name+"|"+strings.ToLower(s.words[1])] {
		return ""
	}
	return "  its reply nests: say so in its row, and add a section to testdata/nested.txt\n"
}

// way is how a command is called. In its lines %[1]s are the modifiers and %[2]s the words of the command;
// what the last line answers is compared.
type way struct {
	name  string
	lines string
	proto int  // in which the script gets replies; 0: the client itself does
	multi bool // the reply is the only element of an EXEC's
}

var ways = []way{
	{name: "alone", lines: "%[1]s%[2]s"},
	{name: "EVAL", lines: `%[1]sEVAL "return redis.call(unpack(ARGV))" 0 %[2]s`, proto: 2},
	{name: "EVAL in RESP3", lines: `%[1]sEVAL "redis.setresp(3) return redis.call(unpack(ARGV))" 0 %[2]s`, proto: 3},
	{name: "EVAL by pcall", lines: `%[1]sEVAL "return {redis.pcall(unpack(ARGV))}" 0 %[2]s`, proto: 2, multi: true},
	{name: "FCALL", lines: `%[1]sFCALL callresp2 0 %[2]s`, proto: 2},
	{name: "FCALL in RESP3", lines: `%[1]sFCALL callresp3 0 %[2]s`, proto: 3},
	{name: "MULTI", lines: "MULTI\n%[2]s\n%[1]sEXEC", multi: true},
	{name: "EVAL in MULTI", lines: "MULTI\nEVAL \"return redis.call(unpack(ARGV))\" 0 %[2]s\n%[1]sEXEC", proto: 2, multi: true},
}

// callers is the library of FCALL's ways.
const callers = `#!lua name=callers
redis.register_function('callresp2', function(keys, args) return redis.call(unpack(args)) end)
redis.register_function('callresp3', function(keys, args) redis.setresp(3) return redis.call(unpack(args)) end)`

// steps are those of a line called this way.
func (w *way) steps(t *testing.T, l *nestedLine) []*step {
	t.Helper()
	mods, words := "", l.text
	if inside, rest, found := strings.Cut(l.text, "] "); found && l.text[0] == '[' {
		mods, words = inside[1:]+" ", rest
	}
	if w.proto == 3 {
		mods += "leaves " // a map goes through a table of Lua, which has no order
	}
	if mods != "" {
		mods = "[" + strings.TrimSpace(mods) + "] "
	}
	sc := script{name: w.name, lines: fmt.Sprintf(w.lines, mods, words)}
	return sc.steps(t)
}

// TestDiffNestedReplies calls what answers lists inside lists in every way there is, and wants the judge's
// replies, or the recorded ones. Each way must have shown such a reply of each command, unless the command is
// refused that way. Ways begin with "alone", which tells whether RESP2 has such replies of the command.
func TestDiffNestedReplies(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	p := startPair(t, "--enable-debug-command", "yes")
	own := startLarder(t, "--enable-debug-command", "yes", "--key-order-index", "yes")
	cluster := pair{startCluster(t, larderBin), startCluster(t, judgeBin(t))}
	for _, s := range []*server{p.larder, p.judge, own, cluster.larder, cluster.judge} {
		dial(t, s).must(t, "FUNCTION", "LOAD", callers)
	}
	for _, sec := range nestedSections() {
		servers := []*server{p.larder, p.judge}
		if strings.HasPrefix(sec.name, "cluster|") {
			servers = []*server{cluster.larder, cluster.judge}
			if !sec.judged() {
				servers = servers[:1]
			}
		} else if !sec.judged() {
			servers = []*server{own}
		}
		inRESP2 := false // some commands nest in RESP3 alone
		for i := range ways {
			w := &ways[i]
			t.Run(sec.name+"/"+w.name, func(t *testing.T) {
				nested, answered := w.proto == 2 && !inRESP2, false
				for _, proto := range []int{2, 3} {
					seen := sec.play(t, w, proto, servers)
					nested = nested || slices.ContainsFunc(seen, value.nests)
					answered = answered || slices.ContainsFunc(seen, value.isAggregate)
					inRESP2 = inRESP2 || w.name == ways[0].name && proto == 2 && nested
				}
				if !nested && (answered || w.name == ways[0].name) {
					t.Errorf("no line of %s was answered an aggregate inside an aggregate", sec.name)
				}
			})
		}
	}
}

// play plays the section one way, and returns what Larder answered to the lines that are called.
func (sec *section) play(t *testing.T, w *way, proto int, servers []*server) (seen []value) {
	t.Helper()
	conns := make([]*conn, len(servers))
	for i, s := range servers {
		conns[i] = dial(t, s)
		conns[i].must(t, "FLUSHALL")
		if proto == 3 {
			conns[i].must(t, "HELLO", "3")
		}
	}
	for i := range sec.lines {
		l := &sec.lines[i]
		as := &ways[0]
		if l.called {
			as = w
		}
		var got value
		for _, s := range as.steps(t, l) {
			for n := range s.times {
				got = sec.step(t, s, n+1, conns)
			}
		}
		if !l.called {
			continue
		}
		if w.multi && len(got.list) == 1 {
			got = got.list[0]
		}
		seen = append(seen, got)
		if l.want[0] != "" {
			l.check(t, w, proto, got, conns[0])
		}
	}
	return seen
}

// step sends a step everywhere, compares if there is a judge, and returns Larder's reply.
func (sec *section) step(t *testing.T, s *step, n int, conns []*conn) value {
	t.Helper()
	got, gotRaw := conns[0].send(s.bytes(n))
	if len(conns) == 2 {
		want, wantRaw := conns[1].send(s.bytes(n))
		if d := s.differ(got, gotRaw, want, wantRaw); d != "" {
			t.Errorf("%s\n%s", s.text, d)
		}
	}
	return got
}

// check holds a reply against the recorded one. A script in RESP3 gets maps and sets, which have no order in
// Lua: there the kinds of the scalars must be those that the client itself is answered.
func (l *nestedLine) check(t *testing.T, w *way, proto int, got value, c *conn) {
	t.Helper()
	if got.isError() && w.name != ways[0].name {
		return // not allowed this way; alone it must answer
	}
	if w.proto == 3 {
		alone, _ := c.send(ways[0].steps(t, l)[0].bytes(1))
		if !slices.Equal(leaves(got, true), leaves(alone, true)) {
			t.Errorf("%s: the script answers %s, alone it is %s", l.text, got, alone)
		}
		return
	}
	want := l.want[proto-2]
	if w.proto == 2 {
		want = l.want[0]
	}
	pattern, isPattern := strings.CutPrefix(want, "re:")
	if isPattern && !regexp.MustCompile(pattern).MatchString(got.String()) || !isPattern && got.String() != want {
		t.Errorf("%s\n got %s\nwant %s", l.text, got, want)
	}
}

// nests reports whether an element of an aggregate is an aggregate.
func (v value) nests() bool {
	return slices.ContainsFunc(v.list, value.isAggregate)
}

func (v value) isAggregate() bool { return strings.IndexByte("*~%>", v.kind) >= 0 && !v.null }

// leaves are the scalars of a reply in sorted order, or their kinds alone.
func leaves(v value, kinds bool) (all []string) {
	switch {
	case len(v.list) > 0:
		for _, e := range v.list {
			all = append(all, leaves(e, kinds)...)
		}
	case kinds:
		all = []string{string(v.kind)}
	default:
		all = []string{v.String()}
	}
	slices.Sort(all)
	return all
}
