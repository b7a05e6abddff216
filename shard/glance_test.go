package shard_test

import (
	"bytes"
	"fmt"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
)

// frozen is a base whose writer's reader does not have coldKey in memory: whoever must not wait is not answered.
type frozen struct{ *memory.Engine }

func (f frozen) OwnReader() (store.Reader, error) {
	r, err := f.Engine.OwnReader()
	return frozenReader{r}, err
}

var coldKey = nth(4)

type frozenReader struct{ store.Reader }

func (r frozenReader) Begin(nowMillis int64) (store.BaseTx, error) {
	tx, err := r.Reader.Begin(nowMillis)
	return &frozenTx{BaseTx: tx}, err
}

type frozenTx struct {
	store.BaseTx
	hurried bool
}

func (t *frozenTx) Hurry(on bool)   { t.hurried = on }
func (t *frozenTx) Version() uint64 { return 0 }

func (t *frozenTx) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	if t.hurried && bytes.Equal(keys[0].Name, coldKey.Name) {
		return dst, store.ErrCold
	}
	return t.BaseTx.Heads(dst, keys...)
}

func (t *frozenTx) Row(k store.Key) (store.Head, bool, error) {
	if t.hurried && bytes.Equal(k.Name, coldKey.Name) {
		return store.Head{}, false, store.ErrCold
	}
	return t.BaseTx.Row(k)
}

// TestReadsOfAPipelineLeaveTheTurn: of the reads between writes of a batch those that are cold or long run in a View,
// which sees what stands before and not what stands behind. The others stay.
func TestReadsOfAPipelineLeaveTheTurn(t *testing.T) {
	j, err := shard.Open(t.TempDir(), []store.Base{frozen{memory.New(memory.AsBase())}}, shard.Options{Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	list, counter, cold := nth(0), nth(2), coldKey
	const elements = 3000
	err = j.Update(ctx, store.One(list), func(tx store.Tx) error {
		id, err := tx.NewID(list)
		for i := range elements {
			if err == nil {
				_, err = tx.PutItems(id, store.Elements, store.Item{Pos: int64(i), Value: fmt.Append(nil, "e", i), New: true})
			}
		}
		if err != nil {
			return err
		}
		return tx.PutHead(list, store.Head{Type: store.List, ID: id, Len: elements})
	})
	if err != nil {
		t.Fatal(err)
	}
	type seen struct {
		runs, items int
		turn        bool
		value       string
	}
	reads := map[string]*seen{"short": {}, "long": {}, "cold": {}}
	set := func(value string) *store.Job {
		return &store.Job{Scope: store.One(counter), Write: true, Fn: func(tx store.Tx) error {
			return store.SetString(tx, counter, []byte(value), 0)
		}}
	}
	read := func(name string, k store.Key, limit int64) *store.Job {
		s := reads[name]
		return &store.Job{Scope: store.One(k, counter), Fn: func(tx store.Tx) error {
			s.runs, s.items = s.runs+1, 0
			_, s.turn = shard.Moment(tx)
			heads, err := tx.Heads(nil, k, counter)
			if err != nil {
				return err
			}
			s.value = string(heads[1].Value)
			if bytes.Equal(k.Name, cold.Name) {
				return nil
			}
			for _, err := range tx.Range(heads[0].ID, store.Elements, store.Range{Limit: limit}) {
				if s.items++; err != nil {
					return err
				}
			}
			return nil
		}}
	}
	jobs := []*store.Job{set("before short"), read("short", list, 100), set("before long"), read("long", list, 0),
		set("before cold"), read("cold", cold, 0), set("last")}
	j.Batch(ctx, jobs)
	for i, job := range jobs {
		if job.Err != nil {
			t.Errorf("job %d: %v", i, job.Err)
		}
	}
	want := map[string]seen{"short": {1, 100, true, "before short"}, "long": {2, elements, false, "before long"},
		"cold": {2, 0, false, "before cold"}}
	for name, s := range reads {
		if *s != want[name] {
			t.Errorf("the %s read: %+v, want %+v", name, *s, want[name])
		}
	}
	for i := range jobs[1:] {
		if jobs[i].Moment > jobs[i+1].Moment {
			t.Errorf("job %d comes behind %d commits, the next one behind %d", i, jobs[i].Moment, jobs[i+1].Moment)
		}
	}
}
