// Package broker keeps the subscriptions of clients to channels, patterns and shard channels, and delivers messages.
// It knows no sockets: a subscriber is a function that takes messages.
package broker

import (
	"sort"
	"sync"
	"sync/atomic"

	"larder/store"
)

// Kind is a kind of subscription. Each has names of its own.
type Kind uint8

// The kinds. Messages to a channel also reach the patterns it fits; shard channels stand apart.
const (
	Channels Kind = iota
	Patterns
	ShardChannels
	kinds
)

// Counts are the numbers of a subscriber's subscriptions of each kind, for CLIENT LIST.
type Counts = [kinds]atomic.Int32

// Subscriber is one client's subscriptions. The broker guards it.
type Subscriber struct {
	// Admits, if set before the first subscription, tells whether the subscriber may have one. It is called under the
	// broker's lock: a right that is taken before a look at the subscriptions makes none behind it.
	Admits func(k Kind, name string) bool

	deliver func(*Message)
	counts  *Counts
	names   [kinds]map[string]struct{}
}

// NewSubscriber makes a subscriber without subscriptions. deliver is called under the broker's
// lock, so that all subscribers hear all messages in one order: it must not wait, nor call
// the broker. counts is kept up to date.
func NewSubscriber(counts *Counts, deliver func(*Message)) *Subscriber {
	return &Subscriber{deliver: deliver, counts: counts}
}

// Broker holds all subscriptions. Its methods may be called from any goroutine.
type Broker struct {
	mu    sync.Mutex
	names [kinds]map[string]map[*Subscriber]struct{}
}

// New makes a broker without subscribers.
func New() *Broker {
	b := &Broker{}
	for k := range b.names {
		b.names[k] = map[string]map[*Subscriber]struct{}{}
	}
	return b
}

// Subscribe adds a subscription, and reports whether the subscriber may have it; one that is there already stays as it
// is.
func (b *Broker) Subscribe(s *Subscriber, k Kind, name string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.Admits != nil && !s.Admits(k, name) {
		return false
	}
	if s.names[k] == nil {
		s.names[k] = map[string]struct{}{}
	}
	if b.names[k][name] == nil {
		b.names[k][name] = map[*Subscriber]struct{}{}
	}
	s.names[k][name] = struct{}{}
	b.names[k][name][s] = struct{}{}
	s.counts[k].Store(int32(len(s.names[k])))
	return true
}

// Unsubscribe ends a subscription, if it is there.
func (b *Broker) Unsubscribe(s *Subscriber, k Kind, name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unsubscribe(s, k, name)
}

func (b *Broker) unsubscribe(s *Subscriber, k Kind, name string) {
	delete(s.names[k], name)
	s.counts[k].Store(int32(len(s.names[k])))
	delete(b.names[k][name], s)
	if len(b.names[k][name]) == 0 {
		delete(b.names[k], name)
	}
}

// Leave ends all subscriptions of a subscriber.
func (b *Broker) Leave(s *Subscriber) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for k := range s.names {
		for name := range s.names[k] {
			b.unsubscribe(s, Kind(k), name)
		}
	}
}

// Subscriptions are the names of one kind that a subscriber hears, in order.
func (b *Broker) Subscriptions(s *Subscriber, k Kind) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]string, 0, len(s.names[k]))
	for name := range s.names[k] {
		list = append(list, name)
	}
	sort.Strings(list)
	return list
}

// Names are the names of one kind that have subscribers: those that match glob or, if it is nil, all.
func (b *Broker) Names(k Kind, glob []byte) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := []string{}
	for name := range b.names[k] {
		if glob == nil || store.Match(glob, []byte(name), false) {
			list = append(list, name)
		}
	}
	sort.Strings(list)
	return list
}

// Total is the number of names of one kind that have subscribers.
func (b *Broker) Total(k Kind) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.names[k])
}

// Subscribers is the number of clients that have subscribed to exactly this name.
func (b *Broker) Subscribers(k Kind, name []byte) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.names[k][string(name)])
}

// Receivers is the number of deliveries a message to a channel would make: one for the
// channel and one for each pattern of a subscriber.
func (b *Broker) Receivers(k Kind, channel []byte) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := len(b.names[k][string(channel)])
	b.fitting(k, channel, func(_ string, s map[*Subscriber]struct{}) { n += len(s) })
	return n
}

// Publish delivers a message to all who hear the channel, of kind Channels or ShardChannels.
// The slices must not change any more.
func (b *Broker) Publish(k Kind, channel, payload []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	deliver := func(pattern string, heard map[*Subscriber]struct{}, as Kind) {
		m := &Message{Kind: as, Pattern: pattern, Channel: channel, Payload: payload}
		for s := range heard {
			s.deliver(m)
		}
	}
	if heard := b.names[k][string(channel)]; len(heard) > 0 {
		deliver("", heard, k)
	}
	b.fitting(k, channel, func(p string, heard map[*Subscriber]struct{}) { deliver(p, heard, Patterns) })
}

// fitting calls visit with the patterns a channel fits; shard channels have none.
func (b *Broker) fitting(k Kind, channel []byte, visit func(pattern string, s map[*Subscriber]struct{})) {
	if k != Channels {
		return
	}
	for p, s := range b.names[Patterns] {
		if store.Match([]byte(p), channel, false) {
			visit(p, s)
		}
	}
}
