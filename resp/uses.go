package resp

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"larder/store"
)

// keptUses is how many uses are written beside the heads in a second at most. A cache larger than
// the table of uses forgets some of them; what is written here is what eviction then goes by.
const keptUses = 1024

// uses collects keys that were read and that nobody remembered: neither the table of uses, nor for long the
// head. It drops what comes too fast. For any goroutine.
type uses struct {
	on   atomic.Bool // the policy goes by use and there is a limit
	mu   sync.Mutex
	keys []store.Key
}

func (u *uses) add(k store.Key) {
	if !u.on.Load() || !u.mu.TryLock() {
		return
	}
	defer u.mu.Unlock()
	if len(u.keys) < keptUses {
		u.keys = append(u.keys, store.Key{DB: k.DB, Name: bytes.Clone(k.Name)})
	}
}

func (u *uses) take() []store.Key {
	u.mu.Lock()
	defer u.mu.Unlock()
	keys := u.keys
	u.keys = nil
	return keys
}

// keepUses writes down once a second what was collected, until the server ends.
func (s *Server) keepUses() {
	keeper, ok := s.engine.(store.UseKeeper)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for ok {
		select {
		case <-s.done:
			return
		case <-tick.C:
		}
		policy := s.params.String("maxmemory-policy")
		s.uses.on.Store(s.budget.Limited() && (strings.HasSuffix(policy, "-lru") || strings.HasSuffix(policy, "-lfu")))
		var list []store.Use
		for _, k := range s.uses.take() {
			if at, frequency, known := s.recency.Look(k.DB, k.Name); known {
				list = append(list, store.Use{Key: k, At: at, Frequency: frequency})
			}
		}
		if len(list) == 0 {
			continue
		}
		if err := keeper.KeepUses(context.Background(), list); err != nil {
			s.log.Error("the use of keys cannot be written down", "error", err)
		}
	}
}
