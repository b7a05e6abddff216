"""Celery with a worker process: results, retries, an eta, a chain and a chord."""
import datetime
import os
import subprocess
import sys

from celery import chain, chord

from tasks import app, by_the_clock, never, r, square, third_time, total

jobs = int(os.environ["JOBS"]) // 5
worker = subprocess.Popen(
    [sys.executable, "-m", "celery", "-A", "tasks", "worker", "--concurrency", "2", "--pool", "prefork",
     "--loglevel", "ERROR", "--without-gossip", "--without-mingle"],
    cwd=os.path.dirname(os.path.abspath(__file__)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    due = r.time()[0] + 2
    later = by_the_clock.apply_async((due,), eta=datetime.datetime.fromtimestamp(due, datetime.timezone.utc))
    failed = never.delay()
    squares = [square.delay(i) for i in range(jobs)]
    retried = third_time.delay()
    print("squares:", sum(s.get(timeout=100) for s in squares) == sum(i * i for i in range(jobs)))
    runs = r.hgetall("celery:runs")
    print("runs of each:", {int(runs[b"%d" % i]) for i in range(jobs)})
    print("retried until attempt:", retried.get(timeout=60))
    try:
        failed.get(timeout=60)
    except ValueError as e:
        print("failed:", failed.status, e)
    print("chain:", chain(square.s(3), square.s())().get(timeout=60))
    print("chord:", chord((square.s(i) for i in range(1000, 1020)), total.s())().get(timeout=60))
    tomorrow = square.apply_async((5000,), countdown=86400)
    print("answers:", [list(a.values()) for a in app.control.ping(timeout=2)])
    print("not before its time:", later.get(timeout=60))
    squares[0].forget()
    print("forgotten:", squares[0].status, "kept:", squares[1].status)
finally:
    worker.terminate()
    worker.wait()
# What the worker had fetched ahead of its time it gave back when it ended.
print("left in the queue:", r.llen("celery"), tomorrow.id.encode() in r.lindex("celery", 0))
