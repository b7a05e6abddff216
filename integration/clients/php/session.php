<?php
// One request of a PHP site whose sessions lie in Redis, locked while the request runs:
// it counts the visits of the session named by the first argument.
ini_set('session.save_handler', 'redis');
ini_set('session.save_path', sprintf('tcp://%s:%d?prefix=php:session:', getenv('HOST'), getenv('PORT')));
ini_set('session.gc_maxlifetime', '600');
ini_set('redis.session.locking_enabled', '1');
ini_set('redis.session.lock_retries', '-1');
ini_set('redis.session.lock_wait_time', '2000');
ini_set('session.use_cookies', '0');
ini_set('session.cache_limiter', '');
session_id($argv[1]);
session_start();
$visits = ($_SESSION['visits'] ?? 0) + 1;
usleep(1000); // another request would overtake it, but for the lock
$_SESSION['visits'] = $visits;
if (isset($argv[2])) {
    $_SESSION['user'] = ['name' => $argv[2]];
}
echo $_SESSION['user']['name'] ?? 'nobody', ' ', $visits, "\n";
