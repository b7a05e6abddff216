"""RQ with two workers: results, retries, failures, dependencies, and a job for later."""
import datetime
import os
import subprocess
import sys
import time

from rq import Queue, Retry
from rq.registry import FailedJobRegistry, FinishedJobRegistry

import jobs

count = int(os.environ["JOBS"]) // 20  # a process is forked for each
queue = Queue(connection=jobs.r)
due = jobs.r.time()[0] + 2
# RQ schedules by the wall clock, the server's here.
later = queue.enqueue_at(datetime.datetime.fromtimestamp(due, datetime.timezone.utc), jobs.by_the_clock, due)
plain = [queue.enqueue(jobs.double, i) for i in range(count)]
retried = queue.enqueue(jobs.third_time, retry=Retry(max=5))
failed = queue.enqueue(jobs.never)
dependent = queue.enqueue(jobs.after, plain[-1].id, depends_on=plain[-1])
print("waiting:", len(queue) - count)

url = "redis://%(HOST)s:%(PORT)s" % os.environ
workers = [
    subprocess.Popen(["rq", "worker", "--url", url, "--quiet", "--with-scheduler"], stderr=subprocess.DEVNULL,
                     cwd=os.path.dirname(os.path.abspath(__file__)))
    for _ in range(2)
]
try:
    waiting = plain + [later, retried, failed, dependent]
    while waiting := [j for j in waiting if j.get_status() not in ("finished", "failed")]:
        time.sleep(0.05)
finally:
    for w in workers:
        w.terminate()
    for w in workers:
        w.wait()

print("doubled:", sum(j.result for j in plain) == count * (count - 1))
runs = jobs.r.hgetall("rq:runs")
print("runs of each:", {int(runs[b"%d" % i]) for i in range(count)})
print("retried:", retried.result, "at attempt", int(runs[b"retried"]))
print("failed:", failed.get_status(), failed.exc_info.strip().splitlines()[-1])
print("failed registry:", FailedJobRegistry(queue=queue).get_job_ids() == [failed.id])
print("finished registry:", len(FinishedJobRegistry(queue=queue)) - count)
print("not before its time:", later.result)
print("dependent:", dependent.result == "after %d" % (2 * count - 2))
print("workers left:", jobs.r.scard("rq:workers"))
sys.stdout.flush()
