// A message reaches every subscriber once for each subscription that matches, and a client that leaves takes all
// with it.
package broker_test

import (
	"fmt"
	"reflect"
	"testing"

	"larder/resp/broker"
)

// listener keeps what it heard, in RESP2.
type listener struct {
	*broker.Subscriber
	counts broker.Counts
	heard  []string
}

func listen() *listener {
	l := &listener{}
	l.Subscriber = broker.NewSubscriber(&l.counts, func(m *broker.Message) { l.heard = append(l.heard, string(m.Bytes(2))) })
	return l
}

func TestMessagesReachWhoHearsThem(t *testing.T) {
	b := broker.New()
	one, two := listen(), listen()
	b.Subscribe(one.Subscriber, broker.Channels, "news")
	b.Subscribe(one.Subscriber, broker.Channels, "news")
	b.Subscribe(one.Subscriber, broker.Patterns, "n*")
	b.Subscribe(two.Subscriber, broker.Patterns, "n*")
	b.Subscribe(two.Subscriber, broker.ShardChannels, "news")
	if n := b.Receivers(broker.Channels, []byte("news")); n != 3 {
		t.Errorf("%d receivers, want 3", n)
	}
	b.Publish(broker.Channels, []byte("news"), []byte("hi"))
	b.Publish(broker.ShardChannels, []byte("news"), []byte("yo"))
	b.Publish(broker.Channels, []byte("other"), []byte("hi"))
	plain := "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\nhi\r\n"
	fitted := "*4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$2\r\nhi\r\n"
	shard := "*3\r\n$8\r\nsmessage\r\n$4\r\nnews\r\n$2\r\nyo\r\n"
	if want := []string{plain, fitted}; !reflect.DeepEqual(one.heard, want) {
		t.Errorf("one heard %q, want %q", one.heard, want)
	}
	if want := []string{fitted, shard}; !reflect.DeepEqual(two.heard, want) {
		t.Errorf("two heard %q, want %q", two.heard, want)
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	b := broker.New()
	l := listen()
	for i := range 10 {
		b.Subscribe(l.Subscriber, broker.Kind(i%3), fmt.Sprint("name", i))
	}
	if got := b.Subscriptions(l.Subscriber, broker.Channels); !reflect.DeepEqual(got, []string{"name0", "name3", "name6", "name9"}) {
		t.Errorf("subscriptions %q", got)
	}
	if got := b.Names(broker.ShardChannels, []byte("*[25]")); !reflect.DeepEqual(got, []string{"name2", "name5"}) {
		t.Errorf("names %q", got)
	}
	b.Unsubscribe(l.Subscriber, broker.Channels, "name0")
	b.Unsubscribe(l.Subscriber, broker.Channels, "never there")
	if n := l.counts[broker.Channels].Load(); n != 3 {
		t.Errorf("%d channels counted, want 3", n)
	}
	b.Leave(l.Subscriber)
	for k := range l.counts {
		if l.counts[k].Load() != 0 || b.Total(broker.Kind(k)) != 0 {
			t.Errorf("kind %d: %d counted, %d names left", k, l.counts[k].Load(), b.Total(broker.Kind(k)))
		}
	}
	b.Publish(broker.Channels, []byte("name3"), nil)
	if len(l.heard) != 0 {
		t.Errorf("heard %q after it left", l.heard)
	}
}
