package main

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"larder/integration/torture/model"
)

// steps builds what a client has sent: "|" parts a pipeline's commands, "+" a transaction's.
func steps(lines ...string) (all []*step) {
	for _, line := range lines {
		s := &step{form: alone}
		parts := []string{line}
		if strings.Contains(line, " | ") {
			s.form, parts = pipeline, strings.Split(line, " | ")
		}
		if strings.Contains(line, " + ") {
			s.form, parts = transaction, strings.Split(line, " + ")
		}
		for _, p := range parts {
			s.commands = append(s.commands, command{0, strings.Fields(p)})
		}
		all = append(all, s)
	}
	return all
}

// TestJudge: states that must be refused, and such as must not.
func TestJudge(t *testing.T) {
	sent := []string{"SET a 1", "SET a 2 + SET b 2", "SET a 3 | RPUSH l x | SET a 4 | RPUSH l y"}
	for _, c := range []struct {
		what     string
		found    []string // commands that build what the server holds
		need     int
		answered int // of the pipeline
		certain  bool
		kept     int
		refused  bool
	}{
		{"all", []string{"SET a 4", "SET b 2", "RPUSH l x y"}, 3, 4, true, 3, false},
		{"nothing", nil, 0, 0, false, 0, false},
		{"an acknowledged write is lost", []string{"SET a 1"}, 2, 0, true, 1, true},
		{"it may be", []string{"SET a 1"}, 1, 0, false, 1, false},
		{"half a transaction", []string{"SET a 2"}, 0, 0, false, -1, true},
		{"the other half", []string{"SET a 1", "SET b 2"}, 0, 0, false, -1, true},
		{"a pipeline up to its middle", []string{"SET a 3", "SET b 2", "RPUSH l x"}, 2, 0, true, 2, false},
		{"a pipeline whose keys stand apart", []string{"SET a 4", "SET b 2"}, 2, 0, true, -1, true},
		{"what was answered of it is there", []string{"SET a 3", "SET b 2", "RPUSH l x"}, 2, 2, true, 2, false},
		{"what was answered of it is lost", []string{"SET a 3", "SET b 2"}, 2, 2, true, -1, true},
		{"as was promised for a second ago only", []string{"SET a 3", "SET b 2"}, 2, 2, false, 2, false},
		{"a pipeline out of order", []string{"SET a 4", "SET b 2", "RPUSH l y"}, 2, 0, true, -1, true},
		{"a pipeline without what was before it", []string{"SET a 4", "RPUSH l x y"}, 0, 0, false, -1, true},
		{"a key that nobody wrote", []string{"SET a 4", "SET b 2", "RPUSH l x y", "SET c 1"}, 0, 0, false, -1, true},
		{"another type", []string{"SADD a 4", "SET b 2", "RPUSH l x y"}, 0, 0, false, -1, true},
		{"an expiry that nobody set", []string{"SET a 4 PXAT 99999999999999", "SET b 2", "RPUSH l x y"}, 0, 0, false, -1, true},
	} {
		rules, found := model.NewRules(), model.NewSpace(databases)
		for _, line := range c.found {
			rules.Apply(found, 0, strings.Fields(line))
		}
		all := steps(sent...)
		all[2].answered = c.answered
		v := judge(newTrial(rules, model.NewSpace(databases), found, time.Now(), time.Now()), all, c.need, c.certain)
		if v.kept != c.kept || (v.why != "") != c.refused {
			t.Errorf("%s: kept %d, refused with %q", c.what, v.kept, v.why)
		}
	}
}

// TestExpired: a key whose time has passed is absent, and must not be there.
func TestExpired(t *testing.T) {
	now := time.Now()
	v := &model.Value{Kind: model.String, ExpireAt: now.UnixMilli()}
	before, after := now.Add(-time.Second), now.Add(time.Second)
	for _, c := range []struct {
		found    *model.Value
		from, to time.Time
		want     bool
	}{{v, before, before, true}, {nil, before, before, false}, {v, after, after, false}, {nil, after, after, true}, {v, before, after, true}, {nil, before, after, true}} {
		if got := model.Same(v, c.found, c.from, c.to); got != c.want {
			t.Errorf("found %v from %v to %v: %v", c.found, c.from, c.to, got)
		}
	}
}

// TestTimesOfPairs: what commands do to the times of fields and members, which redis-server 7.0 cannot judge.
func TestTimesOfPairs(t *testing.T) {
	for _, c := range []struct{ lines, want string }{
		{"HSET h a 1 b 2; HPEXPIREAT h 50 FIELDS 1 a; HPEXPIREAT h 60 FIELDS 1 none", "h[a:50]"},
		{"HSET h a 1 b 2; HPEXPIREAT h 50 FIELDS 1 a; HPEXPIREAT h 60 FIELDS 1 b; HSET h a 2; HINCRBY h b 1", "h[b:60]"},
		{"HSETEX h PXAT 50 FIELDS 1 a 1; HSETEX h PXAT 60 FIELDS 1 b 1; HPERSIST h FIELDS 1 a; COPY h i REPLACE; HDEL h b", "h[] i[b:60]"},
		{"SADDEX s PXAT 50 MEMBERS 2 a b; SADD s a c; SPEXPIREAT s 60 MEMBERS 1 c; SPERSIST s MEMBERS 1 b", "s[a:50 c:60]"},
		{"SADDEX s PXAT 50 MEMBERS 2 a b; SADDEX t PXAT 60 MEMBERS 1 a; SADD s c; SMOVE s t a; SMOVE s t c; RENAME t u", "s[b:50] u[a:50]"},
		{"SADDEX s PXAT 50 MEMBERS 3 a b c; SADDEX t PXAT 40 MEMBERS 1 a; SADD t b d; SINTERSTORE u s t; SREM s a b", "s[c:50] t[a:40] u[a:40 b:50]"},
	} {
		rules, s, got := model.NewRules(), model.NewSpace(1), []string{}
		for _, line := range strings.Split(c.lines, "; ") {
			rules.Apply(s, 0, strings.Fields(line))
		}
		for _, name := range s.Names(0) {
			got = append(got, strings.Replace(fmt.Sprint(s.Get(model.Key{Name: name}).Times), "map", name, 1))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.lines, got, c.want)
		}
	}
}

// TestExpiredPairs: a pair whose time has passed is absent, and must not be there; with the last of them the key is.
func TestExpiredPairs(t *testing.T) {
	now := time.Now()
	with := func(at int64, names ...string) *model.Value {
		v := &model.Value{Kind: model.Set, Pairs: map[string]string{}}
		for _, n := range names {
			v.Pairs[n] = ""
		}
		if _, ok := v.Pairs["a"]; ok {
			v.Expire("a", at)
		}
		return v
	}
	ms := now.UnixMilli()
	both, one := with(ms, "a", "b"), with(ms, "a")
	before, after := now.Add(-time.Second), now.Add(time.Second)
	for i, c := range []struct {
		model, found *model.Value
		from, to     time.Time
		want         bool
	}{
		{both, with(ms, "a", "b"), before, before, true}, {both, with(0, "b"), before, before, false}, {both, with(ms+1, "a", "b"), before, before, false},
		{both, with(0, "a", "b"), before, after, false}, {both, with(ms, "a", "b"), after, after, false}, {both, with(0, "b"), after, after, true},
		{both, with(ms, "a", "b"), before, after, true}, {both, with(0, "b"), before, after, true}, {both, nil, after, after, false},
		{both, with(ms, "a"), before, after, false}, {one, nil, before, before, false}, {one, nil, before, after, true}, {one, one, after, after, false},
		{with(0, "b"), with(ms, "a", "b"), before, after, false},
	} {
		if got := model.Same(c.model, c.found, c.from, c.to); got != c.want {
			t.Errorf("case %d: %v", i, got)
		}
	}
}

// TestModelIsRedis plays what clients draw to a real redis-server, which judges the model, but for what is newer.
func TestModelIsRedis(t *testing.T) {
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("redis-server is not installed; apt-get install redis-server")
	}
	var running atomic.Pointer[server]
	s, err := launch(bin, t.TempDir(), []string{"--save", "", "--databases", "16"}, &running)
	if err != nil {
		t.Fatal(err)
	}
	defer s.kill()
	if err := s.up(); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	drawn := make([]map[string]bool, clients)
	for i := range clients {
		c := newClient(i, rand.New(rand.NewPCG(1, uint64(i))), model.NewRules())
		c.plan.old = true
		drawn[i] = map[string]bool{}
		wg.Go(func() { playToJudge(t, s, c, drawn[i]) })
	}
	wg.Wait()
	newer := newClient(0, rand.New(rand.NewPCG(1, 1)), model.NewRules())
	for range 800 {
		for _, cmd := range newer.plan.next(newer.rules).commands {
			drawn[0][cmd.words[0]] = true
		}
	}
	for name := range model.NewRules() {
		if !slices.ContainsFunc(drawn, func(seen map[string]bool) bool { return seen[name] }) {
			t.Errorf("%s is never drawn", name)
		}
	}
}

func playToJudge(t *testing.T, s *server, c *client, drawn map[string]bool) {
	conn, err := dial(s.addr)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	for range 800 {
		step := c.plan.next(c.rules)
		c.steps = append(c.steps, step)
		for _, cmd := range step.commands {
			drawn[cmd.words[0]] = true
		}
		if gone, err := step.run(conn, c.firstDB()); gone || err != nil {
			t.Errorf("client %d: the connection has ended: %v, %v", c.plan.client, gone, err)
			return
		}
	}
	if o, err := c.verify(s.addr, time.Now().Add(time.Hour), time.Now(), true); err != nil || o.kept != o.steps {
		t.Errorf("%d of %d steps: %v", o.kept, o.steps, err)
	}
}
