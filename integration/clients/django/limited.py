"""Pages cached by Django under a limit: Zipf(1.0) requests over ten times the keys that fit. Prints the hit
rate of the second half."""
import os
import random
import sys
from itertools import accumulate

import django
from django.conf import settings

settings.configure(CACHES={"default": {
    "BACKEND": "django_redis.cache.RedisCache",
    "LOCATION": "redis://%(HOST)s:%(PORT)s/0" % os.environ,
}})
django.setup()
from django.core.cache import cache  # noqa: E402

KEYS = 5000  # of about 240 bytes each with their names
requests = int(sys.argv[1])
random.seed(7)
weights = list(accumulate(1 / rank for rank in range(1, KEYS + 1)))
hits = 0
for count, page in enumerate(random.choices(range(KEYS), cum_weights=weights, k=requests)):
    key = f"page:{page}"
    body = cache.get(key)
    if body is None:
        cache.set(key, f"{page} ".ljust(200, "."), 3600)
    elif not body.startswith(f"{page} "):
        sys.exit(f"{key} is {body!r}")
    elif count >= requests // 2:
        hits += 1
print("hit rate", hits / (requests - requests // 2))
