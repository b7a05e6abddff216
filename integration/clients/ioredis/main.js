// What users of ioredis lean on: pipelines, MULTI, WATCH, scripts as commands, blocking
// pops, pub/sub, scan streams, key prefixes and reconnecting.
const Redis = require(process.env.LIBRARY);

const jobs = Number(process.env.JOBS);
const where = { host: process.env.HOST, port: Number(process.env.PORT) };
const connect = (options = {}) => new Redis({ ...where, ...options });
const open = [];
const client = (options) => { const c = connect(options); open.push(c); return c; };

async function pipelines(r) {
  const p = r.pipeline();
  for (let i = 0; i < 1000; i++) p.incrby("io:sum", i);
  p.lpush("io:sum", "x");
  const replies = await p.exec();
  console.log("pipeline:", replies[999][1], replies[1000][0].message);
  console.log("MULTI:", JSON.stringify(await r.multi().set("io:m", "1").incr("io:m").get("io:m").exec()));
  await r.watch("io:m");
  await client().set("io:m", "10");
  console.log("overtaken:", await r.multi().incr("io:m").exec(), await r.get("io:m"));
}

async function scripts(r) {
  r.defineCommand("take", {
    numberOfKeys: 1,
    lua: `local have = tonumber(redis.call("GET", KEYS[1]) or "0")
      if have < tonumber(ARGV[1]) then return redis.error_reply("OUT of stock") end
      return redis.call("DECRBY", KEYS[1], ARGV[1])`,
  });
  await r.set("io:stock", jobs);
  const taken = await Promise.allSettled(Array.from({ length: jobs + 5 }, () => r.take("io:stock", 1)));
  const refused = taken.filter((t) => t.status === "rejected");
  console.log("taken:", taken.length - refused.length, "refused:", refused.length, refused[0].reason.message);
  await r.script("FLUSH");
  await r.set("io:stock", 1);
  console.log("after SCRIPT FLUSH:", await r.take("io:stock", 1));
}

async function blocking(r) {
  const waiting = client();
  const first = waiting.brpop("io:none", "io:queue", 0);
  while (Number((await r.info("clients")).match(/blocked_clients:(\d+)/)[1]) === 0);
  await r.lpush("io:queue", "one", "two");
  console.log("BRPOP:", await first, "left:", await r.lrange("io:queue", 0, -1));
  const moved = waiting.blmove("io:from", "io:to", "LEFT", "RIGHT", 0);
  await r.rpush("io:from", "x");
  console.log("BLMOVE:", await moved, await r.lrange("io:to", 0, -1), await r.exists("io:from"));
}

async function subscriptions(r) {
  const sub = client();
  await sub.subscribe("io:news");
  await sub.psubscribe("io:*");
  const heard = [], matched = [];
  const all = new Promise((done) => {
    const check = () => heard.length === jobs && matched.length === jobs && done();
    sub.on("message", (_, m) => { heard.push(m); check(); });
    sub.on("pmessage", (_, __, m) => { matched.push(m); check(); });
  });
  for (let i = 0; i < jobs; i++) r.publish("io:news", i);
  await all;
  const ordered = (list) => list.every((m, i) => m === String(i));
  console.log("messages:", heard.length, ordered(heard), matched.length, ordered(matched));
}

async function scans(r) {
  const prefixed = client({ keyPrefix: "io:p:" });
  await prefixed.mset(new Map(Array.from({ length: 1000 }, (_, i) => [`k${i}`, i])));
  console.log("prefixed:", await prefixed.get("k7"), await r.get("io:p:k7"));
  const seen = new Set();
  for await (const keys of r.scanStream({ match: "io:p:*", count: 100 })) keys.forEach((k) => seen.add(k));
  console.log("keys by scanStream:", seen.size);
  await r.zadd("io:z", "NX", 1.5, "a", "inf", "b");
  console.log("zrange:", await r.zrange("io:z", 0, -1, "WITHSCORES"), "buffer:", await r.zrangeBuffer("io:z", 0, 0));
}

// A connection killed by another comes back, its subscription and pending command with it.
async function reconnecting(r) {
  const victim = client();
  const id = await victim.client("ID");
  await r.client("KILL", "ID", id);
  console.log("after CLIENT KILL:", await victim.ping(), (await victim.client("ID")) > id);
}

(async () => {
  const r = client({ connectionName: "ioredis-test" });
  await pipelines(r);
  await scripts(r);
  await blocking(r);
  await subscriptions(r);
  await scans(r);
  await reconnecting(r);
  console.log("named:", await r.client("GETNAME"));
  open.forEach((c) => c.disconnect());
})();
