// Crawler visits every page of a site once, with any number of processes that share their state in
// Larder: a queue, what is being worked on, what has been seen, and what was found. A process may be
// killed at any moment: its page goes back into the queue, and no page is recorded twice.
//
//	crawler http://127.0.0.1:8080/
//
// The server is at LARDER (127.0.0.1:6379 if unset).
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	queue   = "crawl:queue"   // list of pages to visit
	seen    = "crawl:seen"    // set of pages that were ever queued
	working = "crawl:working" // hash of page -> process that has it
	leases  = "crawl:lease:"  // a key per process that lives while the process does
	results = "crawl:results" // hash of page -> bytes
	visits  = "crawl:visits"  // hash of page -> how often it was recorded
)

// lease is how long a process that has died keeps its page.
const lease = 1500 * time.Millisecond

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: crawler URL")
	}
	addr := os.Getenv("LARDER")
	if addr == "" {
		addr = "127.0.0.1:6379"
	}
	c := &crawler{db: redis.NewClient(&redis.Options{Addr: addr}), name: fmt.Sprint(os.Getpid())}
	if err := c.run(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

// crawler is one process at work. It belongs to one goroutine.
type crawler struct {
	db   *redis.Client
	name string
}

// take moves a page from the queue to what is being worked on, in one step: there is no moment at which a
// page is in neither. It answers nothing when there is nothing to take now, and ends when nothing is left.
var take = redis.NewScript(`
	redis.call('SET', KEYS[4], 1, 'PX', ARGV[2])
	local page = redis.call('LPOP', KEYS[1])
	if not page then
		return {redis.call('HLEN', KEYS[2])}
	end
	redis.call('HSET', KEYS[2], page, ARGV[1])
	return {1, page}`)

// finish records a page, once, and queues the links that nobody has seen.
var finish = redis.NewScript(`
	if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then
		return 0
	end
	redis.call('HDEL', KEYS[2], ARGV[1])
	redis.call('HSET', KEYS[4], ARGV[1], ARGV[3])
	redis.call('HINCRBY', KEYS[5], ARGV[1], 1)
	for i = 4, #ARGV do
		if redis.call('SADD', KEYS[3], ARGV[i]) == 1 then
			redis.call('RPUSH', KEYS[1], ARGV[i])
		end
	end
	return 1`)

// giveBack returns the page of a process that is gone, if it still has it.
var giveBack = redis.NewScript(`
	if redis.call('EXISTS', KEYS[3]) == 0 and redis.call('HGET', KEYS[2], ARGV[1]) == ARGV[2] then
		redis.call('HDEL', KEYS[2], ARGV[1])
		redis.call('RPUSH', KEYS[1], ARGV[1])
	end`)

func (c *crawler) run(ctx context.Context, start string) error {
	root, err := url.Parse(start)
	if err != nil {
		return err
	}
	if c.db.SAdd(ctx, seen, root.String()).Val() == 1 {
		c.db.RPush(ctx, queue, root.String())
	}
	for {
		got, err := take.Run(ctx, c.db, []string{queue, working, seen, leases + c.name}, c.name, lease.Milliseconds()).Slice()
		if err != nil {
			return err
		}
		if len(got) == 2 {
			if err := c.visit(ctx, root, got[1].(string)); err != nil {
				return err
			}
			continue
		}
		if got[0].(int64) == 0 {
			return nil
		}
		if err := c.reclaim(ctx); err != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// reclaim looks for processes that have died.
func (c *crawler) reclaim(ctx context.Context) error {
	held, err := c.db.HGetAll(ctx, working).Result()
	for page, owner := range held {
		if err == nil {
			err = giveBack.Run(ctx, c.db, []string{queue, working, leases + owner}, page, owner).Err()
		}
		if errors.Is(err, redis.Nil) {
			err = nil
		}
	}
	return err
}

var href = regexp.MustCompile(`href="([^"]+)"`)

// visit fetches a page and hands in its links to pages of the same site.
func (c *crawler) visit(ctx context.Context, root *url.URL, page string) error {
	response, err := http.Get(page)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil {
		return err
	}
	at, err := url.Parse(page)
	if err != nil {
		return err
	}
	args := []any{page, c.name, len(body)}
	for _, m := range href.FindAllSubmatch(body, -1) {
		link, err := at.Parse(string(m[1]))
		if err != nil || link.Host != root.Host {
			continue
		}
		link.Fragment = ""
		args = append(args, link.String())
	}
	return finish.Run(ctx, c.db, []string{queue, working, seen, results, visits}, args...).Err()
}
