"""The Python side of docs/cache.md: what a user of redis-py does with the CACHE commands."""
import os
import time

import redis

r = redis.Redis(host=os.environ["HOST"], port=int(os.environ["PORT"]), decode_responses=True)


# docs: lease
def cached(key, seconds, compute):
    """The value of a key, computed at most once however many ask."""
    while True:
        value, token, stale, left = r.execute_command("CACHE GETLEASE", key, "STALE", 300)
        if token is not None:
            value = compute()  # if it fails the token dies by itself
            r.execute_command("CACHE SETLEASE", key, token, value, "EX", seconds)
            return value
        if value is not None:
            return value  # fresh, or old and on its way to be computed anew
        time.sleep(0.02)  # another client computes it


# docs: tags
def each_tagged(tag):
    """The keys that have a tag, a page at a time."""
    cursor = "0"
    while True:
        cursor, keys = r.execute_command("CACHE TAGKEYS", tag, cursor, "COUNT", 100)
        yield from keys
        if cursor == "0":
            return


# docs: names
def each_below(prefix):
    """The keys that begin with a prefix, in order, a page at a time."""
    cursor = "0"
    while True:
        cursor, keys = r.execute_command("CACHE SCAN", prefix, cursor, "COUNT", 100)
        yield from keys
        if cursor == "0":
            return


# docs: end
def compute():
    print("computing")
    return "the front page"


print(cached("page:1", 60, compute))
print(cached("page:1", 60, compute))
for i in range(250):
    r.execute_command("CACHE SET", f"user:{i:03}", "v", "TAG", 2, "users", f"shelf:{i % 5}")
print(len(set(each_tagged("users"))), len(set(each_tagged("shelf:3"))))
print(r.execute_command("CACHE EVICT", "shelf:3", "shelf:4"))
print(sorted(each_tagged("users"))[:4])
try:
    print(list(each_below("user:00")))
except redis.ResponseError as e:
    print(e)
