// Program gocluster is go-redis's ClusterClient at a cluster of one node: it finds the node by CLUSTER SLOTS, sends
// each key to the node of its slot, and is told when keys of one command lie in several.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

func main() {
	ctx := context.Background()
	jobs, err := strconv.Atoi(os.Getenv("JOBS"))
	check(err)
	r := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{net.JoinHostPort(os.Getenv("HOST"),
		os.Getenv("PORT"))}})
	defer r.Close()
	topology(ctx, r)
	commands(ctx, r)
	transactions(ctx, r)
	subscriptions(ctx, r, jobs)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func topology(ctx context.Context, r *redis.ClusterClient) {
	shards, err := r.ClusterShards(ctx).Result()
	check(err)
	id, err := r.ClusterMyID(ctx).Result()
	check(err)
	here := net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT"))
	node := shards[0].Nodes[0]
	fmt.Println("shards:", len(shards), shards[0].Slots, node.Role, node.ID == id,
		net.JoinHostPort(node.IP, strconv.Itoa(int(node.Port))) == here)
	nodes := r.ClusterNodes(ctx).Val()
	fmt.Println("nodes:", strings.HasPrefix(nodes, id+" "+here+"@"), strings.Count(nodes, "\n"))
	info := r.ClusterInfo(ctx).Val()
	fmt.Println("state:", strings.HasPrefix(info, "cluster_state:ok"), "key's slot:", r.ClusterKeySlot(ctx, "foo").Val())
	masters := 0
	check(r.ForEachMaster(ctx, func(ctx context.Context, c *redis.Client) error { masters++; return c.Ping(ctx).Err() }))
	fmt.Println("masters:", masters)
}

func commands(ctx context.Context, r *redis.ClusterClient) {
	results, err := r.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i := range 1000 {
			p.Set(ctx, fmt.Sprint("gocluster:", i), i, 0)
		}
		return nil
	})
	fmt.Println("pipeline over all slots:", len(results), err, r.DBSize(ctx).Val())
	fmt.Println("read:", r.Get(ctx, "gocluster:999").Val(), r.MSet(ctx, "{t}a", 1, "{t}b", 2).Err(),
		r.MGet(ctx, "{t}a", "{t}b").Val())
	one := redis.NewClient(&redis.Options{Addr: net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT"))})
	defer one.Close()
	fmt.Println("keys of two slots:", one.MGet(ctx, "a", "b").Err())
	fmt.Println("another database:", one.Do(ctx, "SELECT", 1).Err())
	fmt.Println("keys in a slot:", r.ClusterCountKeysInSlot(ctx, int(r.ClusterKeySlot(ctx, "t").Val())).Val())
	script := redis.NewScript(`return redis.call("INCRBY", KEYS[1], ARGV[1])`)
	fmt.Println("script:", script.Run(ctx, r, []string{"{t}n"}, 5).Val(), script.Run(ctx, r, []string{"{t}n"}, 5).Val())
}

func transactions(ctx context.Context, r *redis.ClusterClient) {
	err := r.Watch(ctx, func(tx *redis.Tx) error {
		_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Set(ctx, "{t}w", 1, 0)
			p.Incr(ctx, "{t}w")
			return nil
		})
		return err
	}, "{t}w")
	fmt.Println("MULTI:", err, r.Get(ctx, "{t}w").Val())
	err = r.Watch(ctx, func(tx *redis.Tx) error {
		check(r.Set(ctx, "{t}w", 9, 0).Err())
		_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error { p.Incr(ctx, "{t}w"); return nil })
		return err
	}, "{t}w")
	fmt.Println("overtaken:", errors.Is(err, redis.TxFailedErr), r.Get(ctx, "{t}w").Val())
}

func subscriptions(ctx context.Context, r *redis.ClusterClient, jobs int) {
	sub, sharded := r.Subscribe(ctx, "news"), r.SSubscribe(ctx, "{t}shard")
	defer sub.Close()
	defer sharded.Close()
	for _, s := range []*redis.PubSub{sub, sharded} {
		_, err := s.Receive(ctx)
		check(err)
	}
	go func() {
		for i := range jobs {
			check(r.Publish(ctx, "news", i).Err())
			check(r.SPublish(ctx, "{t}shard", i).Err())
		}
	}()
	for i := range jobs {
		for _, s := range []*redis.PubSub{sub, sharded} {
			m, err := s.ReceiveMessage(ctx)
			check(err)
			if m.Payload != strconv.Itoa(i) {
				panic("out of order: " + m.String())
			}
		}
	}
	fmt.Println("messages in order:", jobs, "subscribers of the shard channel:",
		r.PubSubShardNumSub(ctx, "{t}shard").Val())
}
