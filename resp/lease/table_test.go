// One client at a time has a token; it dies by its time or by a write, and the table is bounded.
package lease

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func newTest(t *testing.T) (*Table, *time.Time) {
	t.Helper()
	now := time.Unix(1_700_000_000, 0)
	table := NewTable(func() time.Duration { return time.Second })
	table.now = func() time.Time { return now }
	return table, &now
}

func take(t *testing.T, table *Table, name string, holder any) string {
	t.Helper()
	text, err := table.Take(0, []byte(name), time.Minute, 7, holder)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestOneTokenAtATime(t *testing.T) {
	table, now := newTest(t)
	first := take(t, table, "k", 1)
	if first == "" || take(t, table, "k", 2) != "" || take(t, table, "other", 2) == "" {
		t.Fatal("a key has one token")
	}
	if take(t, table, "k", 1) != first {
		t.Error("a command that is run again gets another token")
	}
	table.Keep(0, []byte("k"), first)
	if take(t, table, "k", 1) != "" {
		t.Error("the next command of the same holder gets its token too")
	}
	*now = now.Add(300 * time.Millisecond)
	if g, ok := table.Look(0, []byte("k"), first); !ok || g.Cost != 300*time.Millisecond || g.Stale != time.Minute {
		t.Errorf("%+v %v", g, ok)
	}
	if _, ok := table.Look(1, []byte("k"), first); ok {
		t.Error("a token of another database")
	}
	table.End(0, []byte("k"), "another")
	if _, ok := table.Look(0, []byte("k"), first); !ok {
		t.Error("ended by another token")
	}
	table.End(0, []byte("k"), first)
	if second := take(t, table, "k", 3); second == "" || second == first {
		t.Errorf("after its end: %q", second)
	}
}

func TestATokenDiesAfterItsTime(t *testing.T) {
	table, now := newTest(t)
	first := take(t, table, "k", 1)
	*now = now.Add(time.Second)
	if _, ok := table.Look(0, []byte("k"), first); ok {
		t.Error("still good")
	}
	if take(t, table, "k", 2) == "" {
		t.Error("no other is issued")
	}
}

func TestTheTableIsBounded(t *testing.T) {
	table, now := newTest(t)
	for i := range most {
		take(t, table, fmt.Sprint(i), 1)
	}
	if _, err := table.Take(0, []byte("more"), 0, 0, 1); !errors.Is(err, ErrTooMany) {
		t.Fatalf("one too many: %v", err)
	}
	*now = now.Add(time.Hour)
	take(t, table, "later", 1)
	if len(table.out) != 1 {
		t.Errorf("%d tokens after their time", len(table.out))
	}
}

func TestWritersVoidTokens(t *testing.T) {
	table, _ := newTest(t)
	k, other := []byte("k"), []byte("other")
	good := func(name []byte, text string) bool { _, ok := table.Look(0, name, text); return ok }
	first, second := take(t, table, "k", 1), take(t, table, "other", 1)
	table.Void(1, k)
	table.VoidAll(1, 2)
	if g, ok := table.Look(0, k, first); !ok || g.Print != 7 {
		t.Errorf("void through another database, or %+v", g)
	}
	_ = table.Sparing(0, k, func() error { table.Void(0, k); return nil })
	if !good(k, first) {
		t.Error("void through its own SETLEASE")
	}
	table.Void(0, k)
	if good(k, first) || !good(other, second) || take(t, table, "k", 2) == "" {
		t.Error("a write voids the token of its key, that one only, and the next caller gets one")
	}
	table.VoidAll(3, 0)
	if good(other, second) || table.count.Load() != 0 || len(table.perDB)+len(table.out) != 0 {
		t.Errorf("%d tokens are left of an empty database", len(table.out))
	}
}
