// Program asynq is an asynq server and its client: tasks, retries, scheduled and unique
// tasks. It prints what came of them.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// book is what the handlers saw. Any goroutine may use it.
type book struct {
	mu       sync.Mutex
	runs     map[string]int
	early    int // scheduled tasks that ran before their time on the server's clock
	clock    func() time.Time
	finished chan struct{}
	missing  int
}

func (b *book) handle(_ context.Context, task *asynq.Task) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	payload := string(task.Payload())
	name := task.Type() + payload
	b.runs[name]++
	switch task.Type() {
	case "retried":
		if b.runs[name] < 3 {
			return errors.New("not yet")
		}
	case "doomed":
		if b.runs[name] == 2 {
			b.done()
		}
		return errors.New("never")
	case "scheduled":
		due, err := strconv.ParseInt(payload, 10, 64)
		check(err)
		if b.clock().Unix() < due {
			b.early++
		}
	}
	b.done()
	return nil
}

func (b *book) done() {
	if b.missing--; b.missing == 0 {
		close(b.finished)
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	jobs, err := strconv.Atoi(os.Getenv("JOBS"))
	check(err)
	addr := net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT"))
	r := redis.NewClient(&redis.Options{Addr: addr})
	clock := func() time.Time { return r.Time(context.Background()).Val() }
	seen := &book{runs: map[string]int{}, clock: clock, finished: make(chan struct{})}
	seen.missing = jobs + 4
	opt := asynq.RedisClientOpt{Addr: addr}
	client := asynq.NewClient(opt)
	defer client.Close()
	put := func(kind, payload string, opts ...asynq.Option) error {
		_, err := client.Enqueue(asynq.NewTask(kind, []byte(payload)), opts...)
		return err
	}
	check(put("unique", "", asynq.Unique(time.Hour)))
	fmt.Println("unique again:", errors.Is(put("unique", "", asynq.Unique(time.Hour)), asynq.ErrDuplicateTask))
	check(put("retried", "", asynq.MaxRetry(5)))
	check(put("doomed", "", asynq.MaxRetry(1)))
	due := clock().Add(2 * time.Second).Truncate(time.Second)
	check(put("scheduled", strconv.FormatInt(due.Unix(), 10), asynq.ProcessAt(due)))
	for i := range jobs {
		check(put("plain", strconv.Itoa(i), asynq.Retention(time.Hour)))
	}
	server := asynq.NewServer(opt, asynq.Config{
		Concurrency: 8, LogLevel: asynq.ErrorLevel,
		TaskCheckInterval: 200 * time.Millisecond, DelayedTaskCheckInterval: 200 * time.Millisecond,
		RetryDelayFunc: func(int, error, *asynq.Task) time.Duration { return 0 },
	})
	check(server.Start(asynq.HandlerFunc(seen.handle)))
	<-seen.finished
	server.Shutdown()
	report(seen, opt)
	check(put("unique", "", asynq.Unique(time.Hour)))
	fmt.Println("unique after it is done: enqueued")
}

func report(seen *book, opt asynq.RedisClientOpt) {
	once := 0
	var due string
	for name, n := range seen.runs {
		if len(name) > 5 && name[:5] == "plain" && n == 1 {
			once++
		}
		if len(name) > 9 && name[:9] == "scheduled" {
			due = name
		}
	}
	fmt.Println("plain tasks run once:", once)
	fmt.Println("runs of the retried, the doomed, the unique, the scheduled:",
		seen.runs["retried"], seen.runs["doomed"], seen.runs["unique"], seen.runs[due])
	fmt.Println("scheduled too early:", seen.early)
	inspector := asynq.NewInspector(opt)
	defer inspector.Close()
	info, err := inspector.GetQueueInfo("default")
	check(err)
	fmt.Printf("queue: %d completed, %d archived, %d pending, %d active, %d scheduled, %d retry\n",
		info.Completed, info.Archived, info.Pending, info.Active, info.Scheduled, info.Retry)
	fmt.Printf("today: %d processed but the plain, %d failed\n", info.Processed-once, info.Failed)
}
