package geos

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"larder/geo"
	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// readPoint reads a longitude and a latitude.
func readPoint(s *arg.Scanner) geo.Point {
	p := geo.Point{Lon: s.Float(), Lat: s.Float()}
	if !p.Valid() {
		s.Fail(fmt.Sprintf("invalid longitude,latitude pair %s,%s", degrees(p.Lon), degrees(p.Lat)))
	}
	return p
}

// degrees writes a number as C's %f does.
func degrees(f float64) string {
	if math.IsInf(f, 0) {
		return strings.ToLower(strings.TrimPrefix(fmt.Sprint(f), "+"))
	}
	return strconv.FormatFloat(f, 'f', 6, 64)
}

// readUnit reads a unit as its length in metres.
func readUnit(s *arg.Scanner) float64 {
	switch {
	case s.Word("m"):
		return 1
	case s.Word("km"):
		return 1000
	case s.Word("ft"):
		return 0.3048
	case s.Word("mi"):
		return 1609.34
	}
	s.Fail("unsupported unit provided. please use M, KM, FT, MI")
	return 1
}

// places four digits behind the point, as Redis answers distances.
func places(metres float64) []byte { return strconv.AppendFloat(nil, metres, 'f', 4, 64) }

func add(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	var rule store.ZRule
	countChanged := false
	for options := true; options; {
		switch {
		case s.Word("NX"):
			rule.NX = true
		case s.Word("XX"):
			rule.XX = true
		case s.Word("CH"):
			countChanged = true
		default:
			options = false
		}
	}
	if s.Left()%3 != 0 || rule.NX && rule.XX {
		s.Fail(arg.SyntaxError)
	}
	members := make([]store.Item, 0, s.Left()/3)
	for s.More() {
		p := readPoint(&s)
		members = append(members, store.Item{Score: p.Score(), Field: s.Bytes()})
	}
	if len(members) == 0 {
		s.Fail(arg.SyntaxError)
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	z, err := store.OpenZSet(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	done, err := z.Add(rule, members...)
	if err != nil {
		return reply.Err(err)
	}
	if countChanged {
		done.Added += done.Changed
	}
	return reply.Integer(done.Added)
}

// find looks up members.
func find(c *cmd.Call, members ...[]byte) ([]store.Item, error) {
	z, err := store.OpenZSet(c.Tx, c.Key(1))
	if err != nil {
		return nil, err
	}
	return z.Scores(members...)
}

func distance(c *cmd.Call) reply.Reply {
	s := c.Scan(4)
	unit := 1.0
	if s.Left() == 1 {
		unit = readUnit(&s)
	}
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	found, err := find(c, c.Args[2:4]...)
	switch {
	case err != nil:
		return reply.Err(err)
	case !found[0].Found || !found[1].Found:
		return reply.Nil()
	}
	return reply.Bytes(places(geo.Distance(geo.FromScore(found[0].Score), geo.FromScore(found[1].Score)) / unit))
}

// eachPoint answers a list of what say makes of the members named, none for those that are not there.
func eachPoint(c *cmd.Call, none reply.Reply, say func(geo.Point) reply.Reply) reply.Reply {
	found, err := find(c, c.Args[2:]...)
	if err != nil {
		return reply.Err(err)
	}
	list := c.List(reply.Array)
	for _, it := range found {
		if it.Found {
			list.Reply(say(geo.FromScore(it.Score)))
		} else {
			list.Reply(none)
		}
	}
	return list.Done()
}

func hash(c *cmd.Call) reply.Reply {
	return eachPoint(c, reply.Nil(), func(p geo.Point) reply.Reply { return reply.Text(geo.Hash(p)) })
}

func position(c *cmd.Call) reply.Reply { return eachPoint(c, reply.NilArray(), coordinates) }

func coordinates(p geo.Point) reply.Reply {
	return reply.Of(reply.Decimal(p.Lon), reply.Decimal(p.Lat))
}
