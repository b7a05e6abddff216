<?php
// Sessions over several PHP processes, and what users of phpredis lean on.
$redis = new Redis();
$redis->connect(getenv('HOST'), (int) getenv('PORT'));
$request = fn(string ...$args) => PHP_BINARY . ' ' . escapeshellarg(__DIR__ . '/session.php') . ' ' . implode(' ', array_map('escapeshellarg', $args));

echo 'written by one process: ', shell_exec($request('first', 'ada'));
echo 'read by another: ', shell_exec($request('first'));
echo 'another session: ', shell_exec($request('second'));
$ttl = $redis->ttl('php:session:first');
echo 'lives for its time: ', var_export($ttl > 0 && $ttl <= 600, true), "\n";

$running = [];
for ($i = 0; $i < 8; $i++) {
    $running[] = popen($request('crowd') . ' >/dev/null', 'r');
}
array_map('pclose', $running);
echo 'after 8 requests at once: ', shell_exec($request('crowd'));
echo 'locks left: ', count($redis->keys('php:session:*_LOCK')), "\n";

$redis->setOption(Redis::OPT_SERIALIZER, Redis::SERIALIZER_PHP);
$redis->set('php:object', ['a' => [1, 2.5, null]], ['nx', 'ex' => 60]);
echo 'object: ', json_encode($redis->get('php:object')), ' ', var_export($redis->set('php:object', 1, ['nx']), true), "\n";
$redis->setOption(Redis::OPT_SERIALIZER, Redis::SERIALIZER_NONE);
$replies = $redis->multi()->hMSet('php:h', ['x' => 1, 'y' => 2])->hIncrBy('php:h', 'x', 4)->hMGet('php:h', ['x', 'y'])->exec();
echo 'MULTI: ', json_encode($replies), "\n";
$pipe = $redis->multi(Redis::PIPELINE);
for ($i = 0; $i < 1000; $i++) {
    $pipe->zAdd('php:z', $i / 2, "m$i");
}
echo 'pipeline: ', array_sum($pipe->exec()), "\n";
echo 'by score: ', json_encode($redis->zRevRangeByScore('php:z', 499.5, 499, ['withscores' => true])), "\n";
echo 'script: ', json_encode($redis->eval('return {KEYS[1], redis.call("ZCARD", KEYS[1]), {ARGV[1]}}', ['php:z', 'arg'], 1)), "\n";
$seen = 0;
$cursor = null;
$redis->setOption(Redis::OPT_SCAN, Redis::SCAN_RETRY);
while ($members = $redis->zScan('php:z', $cursor, 'm*', 100)) {
    $seen += count($members);
}
echo 'members by ZSCAN: ', $seen, "\n";
$redis->rPush('php:list', 'one');
echo 'BLPOP: ', json_encode($redis->blPop(['php:none', 'php:list'], 10)), ' then ', json_encode($redis->brPop(['php:list'], 1)), "\n";
$redis->watch('php:w');
(function () {
    $other = new Redis();
    $other->connect(getenv('HOST'), (int) getenv('PORT'));
    $other->set('php:w', 1);
})();
echo 'overtaken: ', var_export($redis->multi()->set('php:w', 2)->exec(), true), ' ', $redis->get('php:w'), "\n";
