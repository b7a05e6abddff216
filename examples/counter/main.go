// Counter counts page views in Larder and drains the counts into a log, as an analytics pipeline
// does: many writers count, one drain takes what has gathered, and nothing is counted twice or lost.
//
//	counter count PAGE N     counts N views of a page, one at a time
//	counter drain            prints "page count" for what has gathered, and leaves nothing
//
// The server is at LARDER (127.0.0.1:6379 if unset).
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strconv"

	"github.com/redis/go-redis/v9"
)

func main() {
	addr := os.Getenv("LARDER")
	if addr == "" {
		addr = "127.0.0.1:6379"
	}
	ctx, db := context.Background(), redis.NewClient(&redis.Options{Addr: addr})
	var err error
	switch {
	case len(os.Args) == 4 && os.Args[1] == "count":
		var n int
		if n, err = strconv.Atoi(os.Args[3]); err == nil {
			err = count(ctx, db, os.Args[2], n)
		}
	case len(os.Args) == 2 && os.Args[1] == "drain":
		err = drain(ctx, db, func(page string, views int64) { fmt.Println(page, views) })
	default:
		err = errors.New("usage: counter count PAGE N | counter drain")
	}
	if err != nil {
		log.Fatal(err)
	}
}

// count adds views. The page is marked behind its counter: a drain that comes between the two
// leaves a mark without a counter, which the next drain passes over, and never a counter without a mark.
func count(ctx context.Context, db *redis.Client, page string, views int) error {
	for range views {
		_, err := db.Pipelined(ctx, func(p redis.Pipeliner) error {
			p.Incr(ctx, "views:"+page)
			p.SAdd(ctx, "pages", page)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// drain takes pages off the set one by one. GETDEL reads a counter and removes it in one step: a
// view counted meanwhile is either in the number or begins the next one.
func drain(ctx context.Context, db *redis.Client, emit func(page string, views int64)) error {
	for {
		page, err := db.SPop(ctx, "pages").Result()
		if errors.Is(err, redis.Nil) {
			return nil
		}
		if err != nil {
			return err
		}
		views, err := db.GetDel(ctx, "views:"+page).Int64()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			return err
		}
		emit(page, views)
	}
}
