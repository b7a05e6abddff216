"""The tasks of the Celery test; the worker imports them."""
import os

import redis
from celery import Celery

url = "redis://%(HOST)s:%(PORT)s/0" % os.environ
app = Celery("tasks", broker=url, backend=url)
app.conf.worker_send_task_events = False
r = redis.Redis.from_url(url)


@app.task
def square(n):
    r.hincrby("celery:runs", n, 1)
    return n * n


@app.task
def total(numbers):
    return sum(numbers)


@app.task(bind=True, max_retries=5)
def third_time(self):
    if self.request.retries < 2:
        raise self.retry(countdown=0)
    return self.request.retries + 1


@app.task
def never():
    raise ValueError("never")


@app.task
def by_the_clock(due):
    return r.time()[0] >= due
