# The jobs of the Sidekiq test; the worker process requires this file.
require "sidekiq"

URL = "redis://#{ENV.fetch("HOST")}:#{ENV.fetch("PORT")}/0"
Sidekiq.configure_client { |c| c.redis = { url: URL } }
Sidekiq.configure_server do |c|
  c.redis = { url: URL }
  c.options[:poll_interval_average] = 1
end

def count(field) = Sidekiq.redis { |r| r.hincrby("test:runs", field, 1) }

class Plain
  include Sidekiq::Worker
  def perform(n) = count("plain:#{n}")
end

class ThirdTime
  include Sidekiq::Worker
  sidekiq_options retry: 5
  sidekiq_retry_in { 1 }
  def perform = (raise "not yet" if count("retried") < 3)
end

class Never
  include Sidekiq::Worker
  sidekiq_options retry: 0
  def perform = raise("never")
end

class ByTheClock
  include Sidekiq::Worker
  def perform(due)
    early = Sidekiq.redis { |r| r.time[0] } < due
    count(early ? "early" : "on time")
  end
end
