// Program rueidis is what a user of rueidis leans on, in RESP3: pipelines by themselves, a cache that the server keeps
// true (CLIENT TRACKING OPTIN), messages beside commands on one connection, scripts, streams and blocking pops. It runs
// against a server alone and against a cluster of one node, and prints the same.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

func main() {
	ctx := context.Background()
	jobs, err := strconv.Atoi(os.Getenv("JOBS"))
	check(err)
	c, other := connect(), connect()
	defer c.Close()
	defer other.Close()
	pipelines(ctx, c)
	caching(ctx, c, other)
	subscriptions(ctx, c, other, jobs)
	scripts(ctx, c)
	transactions(ctx, c, other)
	streams(ctx, c, other)
	blocking(ctx, c, other)
}

func connect() rueidis.Client {
	c, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{net.JoinHostPort(os.Getenv("HOST"),
		os.Getenv("PORT"))},
		ClientName: "rueidis-test"})
	check(err)
	return c
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// number is an integer reply.
func number(r rueidis.RedisResult) int64 {
	n, err := r.AsInt64()
	check(err)
	return n
}

func pipelines(ctx context.Context, c rueidis.Client) {
	var wg sync.WaitGroup
	for i := range 1000 { // what is sent at the same time goes out together
		wg.Go(func() { number(c.Do(ctx, c.B().Incrby().Key("rueidis:sum").Increment(int64(i)).Build())) })
	}
	wg.Wait()
	commands := make(rueidis.Commands, 0, 101)
	for i := range 100 {
		commands = append(commands, c.B().Set().Key("rueidis:p:"+strconv.Itoa(i)).Value(strconv.Itoa(i)).Build())
	}
	commands = append(commands, c.B().Lpush().Key("rueidis:sum").Element("x").Build())
	replies := c.DoMulti(ctx, commands...)
	sum, err := c.Do(ctx, c.B().Get().Key("rueidis:sum").Build()).AsInt64()
	check(err)
	fmt.Println("pipeline:", sum, replies[99].Error(), replies[100].Error())
}

// caching counts how often the server is asked: not while nobody has changed the key.
func caching(ctx context.Context, c, other rueidis.Client) {
	check(other.Do(ctx, other.B().Set().Key("rueidis:cached").Value("old").Build()).Error())
	get := func() (string, bool) {
		r := c.DoCache(ctx, c.B().Get().Key("rueidis:cached").Cache(), time.Minute)
		text, err := r.ToString()
		check(err)
		return text, r.IsCacheHit()
	}
	value, hit := get()
	again, hitAgain := get()
	fmt.Println("cached:", value, hit, again, hitAgain)
	check(other.Do(ctx, other.B().Set().Key("rueidis:cached").Value("new").Build()).Error())
	for value != "new" {
		value, _ = get()
	}
	fmt.Println("after the invalidation:", value)
	keys := []string{"rueidis:p:1", "rueidis:p:2", "rueidis:p:3"}
	for range 2 {
		values, err := rueidis.MGetCache(c, ctx, time.Minute, keys)
		check(err)
		two := values["rueidis:p:2"]
		text, err := two.ToString()
		check(err)
		fmt.Println("MGET through the cache:", len(values), text, err)
	}
	fmt.Println("not there:", rueidis.IsRedisNil(c.DoCache(ctx, c.B().Get().Key("rueidis:none").Cache(),
		time.Minute).Error()))
}

// subscriptions hears messages on the connection that commands go over.
func subscriptions(ctx context.Context, c, other rueidis.Client, jobs int) {
	b, o := c.B(), other.B()
	hear(ctx, c, other, jobs, "channel", b.Subscribe().Channel("rueidis:news").Build(),
		func(m string) rueidis.Completed { return o.Publish().Channel("rueidis:news").Message(m).Build() })
	hear(ctx, c, other, jobs, "pattern", b.Psubscribe().Pattern("rueidis:w*").Build(),
		func(m string) rueidis.Completed { return o.Publish().Channel("rueidis:weather").Message(m).Build() })
	hear(ctx, c, other, jobs, "shard channel", b.Ssubscribe().Channel("rueidis:shard").Build(),
		func(m string) rueidis.Completed { return o.Spublish().Channel("rueidis:shard").Message(m).Build() })
	answer, err := c.Do(ctx, c.B().Ping().Build()).ToString()
	fmt.Println("still a client:", answer, err)
}

func hear(ctx context.Context, c, other rueidis.Client, jobs int, kind string, subscribe rueidis.Completed,
	publish func(string) rueidis.Completed) {
	heard, ordered, began := 0, true, false
	subscribed, enough := context.WithCancel(rueidis.WithOnSubscriptionHook(ctx, func(rueidis.PubSubSubscription) {
		if began {
			return // it is the end
		}
		began = true
		go func() {
			for i := range jobs {
				if number(other.Do(ctx, publish(strconv.Itoa(i)))) != 1 {
					panic("not heard by one")
				}
			}
		}()
	}))
	err := c.Receive(subscribed, subscribe, func(m rueidis.PubSubMessage) {
		ordered = ordered && m.Message == strconv.Itoa(heard)
		if heard++; heard == jobs {
			enough()
		}
	})
	enough()
	fmt.Println(kind+":", heard, ordered, errors.Is(err, context.Canceled))
}

func scripts(ctx context.Context, c rueidis.Client) {
	script := rueidis.NewLuaScript(`return {redis.call("INCRBY", KEYS[1], ARGV[1]), {ARGV[1], KEYS[1]}, ` +
		`redis.call("GET", KEYS[1])}`)
	for range 2 { // by its digest, then by its text; then by its digest alone
		reply, err := script.Exec(ctx, c, []string{"rueidis:scripted"}, []string{"5"}).ToArray()
		check(err)
		n, _ := reply[0].AsInt64()
		inner, _ := reply[1].AsStrSlice()
		text, _ := reply[2].ToString()
		fmt.Println("script:", n, inner, text)
	}
}

func transactions(ctx context.Context, c, other rueidis.Client) {
	check(c.Dedicated(func(d rueidis.DedicatedClient) error {
		check(d.Do(ctx, d.B().Watch().Key("{rueidis}:w").Build()).Error())
		replies := d.DoMulti(ctx, d.B().Multi().Build(), d.B().Set().Key("{rueidis}:w").Value("1").Build(),
			d.B().Incr().Key("{rueidis}:w").Build(), d.B().Exec().Build())
		done, err := replies[3].ToArray()
		check(err)
		n, err := done[1].AsInt64()
		fmt.Println("MULTI:", len(done), n, err)
		check(d.Do(ctx, d.B().Watch().Key("{rueidis}:w").Build()).Error())
		check(other.Do(ctx, other.B().Set().Key("{rueidis}:w").Value("9").Build()).Error())
		replies = d.DoMulti(ctx, d.B().Multi().Build(), d.B().Incr().Key("{rueidis}:w").Build(), d.B().Exec().Build())
		fmt.Println("overtaken:", rueidis.IsRedisNil(replies[2].Error()))
		return nil
	}))
}

func streams(ctx context.Context, c, other rueidis.Client) {
	check(c.Do(ctx, c.B().XgroupCreate().Key("rueidis:s").Group("g").Id("$").Mkstream().Build()).Error())
	found := make(chan map[string][]rueidis.XRangeEntry)
	go func() {
		entries, err := c.Do(ctx, c.B().Xreadgroup().Group("g",
			"me").Count(10).Block(0).Streams().Key("rueidis:s").Id(">").Build()).AsXRead()
		check(err)
		found <- entries
	}()
	check(other.Do(ctx, other.B().Xadd().Key("rueidis:s").Id("1-1").FieldValue().FieldValue("f", "v").Build()).Error())
	entries := (<-found)["rueidis:s"]
	fmt.Println("XREADGROUP:", len(entries), entries[0].ID, entries[0].FieldValues["f"])
	fmt.Println("XACK:", number(c.Do(ctx, c.B().Xack().Key("rueidis:s").Group("g").Id("1-1").Build())),
		number(c.Do(ctx, c.B().Xlen().Key("rueidis:s").Build())))
}

func blocking(ctx context.Context, c, other rueidis.Client) {
	popped := make(chan []string)
	go func() {
		pair, err := c.Do(ctx, c.B().Blpop().Key("{rueidis}:none", "{rueidis}:queue").Timeout(0).Build()).AsStrSlice()
		check(err)
		popped <- pair
	}()
	check(other.Do(ctx, other.B().Rpush().Key("{rueidis}:queue").Element("x").Build()).Error())
	fmt.Println("BLPOP:", <-popped)
	score := c.Do(ctx, c.B().Zadd().Key("rueidis:z").ScoreMember().ScoreMember(1.5, "m").Build())
	double, err := c.Do(ctx, c.B().Zscore().Key("rueidis:z").Member("m").Build()).AsFloat64()
	fmt.Println("double:", number(score), double, err)
}
