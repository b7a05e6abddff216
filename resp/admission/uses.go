package admission

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"

	"larder/resp/stat"
	"larder/store"
)

// keptUses is how many uses are written beside the heads in a second at most. A cache larger than
// the table of uses forgets some of them; what is written here is what eviction then goes by.
const keptUses = 1024

// Uses collects keys that were read and that nobody remembered: neither the table of uses, nor for long the
// head. It drops what comes too fast. For any goroutine.
type Uses struct {
	on   atomic.Bool // the policy goes by use and there is a limit
	mu   sync.Mutex
	keys []store.Key
}

// Add notes that a key was read.
func (u *Uses) Add(k store.Key) {
	if !u.on.Load() || !u.mu.TryLock() {
		return
	}
	defer u.mu.Unlock()
	if len(u.keys) < keptUses {
		u.keys = append(u.keys, store.Key{DB: k.DB, Name: bytes.Clone(k.Name)})
	}
}

func (u *Uses) take() []store.Key {
	u.mu.Lock()
	defer u.mu.Unlock()
	keys := u.keys
	u.keys = nil
	return keys
}

// Keep writes down what was collected since the last time, as recency knows it. on says that there is a limit, and a
// policy that goes by use; without it nothing is collected.
func (u *Uses) Keep(ctx context.Context, keeper store.UseKeeper, recency *stat.Recency, on bool) error {
	u.on.Store(on)
	var list []store.Use
	for _, k := range u.take() {
		if at, frequency, known := recency.Look(k.DB, k.Name); known {
			list = append(list, store.Use{Key: k, At: at, Frequency: frequency})
		}
	}
	if len(list) == 0 {
		return nil
	}
	return keeper.KeepUses(ctx, list)
}
