# Sidekiq with a worker process: plain, scheduled, retried and failing jobs.
require_relative "jobs"
require "sidekiq/api"

jobs = Integer(ENV.fetch("JOBS"))
Sidekiq.redis { |r| r.ping }
due = Sidekiq.redis { |r| r.time[0] } + 2
ByTheClock.perform_at(due, due)
Plain.perform_bulk((0...jobs / 2).map { |n| [n] }) # one LPUSH of many
(jobs / 2...jobs).each { |n| Plain.perform_async(n) }
ThirdTime.perform_async
Never.perform_async
puts "scheduled: #{Sidekiq::ScheduledSet.new.size}, waiting: #{Sidekiq::Queue.new.size - jobs}"

worker = spawn("sidekiq", "--require", File.join(__dir__, "jobs.rb"), "--concurrency", "4", "--timeout", "5",
               in: File::NULL, out: File::NULL, err: File::NULL)
# Sidekiq's own statistics are complete only when the worker has ended.
sleep 0.05 until Sidekiq.redis { |r| r.hlen("test:runs") == jobs + 2 && r.hget("test:runs", "retried") == "3" }
puts "processes: #{Sidekiq::ProcessSet.new.size}"
Process.kill("TERM", worker)
Process.wait(worker)
stats = Sidekiq::Stats.new

runs = Sidekiq.redis { |r| r.hgetall("test:runs") }
puts "plain jobs run once: #{(0...jobs).count { |n| runs["plain:#{n}"] == "1" } == jobs}"
puts "runs of the retried: #{runs["retried"]}"
puts "scheduled: #{runs["on time"]} on time, #{runs["early"].to_i} early"
puts "processed: #{stats.processed - jobs}, failed: #{stats.failed}"
puts "left in queue, retries, schedule: #{Sidekiq::Queue.new.size} #{Sidekiq::RetrySet.new.size} #{Sidekiq::ScheduledSet.new.size}"
puts "processes after the end: #{Sidekiq::ProcessSet.new.size}"
