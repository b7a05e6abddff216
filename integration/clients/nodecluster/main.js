// ioredis's Cluster and node-redis's createCluster at a cluster of one node.
const { Cluster } = require("ioredis");
const { createCluster } = require("redis");

const jobs = Number(process.env.JOBS);
const here = { host: process.env.HOST, port: Number(process.env.PORT) };

async function ioredis() {
  const c = new Cluster([here]);
  const [[from, to, [host, port]]] = await c.cluster("SLOTS");
  console.log("ioredis: slots", from, to, host === here.host, port === here.port, "masters", c.nodes("master").length);
  await Promise.all(Array.from({ length: 500 }, (_, i) => c.set(`io:${i}`, i)));
  console.log("read:", await c.get("io:499"), await c.mset("{t}a", 1, "{t}b", 2), await c.mget("{t}a", "{t}b"));
  console.log("keys of two slots:", await c.mget("a", "b").catch((e) => e.message));
  const replies = await c.pipeline().incr("{t}a").incr("{t}b").exec();
  console.log("pipeline:", replies.map(([, n]) => n));
  console.log("MULTI:", (await c.multi().incr("{t}a").incr("{t}b").exec()).map(([, n]) => n));
  c.defineCommand("plus", { numberOfKeys: 1, lua: 'return redis.call("INCRBY", KEYS[1], ARGV[1])' });
  console.log("script:", await c.plus("{t}n", 5), await c.plus("{t}n", 5));
  let heard = 0;
  await c.subscribe("io:news");
  const all = new Promise((done) => c.on("message", (_, m) => m === String(heard++) && heard === jobs && done()));
  await Promise.all([all, ...Array.from({ length: jobs }, (_, i) => c.publish("io:news", i))]);
  console.log("messages:", heard);
  const nodes = c.nodes("master");
  console.log("keys by node:", await nodes[0].dbsize());
  c.disconnect();
}

async function nodeRedis() {
  const c = createCluster({ rootNodes: [{ socket: here }] });
  await c.connect();
  console.log("node-redis: masters", c.masters.length, "slots", c.slots.length, c.masters[0].address === `${here.host}:${here.port}`);
  await Promise.all(Array.from({ length: 500 }, (_, i) => c.set(`node:${i}`, i)));
  console.log("read:", await c.get("node:499"), await c.mSet({ "{n}a": "1", "{n}b": "2" }), await c.mGet(["{n}a", "{n}b"]));
  console.log("MGET of two slots, which node-redis divides:", await c.mGet(["node:1", "node:2"]));
  console.log("RENAME to another slot:", await c.set("a", "1"), await c.rename("a", "b").catch((e) => e.message));
  console.log("MULTI:", await c.multi().incr("{n}a").incr("{n}b").exec());
  console.log("script:", await c.eval('return redis.call("INCRBY", KEYS[1], ARGV[1])', { keys: ["{n}n"], arguments: ["5"] }));
  for (const [kind, subscribe, publish] of [["channel", "subscribe", "publish"], ["shard channel", "sSubscribe", "sPublish"]]) {
    let heard = 0, ordered = true;
    let done;
    const all = new Promise((resolve) => { done = resolve; });
    await c[subscribe]("node:news", (m) => { ordered &&= m === String(heard++); if (heard === jobs) done(); });
    await Promise.all([all, ...Array.from({ length: jobs }, (_, i) => c[publish]("node:news", String(i)))]);
    console.log(`${kind}:`, heard, ordered);
  }
  await c.close();
}

(async () => { await ioredis(); await nodeRedis(); })();
