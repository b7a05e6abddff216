"""DiskCache's own benchmark, for DiskCache and for any server that speaks RESP.

    prepare KIND WHERE SHARDS TIMEOUT                      fill the keys
    mix     KIND WHERE SHARDS TIMEOUT NUMBER OPS START OUT one process: 90% get, 9% set, 1% delete
    bulk    KIND WHERE SHARDS SIZE                         until killed: SIZE sets in one transaction, a pause as long, and again
    growth  WHERE FROM TO SECONDS                          fill keys FROM..TO, then time GET and SET of one process

KIND is diskcache (WHERE is a directory) or redis (WHERE is a port of 127.0.0.1).
mix writes OUT.get, OUT.set, OUT.delete: seconds as float64, negative for a miss.
"""

import array
import json
import os
import random
import sys
import time

RANGE = 100
WARMUP = 1000
VALUE = b'v' * 100


def connect(kind, where, shards, timeout):
    """The cache under test, through the client its users have."""
    if kind == 'redis':
        import redis

        if float(timeout) == 0:
            return redis.StrictRedis(host='127.0.0.1', port=int(where))
        cache = redis.StrictRedis(host='127.0.0.1', port=int(where), single_connection_client=True)
        cache.execute_command('CACHE DEADLINE', round(1000 * float(timeout)))
        return Timely(cache, redis.ResponseError)
    import diskcache

    return diskcache.FanoutCache(where, shards=int(shards), timeout=float(timeout), size_limit=1 << 40)


class Timely:
    """A client whose commands, if they come too late, answer as DiskCache does: with nothing."""

    def __init__(self, cache, error):
        self.cache, self.error = cache, error

    def __getattr__(self, name):
        call = getattr(self.cache, name)

        def timely(*args):
            try:
                return call(*args)
            except self.error as failure:
                if not str(failure).startswith('TIMEOUT'):
                    raise
                return None

        return timely


def prepare(kind, where, shards, timeout):
    """Give every key a value, as DiskCache's benchmark does before it starts the clock."""
    cache = connect(kind, where, shards, 60 if kind == 'diskcache' else 0)
    for number in range(RANGE):
        cache.set(str(number).encode(), number)


def choose(cache, key, value):
    """One operation: its name, what to call, and what its answer is when it missed."""
    choice = random.random()
    if choice < 0.900:
        return 'get', lambda: cache.get(key), lambda answer: answer is None
    if choice < 0.990:
        return 'set', lambda: cache.set(key, value), lambda answer: not answer
    return 'delete', lambda: cache.delete(key), lambda answer: not answer


def mix(kind, where, shards, timeout, number, ops, start, out):
    """One process of the mixed load."""
    random.seed(int(number))
    cache = connect(kind, where, shards, timeout)
    cache.get(b'0')
    times = {name: array.array('d') for name in ('get', 'set', 'delete')}
    time.sleep(max(0, float(start) - time.time()))
    ops = int(ops)
    warmup = min(WARMUP, ops // 10)
    for count in range(ops):
        key = str(random.randrange(RANGE)).encode()
        value = str(count).encode() * random.randrange(1, 100)
        name, call, missed = choose(cache, key, value)
        begin = time.perf_counter()
        answer = call()
        taken = time.perf_counter() - begin
        if count >= warmup:
            times[name].append(-taken if missed(answer) else taken)
    for name, values in times.items():
        with open(out + '.' + name, 'wb') as file:
            values.tofile(file)


def bulk(kind, where, shards, size):
    """Transactions that others have to wait for."""
    cache = connect(kind, where, shards, 60 if kind == 'diskcache' else 0)
    while True:
        begin = time.perf_counter()
        if kind == 'redis':
            with cache.pipeline(transaction=True) as queue:
                for number in range(int(size)):
                    queue.set('bulk:%d' % number, VALUE)
                queue.execute()
        else:
            with cache.transact():
                for number in range(int(size)):
                    cache.set('bulk:%d' % number, VALUE)
        time.sleep(time.perf_counter() - begin)


def timed(seconds, keys, call):
    """Call with random keys for some seconds; the figures in microseconds."""
    taken = []
    end = time.perf_counter() + seconds
    begin = time.perf_counter()
    while begin < end:
        call('key:%012d' % random.randrange(keys))
        now = time.perf_counter()
        taken.append(now - begin)
        begin = now
    taken.sort()
    micros = [1e6 * t for t in taken]
    return {
        'rps': len(micros) / seconds,
        'p50_us': micros[len(micros) // 2],
        'p99_us': micros[len(micros) * 99 // 100],
        'max_us': micros[-1],
    }


def resident():
    """Resident memory of this process in MB."""
    with open('/proc/self/status') as status:
        line = next(line for line in status if line.startswith('VmRSS'))
    return int(line.split()[1]) / 1024


def disk(where):
    """MB of all files below a directory."""
    sizes = (os.path.getsize(os.path.join(path, name)) for path, _, names in os.walk(where) for name in names)
    return sum(sizes) / 2**20


def growth(where, start, stop, seconds):
    """Fill up to a number of keys and time both operations; prints JSON."""
    cache = connect('diskcache', where, 8, 60)
    start, stop, seconds = int(start), int(stop), float(seconds)
    for first in range(start, stop, 1000):
        with cache.transact():
            for number in range(first, min(first + 1000, stop)):
                cache.set('key:%012d' % number, VALUE)
    answer = {'GET': timed(seconds, stop, cache.get), 'SET': timed(seconds, stop, lambda key: cache.set(key, VALUE))}
    for figures in answer.values():
        figures['rss_mb'] = resident()
        figures['disk_mb'] = disk(where)
    print(json.dumps(answer))


if __name__ == '__main__':
    {'prepare': prepare, 'mix': mix, 'bulk': bulk, 'growth': growth}[sys.argv[1]](*sys.argv[2:])
