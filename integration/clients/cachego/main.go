// Program cachego is the Go side of docs/cache.md: what a user of go-redis does with the
// CACHE commands. It prints what came of each.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/redis/go-redis/v9"
)

func main() {
	ctx := context.Background()
	r := redis.NewClient(&redis.Options{Addr: net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT"))})
	defer r.Close()
	slow := func(context.Context) (string, error) { fmt.Println("computing"); return "the front page", nil }
	for range 2 {
		page, err := cached(ctx, r, "page:1", 60, slow)
		fmt.Println(page, err)
	}
	check(r.Do(ctx, "CACHE", "TAG", "page:1", "author:7").Err())
	fmt.Println(r.Do(ctx, "CACHE", "EVICT", "author:7").Int())
	for range 3 {
		wait, err := allowed(ctx, r, "user:1")
		fmt.Println(wait, err)
	}
	fmt.Println(timely(ctx, r))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// docs: lease

// cached answers the value of a key, computing it at most once however many ask.
func cached(ctx context.Context, r *redis.Client, key string, seconds int,
	compute func(context.Context) (string, error)) (string, error) {
	for {
		lease, err := r.Do(ctx, "CACHE", "GETLEASE", key, "STALE", 300).Slice()
		if err != nil {
			return "", err
		}
		value, there := lease[0].(string)
		token, mine := lease[1].(string)
		switch {
		case mine:
			if value, err = compute(ctx); err != nil {
				return "", err // the token dies by itself, and another client gets one
			}
			return value, r.Do(ctx, "CACHE", "SETLEASE", key, token, value, "EX", seconds).Err()
		case there:
			return value, nil // fresh, or old and on its way to be computed anew
		}
		time.Sleep(20 * time.Millisecond) // another client computes it
	}
}

// docs: throttle

// allowed answers how many seconds to wait, -1 if the action may go on: two at once, then
// one every ten seconds.
func allowed(ctx context.Context, r *redis.Client, user string) (int64, error) {
	limit, err := r.Do(ctx, "CACHE", "THROTTLE", "rate:"+user, 1, 1, 10).Int64Slice()
	if err != nil {
		return 0, err
	}
	return limit[3], nil
}

// docs: deadline

// timely reads on a connection whose commands begin within 50 ms or not at all.
func timely(ctx context.Context, r *redis.Client) (string, error) {
	conn := r.Conn()
	defer conn.Close()
	if err := conn.Do(ctx, "CACHE", "DEADLINE", 50).Err(); err != nil {
		return "", err
	}
	value, err := conn.Get(ctx, "page:1").Result()
	switch {
	case errors.Is(err, redis.Nil):
		return "not cached", nil
	case redis.HasErrorPrefix(err, "TIMEOUT"):
		return "the cache is busy: do without", nil
	}
	return value, err
}
