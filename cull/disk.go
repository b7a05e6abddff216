package cull

import (
	"context"
	"slices"

	"larder/store"
)

// Disk syncs and checkpoints when it is time to. The loop calls it at every tick.
func (l *Loop) Disk(ctx context.Context) {
	now := l.o.Now()
	if now.Sub(l.lastSync) < l.o.SyncEvery {
		return
	}
	l.lastSync = now
	l.sync(ctx)
	l.checkpoint(ctx)
}

func (l *Loop) sync(ctx context.Context) {
	e, ok := l.engine.(store.Syncer)
	if !ok || !l.syncing.Load() {
		return
	}
	if !l.failed(ctx, "sync", e.Sync(ctx)) {
		l.stats.Syncs.Add(1)
	}
}

// checkpoint looks at the logs no more often than Disk syncs: their sizes are read from the file system.
func (l *Loop) checkpoint(ctx context.Context) {
	e, ok := l.engine.(store.Checkpointer)
	if !ok || ctx.Err() != nil {
		return
	}
	due, err := l.checkpointDue(ctx)
	if l.failed(ctx, "checkpoint", err) || due == nil {
		return
	}
	l.lastCheckpoint = l.o.Now()
	if !l.failed(ctx, "checkpoint", due(ctx, e)) {
		l.stats.Checkpoints.Add(1)
	}
}

// fold is a way to checkpoint.
type fold func(context.Context, store.Checkpointer) error

func folded(ctx context.Context, e store.Checkpointer) error { return e.Checkpoint(ctx) }

// cutOff also leaves nothing of the logs.
func cutOff(ctx context.Context, e store.Checkpointer) error {
	if r, ok := e.(store.Rester); ok {
		return r.Rest(ctx)
	}
	return e.Checkpoint(ctx)
}

// excessShare is the part of CheckpointBytes by which a file may be longer than what is in it.
const excessShare = 16

// checkpointDue answers how to checkpoint if a log is too large, or has lain there too long, or a file can be shorter,
// or the disk was full: a log that is copied has room again. It answers nil if nothing is due. Where sizes are unknown
// only time counts.
func (l *Loop) checkpointDue(ctx context.Context) (fold, error) {
	old := l.o.Now().Sub(l.lastCheckpoint) >= l.o.CheckpointAge || l.full.Swap(false)
	e, ok := l.engine.(store.Sizer)
	if !ok {
		if old {
			return folded, nil
		}
		return nil, nil
	}
	shards, err := e.Sizes(ctx)
	resting := l.resting(shards)
	for _, s := range shards {
		switch {
		case resting && s.WAL > 0:
			return cutOff, err
		case s.WAL >= l.long(s) || old && s.WAL > 0 || s.Excess > l.o.CheckpointBytes/excessShare:
			return folded, err
		}
	}
	return nil, err
}

// long is the length from which on a shard's log is too large.
func (l *Loop) long(s store.Size) int64 {
	if s.WALShare > 0 {
		return min(s.WALShare, l.o.CheckpointBytes)
	}
	return l.o.CheckpointBytes
}

// restLooks is how many looks in a row must see the same before the files rest.
const restLooks = 2

// sight is a shard's numbers that change while its file is written to.
type sight struct{ file, wal, free, orphans, pending, settles int64 }

// resting reports whether the files were not written to between the last few looks.
func (l *Loop) resting(shards []store.Size) bool {
	seen := make([]sight, len(shards))
	for i, s := range shards {
		seen[i] = sight{s.File, s.WAL, s.Free, s.Orphans, s.Pending, s.Settles}
	}
	if !slices.Equal(seen, l.sights) {
		l.sights, l.looks = seen, 0
		return false
	}
	l.looks++
	return l.looks >= restLooks
}
