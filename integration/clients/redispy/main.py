"""What users of redis-py lean on: its lock, pipelines, WATCH, scripts, blocking pops, pub/sub, SCAN."""
import os
import threading
import time

import redis

jobs = int(os.environ["JOBS"])
r = redis.Redis(host=os.environ["HOST"], port=int(os.environ["PORT"]), decode_responses=True)


def together(n, work):
    threads = [threading.Thread(target=work, args=(i,)) for i in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def locked(_):
    for _ in range(jobs // 4):
        with r.lock("py:lock", timeout=60, sleep=0.001):
            r.set("py:count", int(r.get("py:count") or 0) + 1)


together(4, locked)
print("counted under the lock:", r.get("py:count"))
mine, other = r.lock("py:lock", timeout=60), r.lock("py:lock", timeout=60)
print("lock, and again by another:", mine.acquire(blocking=False), other.acquire(blocking=False))
mine.extend(60)
print("extended past a minute:", r.pttl("py:lock") > 60000)
r.set("py:lock", "stolen")
try:
    mine.release()
except redis.exceptions.LockNotOwnedError as e:
    print("released after it was stolen:", e)


def add(p):
    n = int(p.get("py:watched") or 0)
    p.multi()
    p.set("py:watched", n + 1)


together(4, lambda _: [r.transaction(add, "py:watched") for _ in range(25)])
print("counted under WATCH:", r.get("py:watched"))

with r.pipeline(transaction=False) as p:
    for i in range(1000):
        p.hset("py:hash", f"f{i}", i)
    p.hlen("py:hash")
    print("fields after a pipeline:", p.execute()[-1])
print("fields by HSCAN:", sum(1 for _ in r.hscan_iter("py:hash", count=50)))
with r.pipeline() as p:
    p.set("py:s", "x").lpush("py:s", "y").incr("py:n")
    print("MULTI with a wrong type:", [str(x) for x in p.execute(raise_on_error=False)])

script = r.register_script("local n = 0 for _, v in ipairs(redis.call('HVALS', KEYS[1])) do n = n + v end return n * ARGV[1]")
r.script_flush()
print("sum by a script that was flushed:", script(keys=["py:hash"], args=[2]))


def produce():
    for i in range(jobs):
        r.rpush("py:queue", i)


got = [[], []]


def consume(who):
    while (item := r.blpop("py:queue", timeout=0))[1] != "end":
        got[who].append(int(item[1]))


consumers = [threading.Thread(target=consume, args=(i,)) for i in range(2)]
for c in consumers:
    c.start()
produce()
r.rpush("py:queue", "end", "end")
for c in consumers:
    c.join()
print("popped by two consumers, each once:", sorted(got[0] + got[1]) == list(range(jobs)))
print("each in order:", got[0] == sorted(got[0]) and got[1] == sorted(got[1]))

sub = r.pubsub()
sub.subscribe("py:news")
sub.get_message(timeout=10)
for i in range(jobs):
    r.publish("py:news", i)
heard = []
while len(heard) < jobs:
    m = sub.get_message(timeout=10)
    heard.append(int(m["data"]))
print("messages in order:", heard == list(range(jobs)))

r.mset({f"py:scan:{i}": i for i in range(1000)})
print("keys by SCAN:", len(set(r.scan_iter("py:scan:*", count=100))))
sec, micro = r.time()
r.set("py:brief", "x", px=300)
while (t := r.time()) and (t[0] - sec) * 1000000 + t[1] - micro < 400000:
    time.sleep(0.05)
print("after its time:", r.get("py:brief"))
