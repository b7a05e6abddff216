package shard_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
)

// TestAlwaysAnswersBehindTheDisk holds an fsync up: neither who wrote nor who has seen it is answered, but the next group
// runs meanwhile, on what the first has written.
func TestAlwaysAnswersBehindTheDisk(t *testing.T) {
	gate := make(chan struct{})
	appended := make(chan struct{}, 10)
	o := shard.WithHeldSyncs(shard.Options{Sync: shard.Always, Manual: true}, gate, appended)
	j, err := shard.Open(t.TempDir(), []store.Base{memory.New(memory.AsBase())}, o)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	e := j.Shards()[0]
	k := store.Key{Name: []byte("n")}
	increment := func(answered chan<- error) {
		answered <- e.Update(context.Background(), store.One(k), func(tx store.Tx) error {
			heads, err := tx.Heads(nil, k)
			if err != nil {
				return err
			}
			return store.SetString(tx, k, append(heads[0].Value, 'x'), 0)
		})
	}
	read := func(answered chan<- string) {
		value := ""
		_ = e.View(context.Background(), store.One(k), func(tx store.Tx) error {
			heads, err := tx.Heads(nil, k)
			value = string(heads[0].Value)
			return err
		})
		answered <- value
	}
	first, second, seen := make(chan error, 1), make(chan error, 1), make(chan string, 1)
	go increment(first)
	<-appended
	go increment(second)
	<-appended // while the first waits for the disk
	go read(seen)
	select {
	case <-first:
		t.Fatal("a write was answered before its record was synced")
	case <-second:
		t.Fatal("a write was answered before its record was synced")
	case <-seen:
		t.Fatal("a reader was answered who has seen what is not synced")
	case <-time.After(50 * time.Millisecond):
	}
	close(gate)
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	if err := <-second; err != nil {
		t.Fatal(err)
	}
	if v := <-seen; v != "xx" && v != "x" {
		t.Fatalf("the reader has seen %q", v)
	}
	go read(seen)
	if v := <-seen; v != "xx" {
		t.Fatalf("the value is %q, want xx", v)
	}
}

// TestAlwaysWaitsForWhatWasRead holds an fsync up while a key is written and another removed: who reads one of them waits,
// also for what is gone, and who reads anything else does not.
func TestAlwaysWaitsForWhatWasRead(t *testing.T) {
	gate := make(chan struct{})
	appended := make(chan struct{}, 10)
	o := shard.WithHeldSyncs(shard.Options{Sync: shard.EverySecond, Manual: true}, gate, appended)
	bases := []store.Base{memory.New(memory.AsBase()), memory.New(memory.AsBase())}
	j, err := shard.Open(t.TempDir(), bases, o)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	key := func(name string) store.Key { return store.Key{Name: []byte(name)} }
	set := func(name string) error {
		return j.Update(ctx, store.One(key(name)), func(tx store.Tx) error {
			z, err := store.OpenZSet(tx, key(name))
			for i := range 200 { // more than a pack has
				if err == nil {
					_, err = z.Add(store.ZRule{}, store.Item{Field: fmt.Appendf(nil, "%s of a long name %d", name, i), Score: 1})
				}
			}
			return err
		})
	}
	for _, name := range []string{"still", "gone", "written", "{written}2"} {
		if err := set(name); err != nil {
			t.Fatal(err)
		}
		<-appended
	}
	opened := make(chan struct{})
	go func() { _ = j.Sync(ctx); close(opened) }()
	gate <- struct{}{} // one fsync passes
	<-opened
	j.SetSync(shard.Always)
	var writers sync.WaitGroup
	defer writers.Wait()
	for _, fn := range []func(tx store.Tx) error{
		func(tx store.Tx) error { _, err := tx.Drop(key("gone")); return err },
		func(tx store.Tx) error { // an item, and not the head
			heads, err := tx.Heads(nil, key("written"))
			if err == nil {
				_, err = tx.PutItems(heads[0].ID, store.Scores, store.Item{Field: []byte("written of a long name 7"), Score: 2})
			}
			return err
		},
	} {
		writers.Go(func() {
			if err := j.Update(ctx, store.Whole(), fn); err != nil {
				t.Error(err)
			}
		})
		<-appended
	}
	look := func(s store.Scope, fn func(tx store.Tx) error) chan error {
		answered := make(chan error, 1)
		go func() { answered <- j.View(ctx, s, fn) }()
		return answered
	}
	head := func(name string) chan error {
		return look(store.One(key(name)), func(tx store.Tx) error { _, err := tx.Heads(nil, key(name)); return err })
	}
	items := func(name string) chan error {
		return look(store.One(key(name)), func(tx store.Tx) error {
			heads, err := tx.Heads(nil, key(name))
			for _, failed := range tx.Range(heads[0].ID, store.Scores, store.Range{}) {
				err = errors.Join(err, failed)
			}
			return err
		})
	}
	for _, answered := range []chan error{head("still"), items("still"), items("{written}2"), head("nobody's")} {
		if err := <-answered; err != nil {
			t.Error(err)
		}
	}
	waits := map[string]chan error{"what is gone": head("gone"), "an item": items("written"),
		"everything": look(store.Whole(), func(tx store.Tx) error { _, err := tx.Size(0); return err })}
	time.Sleep(50 * time.Millisecond)
	for name, answered := range waits {
		select {
		case <-answered:
			t.Errorf("who has read %s was answered before that was synced", name)
			delete(waits, name)
		default:
		}
	}
	close(gate)
	for name, answered := range waits {
		if err := <-answered; err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
