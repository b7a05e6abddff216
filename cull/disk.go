package cull

import (
	"context"

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
	if l.failed(ctx, "checkpoint", err) || !due {
		return
	}
	l.lastCheckpoint = l.o.Now()
	if !l.failed(ctx, "checkpoint", e.Checkpoint(ctx)) {
		l.stats.Checkpoints.Add(1)
	}
}

// excessShare is the part of CheckpointBytes by which a file may be longer than what is in it.
const excessShare = 16

// checkpointDue reports whether a log is too large, or has lain there too long, or a file can be shorter, or the disk was
// full: a log that is copied has room again. Where sizes are unknown only time counts.
func (l *Loop) checkpointDue(ctx context.Context) (bool, error) {
	old := l.o.Now().Sub(l.lastCheckpoint) >= l.o.CheckpointAge || l.full.Swap(false)
	e, ok := l.engine.(store.Sizer)
	if !ok {
		return old, nil
	}
	shards, err := e.Sizes(ctx)
	for _, s := range shards {
		if s.WAL >= l.o.CheckpointBytes || old && s.WAL > 0 || s.Excess > l.o.CheckpointBytes/excessShare {
			return true, err
		}
	}
	return false, err
}
