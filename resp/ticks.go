package resp

import (
	"context"
	"strings"
	"time"

	"larder/store"
)

// everySecond samples the rates, writes the RDB files that save lines ask for, and, while `timeout` is set, ends idle
// connections.
func (s *Server) everySecond() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for seconds := 0; ; {
		select {
		case <-s.done:
			return
		case now := <-tick.C:
			if seconds++; seconds%statsEvery == 0 {
				s.saveCounts()
			}
			s.info.Sample()
			s.clients.enforce()
			if s.saving.Due(now) {
				_ = s.saving.Start() // whoever came first writes the file
			}
			if idle := s.params.Int("timeout"); idle > 0 {
				s.clients.closeIdle(now, time.Duration(idle)*time.Second)
			}
		}
	}
}

// keepUses writes down once a second what was collected of the use of keys, until the server ends.
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
		on := s.budget.Limited() && (strings.HasSuffix(policy, "-lru") || strings.HasSuffix(policy, "-lfu"))
		if err := s.observers.Uses.Keep(context.Background(), keeper, s.observers.Recency, on); err != nil {
			s.log.Error("the use of keys cannot be written down", "error", err)
		}
	}
}
