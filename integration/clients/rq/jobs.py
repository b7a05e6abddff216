"""The jobs of the RQ test; the worker's processes import them."""
import os

import redis

r = redis.Redis(host=os.environ["HOST"], port=int(os.environ["PORT"]))


def double(n):
    r.hincrby("rq:runs", n, 1)
    return 2 * n


def third_time():
    if r.hincrby("rq:runs", "retried", 1) < 3:
        raise RuntimeError("not yet")
    return "at last"


def never():
    raise RuntimeError("never")


def by_the_clock(due):
    return r.time()[0] >= due


def after(job_id):
    from rq.job import Job
    return "after " + str(Job.fetch(job_id, connection=r).result)
