package shard_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
	"larder/store/sqlite"
)

const threeShards = 3

var ctx = context.Background()

// files is an engine over three files.
type files struct {
	*testing.T
	*shard.Engine
	now int64 // the test changes it between calls
}

func openFiles(t *testing.T) *files {
	t.Helper()
	f, dir := &files{T: t, now: 1_000_000}, t.TempDir()
	clock := func() int64 { return f.now }
	bases := make([]store.Base, threeShards)
	for i := range bases {
		e, err := sqlite.Open(filepath.Join(dir, fmt.Sprint(i, ".db")), sqlite.Options{NowMillis: clock, CacheBytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { e.Close() })
		bases[i] = e
	}
	var err error
	if f.Engine, err = shard.Open(dir, bases, shard.Options{Manual: true, NowMillis: clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Engine.Close() })
	return f
}

// do runs an Update on an engine.
func (f *files) do(e store.Engine, fn func(store.Tx) error) {
	f.Helper()
	if err := e.Update(ctx, store.Whole(), fn); err != nil {
		f.Fatal(err)
	}
}

// fill makes n strings in two databases, of which every third expires, one second behind the other. It returns their bytes.
func (f *files) fill(n int) (bytes int64) {
	f.Helper()
	f.do(f, func(tx store.Tx) error {
		bytes = 0
		for i := range n {
			k, at := nth(i), int64(0)
			if i%3 == 0 {
				at = f.now + 1000*int64(i+1)
			}
			if err := store.SetString(tx, k, fmt.Append(nil, "value", i), at); err != nil {
				return err
			}
			heads, err := tx.Heads(nil, k)
			if err != nil {
				return err
			}
			bytes += heads[0].Bytes
		}
		return nil
	})
	return bytes
}

// settle writes everything into the files.
func (f *files) settle() {
	f.Helper()
	for _, e := range f.Shards() {
		if err := e.Flush(ctx); err != nil {
			f.Fatal(err)
		}
	}
}

func nth(i int) store.Key { return store.Key{DB: i % 2, Name: fmt.Append(nil, "key", i)} }

func homeOf(k store.Key) int { return int(store.Slot(k.Name)) * threeShards >> store.SlotBits }

// get reads a string, "" if there is none.
func (f *files) get(k store.Key) (value string) {
	f.Helper()
	err := f.View(ctx, store.One(k), func(tx store.Tx) error {
		heads, err := tx.Heads(nil, k)
		if err == nil {
			value = string(heads[0].Value)
		}
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	return value
}

// TestCountsOfAllShards: what each shard counts adds up to what was written, settled or not.
func TestCountsOfAllShards(t *testing.T) {
	f := openFiles(t)
	f.Exact(true)
	const n = 300
	want := store.Fill{Data: f.fill(n), Keys: n, Volatile: n / 3}
	for _, when := range []string{"in memory", "settled"} {
		if got := f.Fill(); got != want {
			t.Errorf("%s: %+v, want %+v", when, got, want)
		}
		spaces, err := f.Keyspaces(ctx)
		if err != nil || len(spaces) != 2 {
			t.Fatal(spaces, err)
		}
		for db, s := range spaces {
			if s.DB != db || s.Keys != n/2 || s.Expires != n/6 {
				t.Errorf("%s: %+v", when, s)
			}
			// Of 50 keys, of which one expires every six seconds, the average is in the middle. In memory it is not known.
			if when == "settled" && (s.AvgTTLMillis < 100_000 || s.AvgTTLMillis > 200_000) {
				t.Errorf("they expire in %d ms", s.AvgTTLMillis)
			}
		}
		if n := spaces[0].Bytes + spaces[1].Bytes; n != want.Data {
			t.Errorf("%s: databases have %d bytes, want %d", when, n, want.Data)
		}
		sizes, err := f.Sizes(ctx)
		var keys, volatile int64
		for _, s := range sizes {
			keys, volatile = keys+s.Keys, volatile+s.Volatile
		}
		if err != nil || len(sizes) != threeShards || keys != n || volatile != n/3 {
			t.Errorf("%s: %d rows, %d keys, %d of them expire: %v", when, len(sizes), keys, volatile, err)
		}
		if sizes[0].Appends == 0 || sizes[1].Appends != 0 {
			t.Errorf("%s: the log is told by %+v", when, sizes)
		}
		f.settle()
		if err := errors.Join(f.Sync(ctx), f.Checkpoint(ctx), f.Rest(ctx)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSamplesOfAllShards draws candidates: each key comes some day, those that expire alone when they are asked for, and
// the soonest of all shards in their order.
func TestSamplesOfAllShards(t *testing.T) {
	f := openFiles(t)
	if none, err := f.Sample(ctx, nil, 5, false); err != nil || len(none) != 0 {
		t.Errorf("a sample of nothing: %v, %v", none, err)
	}
	const n = 60
	f.fill(n)
	for _, volatile := range []bool{false, true} {
		seen := map[string]bool{}
		want := n
		if volatile {
			want = n / 3
		}
		for range 2000 {
			list, err := f.Sample(ctx, nil, 3, volatile)
			if err != nil || len(list) == 0 {
				t.Fatalf("a sample has %d keys, %v", len(list), err)
			}
			for _, c := range list {
				if volatile && c.ExpireAt == 0 {
					t.Fatalf("%q does not expire", c.Key.Name)
				}
				seen[string(c.Key.Name)] = true
			}
			if len(seen) == want {
				break
			}
		}
		if len(seen) != want {
			t.Errorf("volatile %v: %d of %d keys are ever drawn", volatile, len(seen), want)
		}
	}
	first := store.Candidate{Key: store.Key{Name: []byte("stays")}}
	soon, err := f.Soonest(ctx, []store.Candidate{first}, 5)
	if err != nil || len(soon) != 6 || string(soon[0].Key.Name) != "stays" {
		t.Fatalf("%v, %v", soon, err)
	}
	for i, c := range soon[1:] {
		if string(c.Key.Name) != fmt.Sprint("key", 3*i) {
			t.Errorf("the %d. to expire is %q", i+1, c.Key.Name)
		}
	}
}

// TestUsesReachTheirShards: what was noted of keys is with them when they are sampled, once they have settled.
func TestUsesReachTheirShards(t *testing.T) {
	f := openFiles(t)
	f.fill(30)
	f.settle()
	var uses []store.Use
	for i := range 30 {
		uses = append(uses, store.Use{Key: nth(i), At: 900_000, Frequency: 7})
	}
	if err := f.KeepUses(ctx, uses); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		list, err := f.Sample(ctx, nil, 10, false)
		if err != nil || len(list) == 0 {
			t.Fatal(len(list), err)
		}
		for _, c := range list {
			if c.UsedAt != 900_000 || c.Frequency != 7 {
				t.Errorf("%q was used at %d, %d times", c.Key.Name, c.UsedAt, c.Frequency)
			}
		}
	}
}

// TestSweepOfAllShards: what dropped collections leave is swept in steps, whichever shard it is in.
func TestSweepOfAllShards(t *testing.T) {
	f := openFiles(t)
	var keys []store.Key
	for i := range 12 {
		keys = append(keys, nth(i))
	}
	f.do(f, func(tx store.Tx) error {
		for _, k := range keys {
			id, err := tx.NewID(k)
			if err != nil {
				return err
			}
			if err := tx.PutHead(k, store.Head{Type: store.Hash, ID: id, Len: 50}); err != nil {
				return err
			}
			for j := range 50 {
				if _, err := tx.PutItems(id, store.Fields, store.Item{Field: fmt.Append(nil, "f", j), Value: []byte("v")}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	f.settle()
	f.do(f, func(tx store.Tx) error { _, err := tx.Drop(keys...); return err })
	f.settle()
	orphans := func() (n int64) {
		sizes, err := f.Sizes(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sizes {
			n += s.Orphans
		}
		return n
	}
	if n := orphans(); n != int64(len(keys)) {
		t.Fatalf("%d ids wait for the sweep", n)
	}
	steps := 0
	for more := true; more; steps++ {
		var err error
		if more, err = f.Sweep(ctx, 30); err != nil || steps > 1000 {
			t.Fatal(steps, err)
		}
	}
	if n := orphans(); n != 0 || steps < 12*50/3/30 {
		t.Errorf("%d are left after %d steps", n, steps)
	}
}

// TestKeysInTheWrongShard: they are found before and behind a shard's own slots, and brought to where commands look for
// them, beside those that are there already; what contradicts its items is mended.
func TestKeysInTheWrongShard(t *testing.T) {
	f := openFiles(t)
	f.fill(50)
	engines := f.Shards()
	var lost []store.Key
	for i, e := range engines {
		var mine []store.Key
		for j := range 12 {
			if k := nth(100 + 20*i + j); homeOf(k) != i {
				mine = append(mine, k)
			}
		}
		lost = append(lost, mine...)
		f.do(e, func(tx store.Tx) error {
			for _, k := range mine {
				if err := store.SetString(tx, k, k.Name, 0); err != nil {
					return err
				}
			}
			return nil
		})
	}
	taken := lost[0] // another key has its name where it belongs
	f.do(f, func(tx store.Tx) error {
		return store.SetString(tx, taken, []byte("other"), 0)
	})
	if len(lost) < 10 {
		t.Fatalf("only %d keys are in the wrong shard", len(lost))
	}
	found, err := f.Check(ctx, false)
	if err != nil || len(found) != len(lost) {
		t.Fatalf("%d findings for %d keys: %v", len(found), len(lost), err)
	}
	for _, m := range found {
		if m.Fixed || !strings.Contains(m.Problem, fmt.Sprintf("is in shard %d and belongs into shard", m.Shard)) {
			t.Errorf("%+v", m)
		}
	}
	if got := f.get(lost[1]); got != "" {
		t.Errorf("a check that mends nothing has moved %q", got)
	}
	if found, err = f.Check(ctx, true); err != nil || len(found) != len(lost) {
		t.Fatalf("%d findings for %d keys: %v", len(found), len(lost), err)
	}
	for _, m := range found {
		if !m.Fixed {
			t.Errorf("%+v", m)
		}
	}
	for _, k := range lost[1:] {
		if got := f.get(k); got != string(k.Name) {
			t.Errorf("%q is %q", k.Name, got)
		}
	}
	aside := store.Key{DB: taken.DB, Name: append([]byte("recovered:"), taken.Name...)}
	if got, other := f.get(aside), f.get(taken); got != string(taken.Name) || other != "other" {
		t.Errorf("%q is %q, and what was put aside %q", taken.Name, other, got)
	}
	if found, err = f.Check(ctx, false); err != nil || len(found) != 0 {
		t.Errorf("once more: %+v, %v", found, err)
	}
}

// A key that has nowhere to go stays where it is, and the check says so.
func TestBothNamesAreTaken(t *testing.T) {
	f := openFiles(t)
	k := nth(1)
	wrong := (homeOf(k) + 1) % threeShards
	f.do(f.Shards()[wrong], func(tx store.Tx) error {
		return store.SetString(tx, k, []byte("lost"), 0)
	})
	f.do(f, func(tx store.Tx) error {
		for _, name := range [][]byte{k.Name, append([]byte("recovered:"), k.Name...)} {
			if err := store.SetString(tx, store.Key{DB: k.DB, Name: name}, []byte("v"), 0); err != nil {
				return err
			}
		}
		return nil
	})
	found, err := f.Check(ctx, true)
	if len(found) != 1 || found[0].Fixed || !errors.Is(err, &store.Error{Code: store.CodeRefused}) {
		t.Errorf("%+v, %v", found, err)
	}
}

// TestHeadsThatContradict: a head with another length than its items is found in every shard, and follows them.
func TestHeadsThatContradict(t *testing.T) {
	f := openFiles(t)
	f.do(f, func(tx store.Tx) error {
		for i := range 9 {
			k := nth(i)
			h, err := store.OpenHash(tx, k)
			if err != nil {
				return err
			}
			if _, err := h.Set(store.Item{Field: []byte("f"), Value: []byte("v")}); err != nil {
				return err
			}
			if i%2 == 0 {
				continue
			}
			heads, err := tx.Heads(nil, k)
			if err != nil {
				return err
			}
			heads[0].Len++
			if err := tx.PutHead(k, heads[0]); err != nil {
				return err
			}
		}
		return nil
	})
	for _, fix := range []bool{false, true} {
		found, err := f.Check(ctx, fix)
		if err != nil || len(found) != 4 {
			t.Fatalf("fix %v: %+v, %v", fix, found, err)
		}
		for _, m := range found {
			if !m.Audited || m.Fixed != fix {
				t.Errorf("fix %v: %+v", fix, m)
			}
		}
	}
	if found, err := f.Check(ctx, false); err != nil || len(found) != 0 {
		t.Errorf("once more: %+v, %v", found, err)
	}
}

// ailing is a base whose upkeep fails, and whose readers too if unread is set. Its check finds what is given.
type ailing struct {
	*memory.Engine
	found  []store.Finding
	code   store.Code
	unread bool
}

func (a *ailing) err() error { return &store.Error{Code: a.code, Message: "it ails"} }

func (a *ailing) Reader(c context.Context) (store.Reader, error) {
	if a.unread {
		return nil, a.err()
	}
	return a.Engine.Reader(c)
}

func (a *ailing) CheckAmong(context.Context, bool, func([]store.ID) ([]store.ID, error)) ([]store.Finding, error) {
	return a.found, nil
}

func (a *ailing) Sweep(context.Context, int) (bool, error)    { return true, a.err() }
func (a *ailing) Checkpoint(context.Context) error            { return a.err() }
func (a *ailing) Rest(context.Context) error                  { return a.err() }
func (a *ailing) Sizes(context.Context) ([]store.Size, error) { return nil, a.err() }
func (a *ailing) KeepUses(context.Context, []store.Use) error { return a.err() }

// bare is a base that has none of the optional interfaces.
type bare struct{ store.Base }

// openBases is an engine over bases of a test's own.
func openBases(t *testing.T, bases ...store.Base) *shard.Engine {
	t.Helper()
	e, err := shard.Open(t.TempDir(), bases, shard.Options{Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// TestOneShardAils: what fails in one shard is heard of, and does not keep the others from their upkeep; bases that
// cannot do something are passed over.
func TestOneShardAils(t *testing.T) {
	sick := &ailing{Engine: memory.New(memory.AsBase()), code: store.CodeIO}
	e := openBases(t, bare{memory.New(memory.AsBase())}, sick, memory.New(memory.AsBase()))
	k := keyOfShard(2)
	if err := e.Update(ctx, store.One(k), func(tx store.Tx) error { return store.SetString(tx, k, []byte("v"), 1<<50) }); err != nil {
		t.Fatal(err)
	}
	io := &store.Error{Code: store.CodeIO}
	if more, err := e.Sweep(ctx, 100); more || !errors.Is(err, io) {
		t.Errorf("a shard whose sweep fails has more to do: %v, %v", more, err)
	}
	for name, err := range map[string]error{"Checkpoint": e.Checkpoint(ctx), "Rest": e.Rest(ctx),
		"KeepUses": e.KeepUses(ctx, []store.Use{{Key: keyOfShard(0)}, {Key: keyOfShard(1)}})} {
		if !errors.Is(err, io) {
			t.Errorf("%s does not tell: %v", name, err)
		}
	}
	if _, err := e.Sizes(ctx); !errors.Is(err, io) {
		t.Error(err)
	}
	e.Exact(true)
	if sum := e.Fill(); sum.Keys != 1 {
		t.Errorf("%+v", sum)
	}
	if list, err := e.Sample(ctx, nil, 1, true); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
	sick.unread = true
	spaces, err := e.Keyspaces(ctx)
	if len(spaces) != 1 || spaces[0].Keys != 1 || !errors.Is(err, io) {
		t.Errorf("%v, %v", spaces, err)
	}
}

// TestWhatIsSaidOnce: after damage nothing more is looked at; what a check has said is missing is no error once more, and
// any other error is one.
func TestWhatIsSaidOnce(t *testing.T) {
	for _, c := range []struct {
		name    string
		finding store.Finding
		code    store.Code
		fails   bool
	}{
		{"damage", store.Finding{Subject: "the file", Damage: true}, store.CodeIO, false},
		{"rows are missing, and cannot be read", store.Finding{Subject: "rows"}, store.CodeDamaged, false},
		{"rows are missing, and the device fails", store.Finding{Subject: "rows"}, store.CodeUnreadable, false},
		{"rows are missing, and something else", store.Finding{Subject: "rows"}, store.CodeIO, true},
		{"what was mended, and cannot be read", store.Finding{Subject: "rows", Fixed: true}, store.CodeDamaged, true},
	} {
		sick := &ailing{Engine: memory.New(memory.AsBase()), found: []store.Finding{c.finding}, code: c.code}
		e := openBases(t, memory.New(memory.AsBase()), sick)
		sick.unread = true
		found, err := e.Check(ctx, false)
		if (err != nil) != c.fails || len(found) != 1 || found[0].Shard != 1 {
			t.Errorf("%s: %+v, %v", c.name, found, err)
		}
	}
}

// keyOfShard is a key of one of three shards.
func keyOfShard(i int) store.Key {
	for n := 0; ; n++ {
		if k := nth(2 * n); homeOf(k) == i {
			return k
		}
	}
}

// Names and keys of a test are of all shards, or it shows nothing.
func TestNumberedKeysAreEverywhere(t *testing.T) {
	var homes []int
	for i := range 50 {
		homes = append(homes, homeOf(nth(i)))
	}
	slices.Sort(homes)
	if homes = slices.Compact(homes); len(homes) != threeShards || bytes.Equal(nth(1).Name, nth(2).Name) {
		t.Errorf("keys are in %v", homes)
	}
}
