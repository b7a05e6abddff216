package access

import "larder/resp/cmd"

// Categories are the ACL categories in Redis's order, and Larder's own last.
func Categories() []string {
	return []string{"keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog",
		"geo",
		"stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting",
		"cache"}
}

// CategoriesOf derives a command's categories as Redis does: from the flags and the group, beside those the row adds.
// Each begins with "@".
func CategoriesOf(spec *cmd.Spec) []string {
	have := map[string]bool{}
	for _, c := range spec.Categories {
		have[c] = true
	}
	// A row that says @connection, or a type's, means it instead of its group's.
	if c := groupCategory(spec.Group); c != "" && len(spec.Subs) == 0 && !have["@connection"] && !have["@list"] {
		have[c] = true
	}
	have["@write"] = spec.Has(cmd.Write)
	have["@read"] = spec.Has(cmd.View) && spec.Group != "scripting"
	have["@admin"] = have["@admin"] || spec.Has(cmd.Admin)
	have["@dangerous"] = have["@dangerous"] || spec.Has(cmd.Admin)
	have["@pubsub"] = spec.Has(cmd.PubSub)
	have["@fast"] = spec.Has(cmd.Fast)
	have["@slow"] = !spec.Has(cmd.Fast)
	have["@blocking"] = spec.Has(cmd.Blocking)
	var list []string
	for _, c := range Categories() {
		if have["@"+c] {
			list = append(list, "@"+c)
		}
	}
	return list
}

func groupCategory(group string) string {
	switch group {
	case "generic":
		return "@keyspace"
	case "sorted-set":
		return "@sortedset"
	case "transactions":
		return "@transaction"
	case "server":
		return ""
	}
	return "@" + group
}

// Catalog is the table of commands as rules name them: by their names in the manual, whatever rename-command says. It
// never changes, and any goroutine may read it.
type Catalog struct {
	specs   []*cmd.Spec // by Spec.ID
	byName  map[string]*cmd.Spec
	members map[string][]*cmd.Spec // by category, "@read"
}

// NewCatalog numbers the rows and indexes them.
func NewCatalog(rows []cmd.Spec) *Catalog {
	c := &Catalog{byName: map[string]*cmd.Spec{}, members: map[string][]*cmd.Spec{}}
	for _, category := range Categories() {
		c.members["@"+category] = nil
	}
	for i := range rows {
		c.add(&rows[i])
		for j := range rows[i].Subs {
			rows[i].Subs[j].Parent = rows[i].Name
			c.add(&rows[i].Subs[j])
		}
	}
	return c
}

func (c *Catalog) add(spec *cmd.Spec) {
	spec.ID = len(c.specs)
	c.specs = append(c.specs, spec)
	c.byName[spec.LowerName()] = spec
	for _, category := range CategoriesOf(spec) {
		c.members[category] = append(c.members[category], spec)
	}
}

// find is a command by its full name in any case, "get" or "config|get"; nil if there is none.
func (c *Catalog) find(name string) *cmd.Spec { return c.byName[lower(name)] }

// Members are the full names of the commands of a category, in the order of the table; false if there is no such
// category.
func (c *Catalog) Members(category string) (names []string, known bool) {
	specs, known := c.members["@"+lower(category)]
	for _, s := range specs {
		names = append(names, s.LowerName())
	}
	return names, known
}
