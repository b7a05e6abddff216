package caches

import (
	"math"
	"strconv"
	"time"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// rate is a limit: an action each interval, and at most so many at once.
type rate struct {
	limit    int64
	interval time.Duration
}

// verdict is what THROTTLE answers.
type verdict struct {
	limited   bool
	remaining int64
	retry     time.Duration // -1 if it may go on, or would never fit
	reset     time.Duration // until the limit is as if unused
}

// weigh is the generic cell rate algorithm. due is the theoretical arrival time: when the
// next action would come if all came evenly, in the units of now. It returns the new one.
func (r rate) weigh(due, now, quantity int64) (verdict, int64) {
	due = max(due, now)
	tolerance, cost := int64(r.interval)*r.limit, int64(r.interval)*quantity
	v := verdict{retry: -1, reset: time.Duration(due - now)}
	next := due + cost
	if wait := next - tolerance - now; wait > 0 {
		v.limited = true
		if cost <= tolerance {
			v.retry = time.Duration(wait)
		}
		next = due
	}
	v.reset = time.Duration(next - now)
	v.remaining = max(0, (tolerance-int64(v.reset))/int64(r.interval))
	return v, next
}

// wholeSeconds rounds up: a client that waits so long has waited enough.
func wholeSeconds(d time.Duration) int64 {
	if d < 0 {
		return -1
	}
	return int64((d + time.Second - 1) / time.Second)
}

// longest bounds what a limit may span, so that its times cannot overflow: about 30 years.
const longest = time.Duration(math.MaxInt64 / 9)

var errRate = store.Invalid("count and period should be positive, max-burst and quantity zero or more, and the time " +
	"they span at most thirty years")

func parseRate(c *cmd.Call) (r rate, quantity int64, err error) {
	s := c.Scan(3)
	burst, count, period := s.Int(), s.Int(), s.Int()
	quantity = 1
	if s.More() {
		quantity = s.Int()
	}
	if err := s.End(); err != nil {
		return r, 0, err
	}
	if burst < 0 || count < 1 || period < 1 || quantity < 0 || period > int64(longest/time.Second) {
		return r, 0, errRate
	}
	r = rate{limit: burst + 1, interval: max(time.Duration(period)*time.Second/time.Duration(count), 1)}
	if widest := int64(longest / r.interval); burst >= widest || quantity > widest {
		return r, 0, errRate
	}
	return r, quantity, nil
}

// throttle keeps the theoretical arrival time, in nanoseconds, as the string at the key, which
// expires when the limit is as if unused.
func throttle(c *cmd.Call) reply.Reply {
	r, quantity, err := parseRate(c)
	if err != nil {
		return reply.Err(err)
	}
	k := c.Key(2)
	b, err := store.OpenBlob(c.Tx, k)
	if err != nil {
		return reply.Err(err)
	}
	due, head := int64(0), b.Head()
	if head.Exists() {
		var ok bool
		if due, ok = store.ParseInteger(head.Value); !ok {
			return reply.Fail("ERR the key does not hold a rate limit")
		}
	}
	now := c.Tx.Now().UnixNano()
	v, next := r.weigh(due, now, quantity)
	if !v.limited && next > now && next != due {
		if err := store.SetNoted(c.Tx, k, strconv.AppendInt(nil, next, 10), next/int64(time.Millisecond)+1,
			head.Notes); err != nil {
			return reply.Err(err)
		}
	}
	return reply.Of(reply.Truth(v.limited), reply.Integer(r.limit), reply.Integer(v.remaining),
		reply.Integer(wholeSeconds(v.retry)), reply.Integer(wholeSeconds(v.reset)))
}
