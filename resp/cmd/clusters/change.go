package clusters

import (
	"net/netip"
	"strconv"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
)

// What would change the cluster is checked as Redis does, and then refused: there is no node to give slots to or to
// take them from. To answer OK would have redis-cli and its like wait for what never comes.
const (
	ownsAll = "ERR Larder is a cluster of one node, which owns all slots"
	alone   = "ERR Larder is a cluster of one node and takes no others in"
)

func digits(n int64) string { return strconv.FormatInt(n, 10) }

func busy(slot int64) string { return "Slot " + digits(slot) + " is already busy" }

func addSlots(c *cmd.Call) reply.Reply { return reply.Err(eachSlot(c, false, busy)) }

func addRanges(c *cmd.Call) reply.Reply {
	if len(c.Args)%2 != 0 {
		return c.WrongArity()
	}
	return reply.Err(eachSlot(c, true, busy))
}

func delSlots(c *cmd.Call) reply.Reply { return keepSlots(c, false) }

func delRanges(c *cmd.Call) reply.Reply {
	if len(c.Args)%2 != 0 {
		return c.WrongArity()
	}
	return keepSlots(c, true)
}

func keepSlots(c *cmd.Call, ranges bool) reply.Reply {
	seen := map[int64]bool{}
	err := eachSlot(c, ranges, func(slot int64) string {
		if seen[slot] {
			return "Slot " + digits(slot) + " specified multiple times"
		}
		seen[slot] = true
		return ""
	})
	if err != nil {
		return reply.Err(err)
	}
	return reply.Fail(ownsAll)
}

// empty refuses what Redis does to a node without keys only.
func empty(c *cmd.Call, refusal string) reply.Reply {
	n, err := c.Tx.Size(c.DB)
	switch {
	case err != nil:
		return reply.Err(err)
	case n > 0:
		return reply.Fail(refusal)
	}
	return reply.Fail(ownsAll)
}

func flushSlots(c *cmd.Call) reply.Reply {
	return empty(c, "ERR DB must be empty to perform CLUSTER FLUSHSLOTS.")
}

func reset(c *cmd.Call) reply.Reply {
	if len(c.Args) > 3 {
		return c.UnknownForm()
	}
	if len(c.Args) == 3 && !arg.Is(c.Args[2], "HARD") && !arg.Is(c.Args[2], "SOFT") {
		return reply.Fail("ERR " + arg.SyntaxError)
	}
	return empty(c, "ERR CLUSTER RESET can't be called with master nodes containing keys")
}

func (f *family) bump(*cmd.Call) reply.Reply {
	epoch, bumped, err := f.node.Bump()
	switch {
	case err != nil:
		return notSaved(err)
	case bumped:
		return reply.Word("BUMPED " + strconv.FormatUint(epoch, 10))
	}
	return reply.Word("STILL " + strconv.FormatUint(epoch, 10))
}

func (f *family) setEpoch(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	epoch := s.Int()
	if epoch < 0 {
		s.Fail("Invalid config epoch specified: " + digits(epoch))
	}
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	fresh, err := f.node.SetEpoch(uint64(epoch))
	switch {
	case err != nil:
		return notSaved(err)
	case !fresh:
		return reply.Fail("ERR Node config epoch is already non-zero")
	}
	return reply.OK()
}

func (f *family) saveConfig(*cmd.Call) reply.Reply {
	if err := f.node.Save(); err != nil {
		return notSaved(err)
	}
	return reply.OK()
}

func notSaved(err error) reply.Reply {
	return reply.Fail("ERR error saving the cluster node config: " + err.Error())
}

// known reports whether a word names this node, the only one there is.
func (f *family) known(name []byte) bool { return string(name) == f.node.ID() }

func unknown(name []byte) reply.Reply { return reply.Failf("ERR Unknown node %s", name) }

// ofMaster answers about another node by its id: there is none but this.
func (f *family) ofMaster(answer reply.Reply) cmd.Handler {
	return func(c *cmd.Call) reply.Reply {
		if !f.known(c.Args[2]) {
			return unknown(c.Args[2])
		}
		return answer
	}
}

func failover(c *cmd.Call) reply.Reply {
	switch {
	case len(c.Args) > 3:
		return c.UnknownForm()
	case len(c.Args) == 3 && !arg.Is(c.Args[2], "FORCE") && !arg.Is(c.Args[2], "TAKEOVER"):
		return reply.Fail("ERR " + arg.SyntaxError)
	}
	return reply.Fail("ERR You should send CLUSTER FAILOVER to a replica")
}

func meet(c *cmd.Call) reply.Reply {
	if len(c.Args) > 5 {
		return c.UnknownForm()
	}
	base, ok := arg.ParseInt(c.Args[3])
	if !ok {
		return reply.Failf("ERR Invalid TCP base port specified: %s", c.Args[3])
	}
	bus := base + busOffset
	if len(c.Args) == 5 {
		if bus, ok = arg.ParseInt(c.Args[4]); !ok {
			return reply.Failf("ERR Invalid TCP bus port specified: %s", c.Args[4])
		}
	}
	ip, err := netip.ParseAddr(string(c.Args[2]))
	if err != nil || ip.Zone() != "" || base <= 0 || base > 65535 || bus <= 0 || bus > 65535 {
		return reply.Failf("ERR Invalid node address specified: %s:%s", c.Args[2], c.Args[3])
	}
	return reply.Fail(alone)
}

// setSlot does what leaves the slot where it is.
func (f *family) setSlot(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	slot := number(&s)
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	words := c.Args[4:]
	switch action := c.Args[3]; {
	case arg.Is(action, "STABLE") && len(words) == 0:
		return reply.OK()
	case arg.Is(action, "IMPORTING") && len(words) == 1:
		return reply.Fail("ERR I'm already the owner of hash slot " + digits(slot))
	case arg.Is(action, "MIGRATING") && len(words) == 1:
		if !f.known(words[0]) {
			return reply.Failf("ERR I don't know about node %s", words[0])
		}
		return reply.Fail(ownsAll)
	case arg.Is(action, "NODE") && len(words) == 1:
		if !f.known(words[0]) {
			return unknown(words[0])
		}
		return reply.OK()
	}
	return reply.Fail("ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP")
}
