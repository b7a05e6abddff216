// Subscriptions are confirmed and counted as redis-server does, and messages reach subscribers after the commit.
package pubsubs_test

import (
	"testing"

	"larder/resp/broker"
	"larder/resp/cmd"
	"larder/resp/cmd/cmdtest"
	"larder/resp/cmd/pubsubs"
	"larder/store"
	"larder/store/memory"
)

// host has a broker, the subscriber of each client that has called, and what they were sent.
type host struct {
	broker      *broker.Broker
	subscribers map[*cmd.Client]*broker.Subscriber
	heard       []string
}

func newHost() *host {
	return &host{broker: broker.New(), subscribers: map[*cmd.Client]*broker.Subscriber{}}
}

func (h *host) Broker() *broker.Broker { return h.broker }

func (h *host) Subscriber(c *cmd.Call) *broker.Subscriber {
	s := h.subscribers[c.Client]
	if s == nil {
		s = broker.NewSubscriber((*broker.Counts)(&c.Client.Subscriptions), func(m *broker.Message) {
			h.heard = append(h.heard, string(m.Bytes(2)))
		})
		h.subscribers[c.Client] = s
	}
	return s
}

func TestRepliesAreRedis(t *testing.T) {
	fresh := func() store.Engine { return memory.New() }
	cmdtest.Replay(t, "testdata/replies.txt", pubsubs.Table(newHost()), fresh, nil)
}

func TestMessageIsDeliveredOnceItsTransactionHasCommitted(t *testing.T) {
	h := newHost()
	rows := pubsubs.Table(h)
	s := cmdtest.NewSession(memory.New(), rows, nil)
	s.DoText(t, "SUBSCRIBE news")
	s.DoText(t, "PSUBSCRIBE n*")
	for i := range rows {
		if rows[i].Name != "PUBLISH" {
			continue
		}
		c := &cmd.Call{Spec: &rows[i], Args: [][]byte{[]byte("PUBLISH"), []byte("news"), []byte("hello")}, Client: &cmd.Client{}}
		if n := rows[i].Run(c).Int(); n != 2 {
			t.Errorf("PUBLISH counts %d receivers, not a channel's and a pattern's", n)
		}
		if len(h.heard) != 0 {
			t.Errorf("delivered before the commit: %q", h.heard)
		}
		for _, e := range c.Events {
			e.Do()
		}
	}
	if len(h.heard) != 2 {
		t.Errorf("delivered: %q", h.heard)
	}
}
