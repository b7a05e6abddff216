// The only node of a cluster answers as a redis-server that owns every slot; a server without cluster refuses.
package clusters_test

import (
	"strings"
	"testing"

	"larder/resp/cmd"
	"larder/resp/cmd/clusters"
	"larder/resp/cmd/cmdtest"
	"larder/resp/node"
	"larder/resp/param"
	"larder/resp/reply"
	"larder/store"
	"larder/store/memory"
)

// vault keeps the node's text in memory.
type vault struct{ text []byte }

func (v *vault) Load() ([]byte, error) { return v.text, nil }

func (v *vault) Save(text []byte) error { v.text = text; return nil }

func table(t *testing.T) ([]cmd.Spec, *node.Node) {
	t.Helper()
	n, err := node.Open(&vault{})
	if err != nil {
		t.Fatal(err)
	}
	return clusters.Table(n, param.New()), n
}

func TestRepliesAreRedis(t *testing.T) {
	rows, _ := table(t)
	cmdtest.Replay(t, "testdata/replies.txt", rows, func() store.Engine { return memory.New() }, nil)
}

func TestTheNodeOwnsEverySlot(t *testing.T) {
	rows, n := table(t)
	s := cmdtest.NewSession(memory.New(), rows, nil)
	for line, want := range map[string]string{
		"CLUSTER MYID":   n.ID(),
		"CLUSTER NODES":  " connected 0-16383",
		"CLUSTER SLOTS":  ":0 :16383 ",
		"CLUSTER SHARDS": "$5 slots *2 :0 :16383",
		"CLUSTER INFO":   "cluster_slots_assigned:16384",
	} {
		if got := s.DoText(t, line); !strings.Contains(got, want) {
			t.Errorf("%s does not say %q: %s", line, want, got)
		}
	}
}

func TestWithoutClusterEveryCommandIsRefused(t *testing.T) {
	s := cmdtest.NewSession(memory.New(), clusters.Table(nil, param.New()), nil)
	for _, line := range []string{"READONLY", "ASKING", "CLUSTER INFO", "CLUSTER KEYSLOT foo"} {
		if got := s.DoText(t, line); got != "-ERR This instance has cluster support disabled" {
			t.Errorf("%s: %s", line, got)
		}
	}
}

func TestSlotsAreCountedByTheirKeys(t *testing.T) {
	rows, _ := table(t)
	put := func(c *cmd.Call) reply.Reply {
		if err := store.SetString(c.Tx, c.Key(1), []byte("v"), 0); err != nil {
			return reply.Err(err)
		}
		return reply.OK()
	}
	s := cmdtest.NewSession(memory.New(), rows, put)
	for _, key := range []string{"foo", "{foo}1", "bar"} { // slot 12182 twice, and 5061
		s.DoText(t, "SET "+key)
	}
	for line, want := range map[string]string{
		"CLUSTER COUNTKEYSINSLOT 12182":                    ":2",
		"CLUSTER GETKEYSINSLOT 5061 10":                    "*1 $3 bar",
		"CLUSTER SLOT-STATS ORDERBY key-count LIMIT 2":     "*2 *2 :12182 *2 $9 key-count :2 *2 :5061 *2 $9 key-count :1",
		"CLUSTER SLOT-STATS SLOTSRANGE 5061 5062":          "*2 *2 :5061 *2 $9 key-count :1 *2 :5062 *2 $9 key-count :0",
		"CLUSTER SLOT-STATS ORDERBY key-count LIMIT 1 ASC": "*1 *2 :0 *2 $9 key-count :0",
		"CLUSTER SLOT-STATS ORDERBY key-count ASC DESC":    "-ERR Multiple filters of the same type are disallowed.",
		"CLUSTER SLOT-STATS ORDERBY key-count LIMIT 0":     "-ERR Limit has to lie in between 1 and 16384 (maximum number of slots).",
		"CLUSTER SLOT-STATS SLOTSRANGE 2 1":                "-ERR Start slot number 2 is greater than end slot number 1",
		"CLUSTER FLUSHSLOTS":                               "-ERR DB must be empty to perform CLUSTER FLUSHSLOTS.",
		"CLUSTER RESET HARD":                               "-ERR CLUSTER RESET can't be called with master nodes containing keys",
		"CLUSTER DELSLOTSRANGE 1 2 2 3":                    "-ERR Slot 2 specified multiple times",
	} {
		if got := s.DoText(t, line); got != want {
			t.Errorf("%s: %s", line, got)
		}
	}
}

// A node's epoch is set once; after that it only grows, and other nodes that could have a say are not there.
func TestEpochIsSetOnce(t *testing.T) {
	rows, n := table(t)
	s := cmdtest.NewSession(memory.New(), rows, nil)
	for _, step := range [][2]string{
		{"CLUSTER SET-CONFIG-EPOCH 7", "+OK"},
		{"CLUSTER SET-CONFIG-EPOCH 8", "-ERR Node config epoch is already non-zero"},
		{"CLUSTER BUMPEPOCH", "+STILL 7"},
		{"CLUSTER MYSHARDID", "$40 " + n.Shard()},
	} {
		if got := s.DoText(t, step[0]); got != step[1] {
			t.Errorf("%s: %s", step[0], got)
		}
	}
}
