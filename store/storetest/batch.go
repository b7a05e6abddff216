package storetest

import (
	"errors"
	"fmt"

	"larder/store"
)

func batchRows() []row {
	return []row{
		{"Batch/order on one key", batchOrder},
		{"Batch/each job fails for itself", batchErrors},
		{"Batch/jobs on many keys and wide ones between", batchMixed},
		{"Batch/batches side by side", batchConcurrent},
		{"Batch/no jobs", func(w *world) { store.Batch(ctx, w.e, nil) }},
	}
}

func appendTo(k store.Key, text string) func(store.Tx) error {
	return func(tx store.Tx) error {
		heads, err := tx.Heads(nil, k)
		if err != nil {
			return err
		}
		value := append(append([]byte(nil), heads[0].Value...), text...)
		return tx.PutHead(k, store.Head{Type: store.String, Len: int64(len(value)), Value: value})
	}
}

func writeJob(k store.Key, fn func(store.Tx) error) *store.Job {
	return &store.Job{Scope: store.One(k), Write: true, Fn: fn}
}

func batchOrder(w *world) {
	k := key("k")
	var jobs []*store.Job
	var seen [10]string
	for i := range 10 {
		look := func(tx store.Tx) error {
			heads, err := tx.Heads(nil, k)
			if err == nil {
				seen[i] = string(heads[0].Value)
			}
			return err
		}
		jobs = append(jobs, writeJob(k, appendTo(k, fmt.Sprint(i))), &store.Job{Scope: store.One(k), Fn: look})
	}
	store.Batch(ctx, w.e, jobs)
	for i, j := range jobs {
		if j.Err != nil {
			w.t.Errorf("job %d: %v", i, j.Err)
		}
	}
	for i, s := range seen {
		if want := "0123456789"[:i+1]; s != want {
			w.t.Errorf("read %d saw %q, want %q", i, s, want)
		}
	}
}

func batchErrors(w *world) {
	k := key("k")
	failing := func(tx store.Tx) error { return errors.Join(appendTo(k, "LOST")(tx), errUndo) }
	jobs := []*store.Job{
		writeJob(k, appendTo(k, "a")),
		writeJob(k, failing),
		writeJob(k, appendTo(k, "b")),
		{Scope: store.One(k), Fn: func(tx store.Tx) error { _, err := tx.Heads(nil, key("elsewhere")); return err }},
		{Scope: store.One(k), Fn: appendTo(k, "LOST")},
		writeJob(k, func(tx store.Tx) error { return errUndo }),
		writeJob(k, appendTo(k, "c")),
		{Scope: store.One(k), Fn: func(tx store.Tx) error { return errUndo }},
	}
	jobs[0].Err = errors.New("left from before")
	store.Batch(ctx, w.e, jobs)
	want := []error{nil, errUndo, nil, store.ErrScope, store.ErrReadOnly, errUndo, nil, errUndo}
	for i, j := range jobs {
		if !errors.Is(j.Err, want[i]) {
			w.t.Errorf("job %d: %v, want %v", i, j.Err, want[i])
		}
	}
	w.view(func(p *probe) { p.wantValue(k, "abc"); p.want(p.size(0) == 1, "%d keys", p.size(0)) })
}

func batchMixed(w *world) {
	keys := []store.Key{key("foo"), key("bar"), key("hello"), key("a")}
	var jobs []*store.Job
	sums := make([]int64, 12)
	for i := range sums {
		for _, k := range keys {
			jobs = append(jobs, writeJob(k, incrementAll(k)))
		}
		jobs = append(jobs, &store.Job{Scope: store.One(keys...), Write: true, Fn: incrementAll(keys...)})
		sum := func(tx store.Tx) error {
			heads, err := tx.Heads(nil, keys...)
			sums[i] = 0
			for _, h := range heads {
				sums[i] += h.Len
			}
			return err
		}
		jobs = append(jobs, &store.Job{Scope: store.Whole(), Fn: sum})
	}
	store.Batch(ctx, w.e, jobs)
	for i, j := range jobs {
		if j.Err != nil {
			w.t.Errorf("job %d: %v", i, j.Err)
		}
	}
	for i, n := range sums {
		if want := int64(8 * (i + 1)); n != want {
			w.t.Errorf("sum %d is %d, want %d", i, n, want)
		}
	}
}

func batchConcurrent(w *world) {
	keys := []store.Key{key("foo"), key("bar"), key("hello")}
	const goroutines, rounds = 6, 15
	err := workers(goroutines, func(i int) error {
		for n := range rounds {
			jobs := []*store.Job{
				writeJob(keys[(i+n)%3], incrementAll(keys[(i+n)%3])),
				writeJob(keys[0], func(tx store.Tx) error { return errors.Join(increment(tx, keys[0]), errUndo) }),
				writeJob(keys[(i+n+1)%3], incrementAll(keys[(i+n+1)%3])),
				{Scope: store.One(keys...), Write: true, Fn: incrementAll(keys...)},
				writeJob(keys[(i+n+2)%3], incrementAll(keys[(i+n+2)%3])),
			}
			store.Batch(ctx, w.e, jobs)
			for j, job := range jobs {
				if (j == 1) != errors.Is(job.Err, errUndo) || j != 1 && job.Err != nil {
					return fmt.Errorf("job %d: %w", j, job.Err)
				}
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.view(func(p *probe) {
		for _, k := range keys {
			p.wantCounter(k, 2*goroutines*rounds)
		}
	})
}
