package clusters

import (
	"fmt"
	"net/netip"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// busOffset is how far Redis's bus port lies from the port of clients.
const busOffset = 10000

// address is where clients are told to find the node.
type address struct {
	ip, hostname string
	port, bus    int64
}

// addressFor is what is announced, and where nothing is, the address by which this client has come: the node is known
// to be there. One on the unix socket learns no ip, by which clients understand where they are already.
func (f *family) addressFor(c *cmd.Client) address {
	a := address{ip: f.params.String("cluster-announce-ip"), hostname: f.params.String("cluster-announce-hostname"),
		port: f.params.Int("cluster-announce-port"), bus: f.params.Int("cluster-announce-bus-port")}
	local, err := netip.ParseAddrPort(c.Local)
	if err == nil && a.ip == "" {
		a.ip = local.Addr().Unmap().WithZone("").String()
	}
	own := f.params.Int("port")
	if err == nil {
		own = int64(local.Port())
	}
	if a.bus == 0 {
		a.bus = f.busPort(own)
	}
	if a.port == 0 {
		a.port = own
	}
	return a
}

// busPort is where Redis's nodes would talk to each other. Nobody listens there; 0 if there is no such port.
func (f *family) busPort(port int64) int64 {
	if bus := f.params.Int("cluster-port"); bus != 0 {
		return bus
	}
	if port += busOffset; port <= 65535 {
		return port
	}
	return 0
}

// String is the address in CLUSTER NODES.
func (a address) String() string {
	text := fmt.Sprintf("%s:%d@%d", a.ip, a.port, a.bus)
	if a.hostname != "" {
		text += "," + a.hostname
	}
	return text
}

// endpoint is what clients should connect to, by cluster-preferred-endpoint-type; nil is where they are already.
func (f *family) endpoint(a address) reply.Reply {
	switch f.params.String("cluster-preferred-endpoint-type") {
	case "hostname":
		if a.hostname == "" {
			return reply.Text("?")
		}
		return reply.Text(a.hostname)
	case "unknown-endpoint":
		return reply.Nil()
	}
	return reply.Text(a.ip)
}

// otherNames are the names of the node besides its endpoint.
func (f *family) otherNames(a address) reply.Reply {
	var pairs []reply.Reply
	preferred := f.params.String("cluster-preferred-endpoint-type")
	if preferred != "ip" {
		pairs = append(pairs, reply.Text("ip"), reply.Text(a.ip))
	}
	if preferred != "hostname" && a.hostname != "" {
		pairs = append(pairs, reply.Text("hostname"), reply.Text(a.hostname))
	}
	return reply.MapOf(pairs...)
}

func (f *family) slots(c *cmd.Call) reply.Reply {
	a := f.addressFor(c.Client)
	node := reply.Of(f.endpoint(a), reply.Integer(a.port), reply.Text(f.node.ID()), f.otherNames(a))
	return reply.Of(reply.Of(reply.Integer(0), reply.Integer(store.SlotCount-1), node))
}

func (f *family) shards(c *cmd.Call) reply.Reply {
	a := f.addressFor(c.Client)
	pairs := []reply.Reply{reply.Text("id"), reply.Text(f.node.ID()), reply.Text("port"), reply.Integer(a.port),
		reply.Text("ip"), reply.Text(a.ip), reply.Text("endpoint"), reply.Text(f.endpoint(a).Text())}
	if a.hostname != "" {
		pairs = append(pairs, reply.Text("hostname"), reply.Text(a.hostname))
	}
	pairs = append(pairs, reply.Text("role"), reply.Text("master"), reply.Text("replication-offset"), reply.Integer(0),
		reply.Text("health"), reply.Text("online"))
	return reply.Of(reply.MapOf(
		reply.Text("slots"), reply.Of(reply.Integer(0), reply.Integer(store.SlotCount-1)),
		reply.Text("nodes"), reply.Of(reply.MapOf(pairs...)),
	))
}

func (f *family) nodes(c *cmd.Call) reply.Reply {
	return reply.VerbatimText("txt", f.node.Line(f.addressFor(c.Client).String()))
}

// info says of a cluster of one node what never changes, but for the epochs.
func (f *family) info(*cmd.Call) reply.Reply {
	own, current := f.node.Epochs()
	return reply.VerbatimText("txt",
		fmt.Sprintf("cluster_state:ok\r\ncluster_slots_assigned:%[1]d\r\ncluster_slots_ok:%[1]d\r\n"+
			"cluster_slots_pfail:0\r\ncluster_slots_fail:0\r\ncluster_known_nodes:1\r\ncluster_size:1\r\n"+
			"cluster_current_epoch:%[2]d\r\ncluster_my_epoch:%[3]d\r\ncluster_stats_messages_sent:0\r\n"+
			"cluster_stats_messages_received:0\r\ntotal_cluster_links_buffer_limit_exceeded:0\r\n", store.SlotCount, current,
			own))
}

func (f *family) myID(*cmd.Call) reply.Reply { return reply.Text(f.node.ID()) }

func (f *family) myShardID(*cmd.Call) reply.Reply { return reply.Text(f.node.Shard()) }

// links are those to other nodes.
func links(*cmd.Call) reply.Reply { return reply.Of() }
