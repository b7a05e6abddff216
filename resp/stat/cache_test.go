// Counts of the cache are kept by database and policy, lose nothing to many goroutines, and outlive the server.
package stat

import (
	"sync"
	"testing"
)

func TestCacheCountsByDatabaseAndPolicy(t *testing.T) {
	c := NewCache(nil)
	c.SetPolicy("allkeys-lru")
	c.Looked(0, 3, 1)
	c.Evicted(0)
	c.Expired(2)
	c.SetPolicy("noeviction")
	c.Looked(0, 1, 0)
	c.TimedOut(2)
	r := c.Report()
	if got := r.Databases[0]; got != (Tally{Hits: 4, Misses: 1, Evicted: 1}) {
		t.Errorf("database 0: %+v", got)
	}
	if got := r.Policies["allkeys-lru"]; got != (Tally{Hits: 3, Misses: 1, Evicted: 1, Expired: 1}) {
		t.Errorf("allkeys-lru: %+v", got)
	}
	if got := r.Total(); got != (Tally{4, 1, 1, 1, 1}) {
		t.Errorf("total: %+v", got)
	}
}

func TestCacheOutlivesTheServer(t *testing.T) {
	c := NewCache([]byte("not what it was"))
	c.SetPolicy("p")
	c.Looked(1, 5, 0)
	text := c.Text()
	if text == nil || c.Text() != nil {
		t.Fatal("changes are to be saved, and once")
	}
	again := NewCache(text)
	again.SetPolicy("p")
	if again.Text() != nil {
		t.Error("nothing has changed")
	}
	again.Looked(1, 1, 1)
	r := again.Report()
	if r.Databases[1] != (Tally{Hits: 6, Misses: 1}) || r.Policies["p"] != r.Databases[1] || r.Since != c.Report().Since {
		t.Errorf("%+v", r)
	}
	again.Reset()
	if r := again.Report(); r.Total() != (Tally{}) || again.Text() == nil {
		t.Errorf("after a reset: %+v", r)
	}
}

func TestCacheLosesNothing(t *testing.T) {
	c := NewCache(nil)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 1000 {
				c.Looked(i%20, 1, 1)
			}
		})
	}
	all.Wait()
	if got := c.Report().Total(); got.Hits != 8000 || got.Misses != 8000 {
		t.Errorf("%+v", got)
	}
}
