// Program goredis is what a user of go-redis leans on: a lock, pipelines, optimistic
// transactions, pub/sub and client-side caching. It prints what came of each.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/push"
)

func main() {
	ctx := context.Background()
	jobs, err := strconv.Atoi(os.Getenv("JOBS"))
	check(err)
	opts := redis.Options{Addr: net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT"))}
	r := redis.NewClient(&opts)
	defer r.Close()
	locks(ctx, r, jobs)
	pipelines(ctx, r)
	optimistic(ctx, r)
	subscriptions(ctx, r, jobs)
	tracking(ctx, r, opts)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// unlock deletes the lock only for the holder of the token.
var unlock = redis.NewScript(`
if redis.call("GET", KEYS[1]) == ARGV[1] then
	return redis.call("DEL", KEYS[1])
end
return 0`)

// locks adds to a counter by GET and SET, which loses counts unless one goroutine at a time does it.
func locks(ctx context.Context, r *redis.Client, jobs int) {
	check(r.Set(ctx, "goredis:count", 0, 0).Err())
	var left atomic.Int64
	left.Store(int64(jobs))
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			token := strconv.Itoa(i)
			for left.Add(-1) >= 0 {
				for !r.SetNX(ctx, "goredis:lock", token, time.Minute).Val() {
					time.Sleep(time.Millisecond)
				}
				n, err := r.Get(ctx, "goredis:count").Int()
				check(err)
				check(r.Set(ctx, "goredis:count", n+1, 0).Err())
				if n, err := unlock.Run(ctx, r, []string{"goredis:lock"}, token).Int(); n != 1 || err != nil {
					panic(fmt.Sprint("lost the lock: ", n, err))
				}
			}
		})
	}
	wg.Wait()
	fmt.Println("counted under the lock:", r.Get(ctx, "goredis:count").Val())
	check(r.SetNX(ctx, "goredis:lock", "holder", time.Minute).Err())
	n, err := unlock.Run(ctx, r, []string{"goredis:lock"}, "thief").Int()
	fmt.Println("unlocked by a stranger:", n, err, r.Get(ctx, "goredis:lock").Val())
}

func pipelines(ctx context.Context, r *redis.Client) {
	results, err := r.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i := range 1000 {
			p.Set(ctx, fmt.Sprint("goredis:p:", i), i, 0)
		}
		p.LPush(ctx, "goredis:p:0", "x")
		p.IncrBy(ctx, "goredis:p:999", 1)
		return nil
	})
	fmt.Println("pipeline:", len(results), "results, first error:", err)
	fmt.Println("after the error:", results[len(results)-1].(*redis.IntCmd).Val())
	keys := make([]string, 1000)
	for i := range keys {
		keys[i] = fmt.Sprint("goredis:p:", i)
	}
	sum := 0
	for _, v := range r.MGet(ctx, keys...).Val() {
		n, err := strconv.Atoi(v.(string))
		check(err)
		sum += n
	}
	fmt.Println("sum of a pipeline's keys:", sum)
	var total *redis.IntCmd
	_, err = r.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.RPush(ctx, "goredis:list", "a", "b", "c")
		p.LRem(ctx, "goredis:list", 1, "b")
		total = p.LLen(ctx, "goredis:list")
		return nil
	})
	check(err)
	fmt.Println("length inside MULTI:", total.Val())
}

// optimistic adds with WATCH from all sides: who was overtaken tries again.
func optimistic(ctx context.Context, r *redis.Client) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 25 {
				for add(ctx, r) != nil {
				}
			}
		})
	}
	wg.Wait()
	fmt.Println("counted under WATCH:", r.Get(ctx, "goredis:watched").Val())
}

func add(ctx context.Context, r *redis.Client) error {
	err := r.Watch(ctx, func(tx *redis.Tx) error {
		n, err := tx.Get(ctx, "goredis:watched").Int()
		if err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
		_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Set(ctx, "goredis:watched", n+1, 0)
			return nil
		})
		return err
	}, "goredis:watched")
	if err != nil && !errors.Is(err, redis.TxFailedErr) {
		panic(err)
	}
	return err
}

func subscriptions(ctx context.Context, r *redis.Client, jobs int) {
	sub := r.Subscribe(ctx, "goredis:news")
	defer sub.Close()
	check(sub.PSubscribe(ctx, "goredis:n*s"))
	for range 2 {
		_, err := sub.Receive(ctx)
		check(err)
	}
	go func() {
		for i := range jobs {
			check(r.Publish(ctx, "goredis:news", i).Err())
		}
	}()
	plain, matched := 0, 0
	for plain+matched < 2*jobs {
		m, err := sub.ReceiveMessage(ctx)
		check(err)
		which := &plain
		if m.Pattern != "" {
			which = &matched
		}
		if m.Payload != strconv.Itoa(*which) {
			panic("out of order: " + m.String())
		}
		*which++
	}
	fmt.Println("messages in order:", plain, "and by pattern:", matched)
	fmt.Println("subscribers:", r.PubSubNumSub(ctx, "goredis:news").Val()["goredis:news"],
		"patterns:", r.PubSubNumPat(ctx).Val())
}

// invalidated collects the keys of invalidation pushes; the one connection calls it.
type invalidated struct{ keys []string }

func (v *invalidated) HandlePushNotification(_ context.Context, _ push.NotificationHandlerContext, what []any) error {
	for _, k := range what[1].([]any) {
		v.keys = append(v.keys, fmt.Sprint(k))
	}
	return nil
}

// tracking caches on one connection of RESP3, which is told when another changes what it has read.
func tracking(ctx context.Context, other *redis.Client, opts redis.Options) {
	opts.PoolSize, opts.Protocol = 1, 3
	r := redis.NewClient(&opts)
	defer r.Close()
	heard := &invalidated{}
	check(r.RegisterPushNotificationHandler("invalidate", heard, false))
	check(r.Do(ctx, "CLIENT", "TRACKING", "ON").Err())
	check(other.MSet(ctx, "goredis:t:read", 1, "goredis:t:unread", 1).Err())
	check(r.Get(ctx, "goredis:t:read").Err())
	check(other.MSet(ctx, "goredis:t:read", 2, "goredis:t:unread", 2).Err())
	for len(heard.keys) == 0 {
		check(r.Ping(ctx).Err())
	}
	fmt.Println("invalidated:", heard.keys, "now:", r.Get(ctx, "goredis:t:read").Val())
}
