// BullMQ with two workers: plain, delayed, repeated, retried, failing and prioritised jobs, and a flow.
const { FlowProducer, Queue, QueueEvents, Worker } = require(process.env.LIBRARY);
const Redis = require("ioredis");

const jobs = Number(process.env.JOBS);
const connection = { host: process.env.HOST, port: Number(process.env.PORT) };
const redis = new Redis({ ...connection, maxRetriesPerRequest: null });
const now = async () => { const [sec, micro] = await redis.time(); return sec * 1000 + micro / 1000; };

async function perform(job) {
  await redis.hincrby("bull:test:runs", job.name === "plain" ? `plain:${job.data.n}` : job.name, 1);
  switch (job.name) {
    case "plain":
    case "child": return job.data.n * 2;
    case "delayed": return (await now()) >= job.data.due;
    case "retried": if (job.attemptsMade < 2) throw new Error("not yet"); return job.attemptsMade + 1;
    case "failing": throw new Error("never");
    case "parent": return Object.values(await job.getChildrenValues()).reduce((a, b) => a + b, 0);
  }
}

(async () => {
  const queue = new Queue("test", { connection });
  const events = new QueueEvents("test", { connection });
  await events.waitUntilReady();
  let told = 0;
  events.on("completed", () => told++);
  const due = (await now()) + 1500;
  const delayed = await queue.add("delayed", { due }, { delay: 1500 });
  const retried = await queue.add("retried", {}, { attempts: 5, backoff: { type: "fixed", delay: 50 } });
  const failing = await queue.add("failing", {}, { attempts: 2 });
  await queue.upsertJobScheduler("every", { every: 100, limit: 5 }, { name: "repeated" });
  const half = Array.from({ length: jobs / 2 }, (_, n) => ({ name: "plain", data: { n } }));
  await queue.addBulk(half);
  await Promise.all(half.map(({ data }) => queue.add("plain", { n: data.n + jobs / 2 }, { priority: 1 + (data.n % 3) })));
  const flow = new FlowProducer({ connection });
  const { job: parent } = await flow.add({
    name: "parent", queueName: "test",
    children: [1, 2, 3].map((n) => ({ name: "child", data: { n }, queueName: "test" })),
  });
  console.log("doubled job id:", (await queue.add("once", {}, { jobId: "once" })).id, (await queue.add("once", {}, { jobId: "once" })).id);

  const workers = [1, 2].map(() => new Worker("test", perform, { connection, concurrency: 10 }));
  const results = await Promise.all([delayed, retried, parent].map((j) => j.waitUntilFinished(events)));
  await failing.waitUntilFinished(events).catch((e) => console.log("failing:", e.message));
  const wanted = jobs + 3 + 3 + 5 + 1;
  for (let c = {}; (c.completed ?? 0) < wanted || told < wanted; ) {
    c = await queue.getJobCounts();
    await new Promise((done) => setTimeout(done, 20));
  }
  console.log("delayed not before its time, attempt that succeeded, sum of the children:", ...results);
  const counts = await queue.getJobCounts("completed", "failed", "wait", "active", "delayed", "prioritized");
  console.log("completed but the plain:", counts.completed - jobs, "failed:", counts.failed,
    "left:", counts.wait + counts.active + counts.delayed + counts.prioritized);
  const runs = await redis.hgetall("bull:test:runs");
  console.log("plain jobs run once:", Object.keys(runs).filter((k) => k.startsWith("plain:") && runs[k] === "1").length);
  console.log("runs of the retried, the failing, the repeated, the doubled:", runs.retried, runs.failing, runs.repeated, runs.once);
  console.log("completed events but the plain:", told - jobs);
  await Promise.all([...workers, events, flow].map((c) => c.close()));
  await queue.obliterate();
  await redis.del("bull:test:runs");
  console.log("keys left:", await redis.keys("bull:test:*"));
  await queue.close();
  redis.disconnect();
})();
