package shard_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
)

// watched is a base that tells when a snapshot was taken and when it is about to be, or to settle. A nil function is
// not called, and each is called once.
type watched struct {
	*memory.Engine
	before, after, settle atomic.Pointer[func()]
}

func watchedBase(clock func() int64) *watched {
	return &watched{Engine: memory.New(memory.AsBase(), memory.WithClock(clock))}
}

func call(p *atomic.Pointer[func()]) {
	if fn := p.Swap(nil); fn != nil {
		(*fn)()
	}
}

func (w *watched) Reader(ctx context.Context) (store.Reader, error) {
	r, err := w.Engine.Reader(ctx)
	return &watchedReader{r, w}, err
}

func (w *watched) OwnReader() (store.Reader, error) {
	r, err := w.Engine.OwnReader()
	return &watchedReader{r, w}, err
}

func (w *watched) Settle(ctx context.Context, fn func(store.BaseTx) error) error {
	call(&w.settle)
	return w.Engine.Settle(ctx, fn)
}

type watchedReader struct {
	store.Reader
	base *watched
}

func (r *watchedReader) Begin(nowMillis int64) (store.BaseTx, error) {
	call(&r.base.before)
	tx, err := r.Reader.Begin(nowMillis)
	call(&r.base.after)
	return tx, err
}

// shop is an engine over two watched bases, with a key in each.
type shop struct {
	t     *testing.T
	j     *shard.Engine
	bases [2]*watched
	keys  [2]store.Key
	clock atomic.Int64
}

func newShop(t *testing.T) *shop {
	s := &shop{t: t, keys: [2]store.Key{{Name: []byte("{b}")}, {Name: []byte("{a}")}}}
	s.clock.Store(1_700_000_000_000)
	list := make([]store.Base, len(s.bases))
	for i := range s.bases {
		s.bases[i] = watchedBase(s.clock.Load)
		list[i] = s.bases[i]
	}
	var err error
	if s.j, err = shard.Open(t.TempDir(), list, shard.Options{OverlayBytes: 1 << 20, Manual: true, NowMillis: s.clock.Load}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.j.Close() })
	return s
}

func (s *shop) set(value string, keys ...store.Key) {
	err := s.j.Update(context.Background(), store.One(keys...), func(tx store.Tx) error {
		for _, k := range keys {
			if err := store.SetString(tx, k, []byte(value), 0); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.t.Error(err)
	}
}

func values(tx store.Tx, keys ...store.Key) (list []string, err error) {
	heads, err := tx.Heads(nil, keys...)
	for _, h := range heads {
		list = append(list, string(h.Value))
	}
	return list, err
}

// settle writes everything into the bases.
func (s *shop) settle() {
	s.j.Tend()
	s.j.Tend()
	s.await()
}

// await returns when nothing settles.
func (s *shop) await() {
	for s.j.Settling() {
		runtime.Gosched()
	}
}

// TestViewIsOneMomentWhileShardsSettle writes to two shards, and settles both, after a View has pinned its layers and before
// it has the snapshot of the second: that shows more than the first, whether the second had layers or not.
func TestViewIsOneMomentWhileShardsSettle(t *testing.T) {
	for _, settled := range []bool{false, true} {
		t.Run(fmt.Sprint("settled ", settled), func(t *testing.T) {
			s := newShop(t)
			s.set("1", s.keys[:]...)
			if settled {
				s.settle()
			}
			meanwhile := func() {
				s.set("2", s.keys[:]...)
				s.settle()
			}
			s.bases[1].before.Store(&meanwhile)
			var got []string
			err := s.j.View(context.Background(), store.One(s.keys[:]...), func(tx store.Tx) (err error) {
				got, err = values(tx, s.keys[:]...)
				return err
			})
			if err != nil || !slices.Equal(got, []string{"1", "1"}) && !slices.Equal(got, []string{"2", "2"}) {
				t.Errorf("a View sees %q, %v", got, err)
			}
		})
	}
}

// TestGroupSeesWhatSettlesAsItBegins ends a settle just after a group has taken its snapshot.
func TestGroupSeesWhatSettlesAsItBegins(t *testing.T) {
	s := newShop(t)
	s.set("1", s.keys[0])
	gate, begun := make(chan struct{}), make(chan struct{})
	hold := func() { close(begun); <-gate }
	s.bases[0].settle.Store(&hold)
	s.j.Tend()
	s.j.Tend()
	<-begun
	finish := func() {
		close(gate)
		s.await()
	}
	s.bases[0].after.Store(&finish)
	var got []string
	err := s.j.Update(context.Background(), store.One(s.keys[0]), func(tx store.Tx) (err error) {
		got, err = values(tx, s.keys[0])
		return err
	})
	if err != nil || !slices.Equal(got, []string{"1"}) {
		t.Errorf("a writer sees %q, %v", got, err)
	}
}

// TestEffectsKeepTheOrderOfGroups holds up what a write has led to: what a later group leads to that writes nothing
// waits for it, and so does what comes behind that.
func TestEffectsKeepTheOrderOfGroups(t *testing.T) {
	s := newShop(t)
	gate, begun := make(chan struct{}), make(chan struct{})
	var led []string
	run := func(name string, write bool, before func()) chan struct{} {
		ran, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			job := store.Job{Write: true, Scope: store.One(s.keys[0]), After: func() {
				before()
				led = append(led, name)
			}}
			job.Fn = func(tx store.Tx) error {
				defer close(ran)
				if write {
					return store.SetString(tx, s.keys[0], []byte(name), 0)
				}
				return nil
			}
			store.Run(context.Background(), s.j, &job)
		}()
		<-ran
		return done
	}
	nothing := func() {}
	first := run("first", true, func() { close(begun); <-gate })
	<-begun
	second := run("second", false, nothing)
	third := run("third", false, nothing)
	fourth := run("fourth", true, nothing)
	close(gate)
	for _, done := range []chan struct{}{first, second, third, fourth} {
		<-done
	}
	if !slices.Equal(led, []string{"first", "second", "third", "fourth"}) {
		t.Errorf("effects came in the order %q", led)
	}
}

// TestTimeStandsStillWhileATransactionRunsOnTheBases has the clock go on while a transaction runs straight on the bases:
// a View that begins meanwhile sees an earlier state, so it must not see a later time; and all of the transaction has
// one time.
func TestTimeStandsStillWhileATransactionRunsOnTheBases(t *testing.T) {
	s := newShop(t)
	s.set("1", s.keys[:]...)
	var during, inside []int64
	err := s.j.Update(context.Background(), store.One(s.keys[:]...), func(tx store.Tx) error {
		inside = append(inside, tx.Now().UnixMilli())
		if err := store.SetString(tx, s.keys[0], make([]byte, 2<<20), 0); err != nil {
			return err // the first run, which is too large for the layers
		}
		s.clock.Add(10)
		return s.j.View(context.Background(), store.One(s.keys[0]), func(tx store.Tx) error {
			during = append(during, tx.Now().UnixMilli())
			return nil
		})
	})
	if len(inside) < 2 || len(during) == 0 {
		t.Fatalf("%d runs, %d Views: %v", len(inside), len(during), err)
	}
	last := inside[len(inside)-1]
	if err != nil || during[len(during)-1] > last {
		t.Errorf("a View at %d, before a transaction at %d, %v", during[len(during)-1], last, err)
	}
}

// TestCloseWhileJobsWait closes the engine under load: every job is done or refused, what was acknowledged is in the bases,
// and nothing is there in one of them alone.
func TestCloseWhileJobsWait(t *testing.T) {
	for range 20 {
		s := newShop(t)
		var acked atomic.Int64
		var clients sync.WaitGroup
		for range 6 {
			clients.Go(func() {
				for {
					n := int64(0)
					err := s.j.Update(context.Background(), store.One(s.keys[:]...), func(tx store.Tx) error {
						list, err := values(tx, s.keys[0])
						if err != nil {
							return err
						}
						n, _ = strconv.ParseInt(list[0], 10, 64)
						n++
						for _, k := range s.keys {
							if err == nil {
								err = store.SetString(tx, k, strconv.AppendInt(nil, n, 10), 0)
							}
						}
						return err
					})
					if err != nil {
						if !errors.Is(err, store.ErrClosed) {
							t.Error(err)
						}
						return
					}
					for most := acked.Load(); n > most && !acked.CompareAndSwap(most, n); most = acked.Load() {
					}
				}
			})
		}
		for acked.Load() < 50 {
			runtime.Gosched()
		}
		if err := s.j.Close(); err != nil {
			t.Error(err)
		}
		clients.Wait()
		var got []string
		for i, b := range s.bases {
			err := b.View(context.Background(), store.One(s.keys[i]), func(tx store.Tx) error {
				list, err := values(tx, s.keys[i])
				got = append(got, list...)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
		if want := strconv.FormatInt(acked.Load(), 10); got[0] != want || got[1] != want {
			t.Fatalf("the bases have %q, and %s was acknowledged", got, want)
		}
	}
}
