package shard_test

import (
	"context"
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
