"""Django's cache and sessions on django-redis. Run without arguments it is the first process
and starts the second, which reads what the first has left."""
import os
import subprocess
import sys
import time

import django
from django.conf import settings

settings.configure(
    CACHES={"default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": "redis://%(HOST)s:%(PORT)s/0" % os.environ,
        "OPTIONS": {"CLIENT_CLASS": "django_redis.client.DefaultClient"},
    }},
    SESSION_ENGINE="django.contrib.sessions.backends.cache",
    SECRET_KEY="tests",
    USE_TZ=True,
)
django.setup()
from django.contrib.sessions.backends.cache import SessionStore  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django_redis import get_redis_connection  # noqa: E402

redis = get_redis_connection("default")


def now():
    sec, micro = redis.time()
    return sec + micro / 1e6


def second(key):
    session = SessionStore(key)
    print("session in another process:", session["user"], session.get_expiry_age() == 600)
    session["visits"] += 1
    session.save()
    print("object in another process:", cache.get("object"))


def first():
    cache.set("object", {"list": [1, 2.5, "three"], "none": None}, 60)
    session = SessionStore()
    session["user"], session["visits"] = "ada", 1
    session.set_expiry(600)
    session.create()
    sys.stdout.flush()
    subprocess.run([sys.executable, __file__, session.session_key], check=True)
    print("visits after the other process:", SessionStore(session.session_key)["visits"])
    session.flush()
    print("session after flush:", SessionStore(session.session_key).load())

    began = now()
    cache.set("brief", "x", 1)
    cache.set("lasting", "y", None)
    print("at once:", cache.get("brief"), cache.ttl("lasting"))
    while now() < began + 1.1:
        time.sleep(0.05)
    print("after TTL:", cache.get("brief", "gone"), cache.get("lasting"))

    print("add twice:", cache.add("added", 1), cache.add("added", 2), cache.get("added"))
    cache.set("n", 5)
    print("incr, decr:", cache.incr("n", 3), cache.decr("n"))
    try:
        cache.incr("nosuch")
    except ValueError as e:
        print("incr of nothing:", e)
    cache.set_many({f"many:{i}": i for i in range(1000)}, 60)
    print("get_many:", sum(cache.get_many([f"many:{i}" for i in range(1001)]).values()))
    print("versions:", cache.set("v", "two", version=2), cache.get("v"), cache.get("v", version=2))
    print("touch:", cache.touch("lasting", 60), 0 < cache.ttl("lasting") <= 60, cache.touch("nosuch", 60))
    print("get_or_set:", cache.get_or_set("made", lambda: 7), cache.get_or_set("made", lambda: 8))
    print("delete_pattern:", cache.delete_pattern("many:*"), cache.get("many:1"))
    with cache.lock("lock", timeout=60):
        print("lock held:", cache.lock("lock", timeout=60).acquire(blocking=False))
    print("lock free:", cache.lock("lock", timeout=60).acquire(blocking=False))
    cache.clear()
    print("after clear:", cache.get("object"))


second(sys.argv[1]) if len(sys.argv) > 1 else first()
