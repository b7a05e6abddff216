package serve

import (
	"context"
	"fmt"

	"larder/resp/node"
	"larder/resp/param"
	"larder/shard/datadir"
)

// openNode is who the server is in a cluster, nil if it is in none.
func openNode(params *param.Set, dir *datadir.Dir, engine *data) (*node.Node, error) {
	if !params.Bool("cluster-enabled") {
		return nil, nil
	}
	spaces, err := engine.Keyspaces(context.Background())
	if err != nil {
		return nil, err
	}
	for _, space := range spaces {
		if space.DB != 0 && space.Keys > 0 {
			return nil, fmt.Errorf("there are keys in database %d, and a cluster has database 0 alone: nobody could reach them",
				space.DB)
		}
	}
	path := params.String("cluster-config-file") // beside the data: who the node is goes with it
	n, err := node.Open(dir.Node(path))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return n, nil
}
