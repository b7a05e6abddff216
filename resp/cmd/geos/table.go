// Package geos holds the commands on geo sets: sorted sets whose scores are cells of a map.
package geos

import (
	"slices"

	"larder/resp/arg"
	"larder/resp/cmd"
)

const (
	group     = "geo"
	logarithm = "O(log(N)) for each member requested, where N is the number of elements in the sorted set."
	inCircle  = "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited " +
		"by center and radius and M is the number of items inside the index."
	inShape = "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the shape " +
		"provided as the filter and M is the number of items inside the shape"
	with      = " [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC]"
	storing   = " [STORE key | STOREDIST key]"
	fromAndBy = " <FROMMEMBER member | FROMLONLAT longitude latitude> <BYRADIUS radius <M | KM | FT | MI> | BYBOX " +
		"width height <M | KM | FT | MI>> [ASC | DESC] [COUNT count [ANY]]"
	fromPoint  = "key longitude latitude radius <M | KM | FT | MI>"
	fromMember = "key member radius <M | KM | FT | MI>"
)

// Table returns the rows of the family.
func Table() []cmd.Spec { return slices.Concat(memberRows(), searchRows(), radiusRows()) }

// source is the key of commands that read one.
func source(i int) cmd.KeySpec { return cmd.KeyAt(i, cmd.KeyRO|cmd.KeyAccess) }

func memberRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "GEOADD", Arity: -5, Event: "z:zadd", Flags: cmd.Write | cmd.DenyOOM,
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyUpdate)}, Run: add, Group: group, Since: "3.2.0",
			Usage:      "key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]",
			Summary:    "Adds one or more members to a geospatial index. The key is created if it doesn't exist.",
			Complexity: "O(log(N)) for each item added, where N is the number of elements in the sorted set."},
		{Name: "GEODIST", Arity: -4, Flags: cmd.View, Keys: []cmd.KeySpec{source(1)}, Run: distance, Group: group,
			Since:      "3.2.0",
			Usage:      "key member1 member2 [M | KM | FT | MI]",
			Summary:    "Returns the distance between two members of a geospatial index.",
			Complexity: "O(log(N))"},
		{Name: "GEOHASH", Arity: -2, Flags: cmd.View, Keys: []cmd.KeySpec{source(1)}, Run: hash, Group: group, Since: "3.2.0",
			Usage: "key [member [member ...]]", Summary: "Returns members from a geospatial index as geohash strings.",
			Complexity: logarithm},
		{Name: "GEOPOS", Arity: -2, Flags: cmd.View, Keys: []cmd.KeySpec{source(1)}, Nests: true, Run: position, Group: group,
			Since: "3.2.0",
			Usage: "key [member [member ...]]", Summary: "Returns the longitude and latitude of members from a geospatial " +
				"index.",
			Complexity: "O(N) where N is the number of members requested."},
	}
}

func searchRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "GEOSEARCH", Arity: -7, Flags: cmd.View, Keys: []cmd.KeySpec{source(1)}, Nests: true, Run: search,
			Group: group, Since: "6.2.0",
			Usage:      "key" + fromAndBy + " [WITHCOORD] [WITHDIST] [WITHHASH]",
			Summary:    "Queries a geospatial index for members inside an area of a box or a circle.",
			Complexity: inShape},
		{Name: "GEOSEARCHSTORE", Arity: -8, Event: "z:geosearchstore", Flags: cmd.Write | cmd.Looks | cmd.DenyOOM,
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyOW|cmd.KeyUpdate), source(2)}, Run: searchStore, Group: group,
			Since: "6.2.0",
			Usage: "destination source" + fromAndBy + " [STOREDIST]",
			Summary: "Queries a geospatial index for members inside an area of a box or a circle, optionally stores the " +
				"result.",
			Complexity: inShape},
	}
}

func radiusRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "GEORADIUS", Arity: -6, Event: "z:georadiusstore", Flags: cmd.Write | cmd.Looks | cmd.DenyOOM |
			cmd.MovableKeys,
			Keys: keysFrom(6), MoreKeys: laterKeys(6), Nests: true, Run: radius, Group: group,
			Since: "3.2.0", DeprecatedSince: "6.2.0",
			ReplacedBy: "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
			Usage:      fromPoint + with + storing, Summary: "Queries a geospatial index for members within a distance from a " +
				"coordinate, optionally stores the result.",
			Complexity: inCircle},
		{Name: "GEORADIUSBYMEMBER", Arity: -5, Event: "z:georadiusstore", Flags: cmd.Write | cmd.Looks | cmd.DenyOOM |
			cmd.MovableKeys,
			Keys: keysFrom(5), MoreKeys: laterKeys(5), Nests: true, Run: radiusByMember, Group: group,
			Since: "3.2.0", DeprecatedSince: "6.2.0",
			ReplacedBy: "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments",
			Usage:      fromMember + with + storing, Summary: "Queries a geospatial index for members within a distance from " +
				"a member, optionally stores the result.",
			Complexity: inCircle},
		{Name: "GEORADIUSBYMEMBER_RO", Arity: -5, Flags: cmd.View, Keys: []cmd.KeySpec{source(1)}, Nests: true,
			Run: radiusByMemberRO, Group: group, Since: "3.2.10", DeprecatedSince: "6.2.0",
			ReplacedBy: "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments",
			Usage:      fromMember + with, Summary: "Returns members from a geospatial index that are within a distance from " +
				"a member.",
			Complexity: inCircle},
		{Name: "GEORADIUS_RO", Arity: -6, Flags: cmd.View, Keys: []cmd.KeySpec{source(1)}, Nests: true, Run: radiusRO,
			Group: group, Since: "3.2.10", DeprecatedSince: "6.2.0",
			ReplacedBy: "`GEOSEARCH` with the `BYRADIUS` argument",
			Usage:      fromPoint + with, Summary: "Returns members from a geospatial index that are within a distance from a " +
				"coordinate.",
			Complexity: inCircle},
	}
}

// keysFrom are the keys of a search whose options begin at argument i.
func keysFrom(i int) []cmd.KeySpec {
	behind := func(word string) cmd.KeySpec {
		return cmd.KeySpec{Flags: cmd.KeyOW | cmd.KeyUpdate, Keyword: word, StartFrom: i, Step: 1}
	}
	return []cmd.KeySpec{source(1), behind("STORE"), behind("STOREDIST")}
}

// laterKeys names the key that counts if the same word stands there twice: key specs find the first, the last holds.
func laterKeys(from int) func(args [][]byte, fn func(i int, f cmd.KeyFlags)) {
	return func(args [][]byte, fn func(i int, f cmd.KeyFlags)) {
		for _, word := range []string{"STORE", "STOREDIST"} {
			first, last := 0, 0
			for i := from; i+1 < len(args); i++ {
				if !arg.Is(args[i], word) {
					continue
				}
				if last = i + 1; first == 0 {
					first = last
				}
			}
			if last != first {
				fn(last, cmd.KeyOW|cmd.KeyUpdate)
			}
		}
	}
}
