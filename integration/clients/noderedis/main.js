// What users of node-redis lean on, in RESP3: auto-pipelining, MULTI, WATCH, scripts,
// functions, blocking pops, pub/sub, scan iterators, and client-side caching.
const { createClient, defineScript, WatchError } = require(process.env.LIBRARY);

const jobs = Number(process.env.JOBS);
const open = [];

async function client(options = {}) {
  const c = createClient({ socket: { host: process.env.HOST, port: Number(process.env.PORT) }, RESP: 3, ...options });
  await c.connect();
  open.push(c);
  return c;
}

async function transactions(r, other) {
  await Promise.all(Array.from({ length: 1000 }, (_, i) => r.hSet("node:hash", `f${i}`, i)));
  const hash = await r.hGetAll("node:hash");
  console.log("hash:", Object.keys(hash).length, hash.f999);
  console.log("MULTI:", await r.multi().set("node:n", 1).incrByFloat("node:n", 0.5).zAdd("node:z", { score: 1.5, value: "a" }).exec());
  console.log("double:", await r.zScore("node:z", "a"), await r.zScore("node:z", "b"));
  await r.watch("node:n");
  await other.set("node:n", 5);
  console.log("overtaken:", await r.multi().set("node:n", 2).exec().catch((e) => e instanceof WatchError), await r.get("node:n"));
}

async function scripts() {
  const r = await client({
    scripts: {
      addAll: defineScript({
        NUMBER_OF_KEYS: 1,
        SCRIPT: 'local t = {} for i, n in ipairs(ARGV) do t[i] = redis.call("INCRBY", KEYS[1], n) end return t',
        parseCommand(parser, key, ...numbers) { parser.pushKey(key); parser.push(...numbers.map(String)); },
        transformReply: (reply) => reply,
      }),
    },
  });
  console.log("script:", await r.addAll("node:scripted", 1, 2, 3));
  const source = '#!lua name=node\nredis.register_function{function_name="twice", callback=function(keys) return 2 * redis.call("GET", keys[1]) end, flags={"no-writes"}}';
  console.log("function:", await r.functionLoad(source, { REPLACE: true }), await r.fCallRo("twice", { keys: ["node:scripted"], arguments: [] }));
}

async function blocking(r, other) {
  const popped = other.blPop("node:queue", 0);
  while (Number((await r.info("clients")).match(/blocked_clients:(\d+)/)[1]) === 0);
  await r.rPush("node:queue", ["x", "y"]);
  const { key, element } = await popped;
  console.log("BLPOP:", key, element, await r.lRange("node:queue", 0, -1));
  const low = other.bzPopMin("node:scores", 0);
  await r.zAdd("node:scores", [{ score: 2, value: "b" }, { score: 1, value: "a" }]);
  const { value, score } = await low;
  console.log("BZPOPMIN:", value, score);
}

async function subscriptions(r) {
  const sub = await client();
  let heard = 0, ordered = true, matched = 0;
  await new Promise(async (done) => {
    const check = () => heard === jobs && matched === jobs && done();
    await sub.subscribe("node:news", (m) => { ordered &&= m === String(heard++); check(); });
    await sub.pSubscribe("node:*", () => { matched++; check(); });
    for (let i = 0; i < jobs; i++) r.publish("node:news", String(i));
  });
  console.log("messages:", heard, ordered, matched, "still a client:", await sub.ping());
}

// With clientSideCache the client asks CLIENT TRACKING for invalidations and trusts them.
async function caching(other) {
  const r = await client({ clientSideCache: { ttl: 0, maxEntries: 0, evictPolicy: "LRU" } });
  await other.set("node:cached", "old");
  for (let i = 0; i < 10; i++) await r.get("node:cached");
  const calls = async () => Number((await other.info("commandstats")).match(/cmdstat_get:calls=(\d+)/)[1]);
  const before = await calls();
  for (let i = 0; i < 10; i++) await r.get("node:cached");
  console.log("asked of the server while cached:", (await calls()) - before);
  await other.set("node:cached", "new");
  let value;
  do { await r.ping(); value = await r.get("node:cached"); } while (value === "old");
  console.log("after the invalidation:", value);
}

(async () => {
  const r = await client(), other = await client();
  await transactions(r, other);
  await scripts();
  await blocking(r, other);
  await subscriptions(r);
  const members = new Set();
  await r.sAdd("node:set", Array.from({ length: 1000 }, (_, i) => `m${i}`));
  for await (const some of r.sScanIterator("node:set", { COUNT: 100 })) some.forEach((m) => members.add(m));
  console.log("members by SSCAN:", members.size);
  await caching(other);
  open.forEach((c) => c.destroy());
})();
