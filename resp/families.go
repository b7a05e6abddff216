package resp

import (
	"larder/resp/cmd"
	"larder/resp/cmd/acls"
	"larder/resp/cmd/bits"
	"larder/resp/cmd/caches"
	"larder/resp/cmd/clusters"
	"larder/resp/cmd/commands"
	"larder/resp/cmd/configs"
	"larder/resp/cmd/conns"
	"larder/resp/cmd/dumps"
	"larder/resp/cmd/geos"
	"larder/resp/cmd/hashes"
	"larder/resp/cmd/hlls"
	"larder/resp/cmd/keys"
	"larder/resp/cmd/lists"
	"larder/resp/cmd/pubsubs"
	"larder/resp/cmd/scripts"
	"larder/resp/cmd/servers"
	"larder/resp/cmd/sets"
	"larder/resp/cmd/sorts"
	"larder/resp/cmd/streams"
	"larder/resp/cmd/strs"
	"larder/resp/cmd/zsets"
	"larder/resp/param"
	"larder/resp/table"
)

// families are the tables of all commands; a new family is a line here.
func (s *Server) families() [][]cmd.Spec {
	h := host{s}
	return [][]cmd.Spec{
		conns.Table(h),
		acls.Table(h, s.params),
		servers.Table(h),
		clusters.Table(s.node, s.params),
		commands.Table(h),
		configs.Table(s.params, func() { s.info.Reset() }),
		keys.Table(h),
		strs.Table(),
		bits.Table(),
		hashes.Table(),
		lists.Table(),
		sets.Table(),
		zsets.Table(),
		hlls.Table(),
		geos.Table(),
		sorts.Table(s.node != nil),
		streams.Table(),
		dumps.Table(h),
		pubsubs.Table(h),
		caches.Table(h),
		scripts.Table(h, s.scripts),
		s.transactionRows(),
		{s.monitorRow()},
	}
}

// CheckConfig reports what of the configuration cannot be followed, before anything is opened: a rename-command, a
// user, or an ACL file. The error is a *param.LoadError.
func CheckConfig(params *param.Set) error {
	if len(params.Renames()) == 0 && len(params.Users()) == 0 && params.Path("aclfile") == "" {
		return nil
	}
	s := &Server{params: params}
	t := table.New(s.families()...)
	if _, err := newUsers(t.Rows(), params); err != nil {
		return err
	}
	return t.Rename(params.Renames())
}
