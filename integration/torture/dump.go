package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"larder/integration/torture/model"
)

// dump reads the whole state of a client's databases, from an old server without the times of fields and members.
func dump(c *conn, firstDB, n int, old bool) (*model.Space, error) {
	s := model.NewSpace(n)
	for db := range n {
		if _, err := c.do("SELECT", strconv.Itoa(firstDB+db)); err != nil {
			return nil, err
		}
		for cursor := ""; cursor != "0"; {
			if cursor == "" {
				cursor = "0"
			}
			page, err := c.do("SCAN", cursor, "COUNT", "1000")
			if err != nil {
				return nil, err
			}
			cursor = page.list[0].text
			if err := dumpKeys(c, s, db, page.list[1].texts(), old); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

func dumpKeys(c *conn, s *model.Space, db int, names []string, old bool) error {
	for _, name := range names {
		kind, err := c.do("TYPE", name)
		if err != nil {
			return err
		}
		if kind.text == "none" {
			continue // its time has passed
		}
		expiry, err := c.do("PEXPIRETIME", name)
		if err != nil {
			return err
		}
		v := &model.Value{Kind: model.Kind(kind.text)}
		if at, err := strconv.ParseInt(expiry.text, 10, 64); err == nil && at > 0 {
			v.ExpireAt = at
		}
		absent, err := dumpValue(c, name, v)
		if err == nil && !old && len(v.Pairs) > 0 {
			absent, err = dumpTimes(c, name, v)
		}
		if err != nil {
			return err
		}
		if !absent {
			s.Put(model.Key{DB: db, Name: name}, v)
		}
	}
	return nil
}

// dumpTimes reads when fields and members expire. Those that have since they were read go.
func dumpTimes(c *conn, name string, v *model.Value) (absent bool, err error) {
	read := map[model.Kind][]string{model.Hash: {"HPEXPIRETIME", name, "FIELDS"},
		model.Set: {"SPEXPIRETIME", name, "MEMBERS"}}[v.Kind]
	if read == nil {
		return false, nil
	}
	pairs := slices.Sorted(maps.Keys(v.Pairs))
	r, err := c.do(append(append(read, strconv.Itoa(len(pairs))), pairs...)...)
	if err != nil {
		return false, err
	}
	for i, p := range pairs {
		switch at, _ := strconv.ParseInt(r.list[i].text, 10, 64); at {
		case -2:
			delete(v.Pairs, p)
		case -1:
		default:
			v.Expire(p, at)
		}
	}
	return len(v.Pairs) == 0, nil
}

// dumpValue reads a value; absent tells that its time has passed meanwhile.
func dumpValue(c *conn, name string, v *model.Value) (absent bool, err error) {
	read := map[model.Kind][]string{model.String: {"GET", name}, model.Hash: {"HGETALL", name},
		model.List: {"LRANGE", name, "0", "-1"},
		model.Set:  {"SMEMBERS", name}, model.Zset: {"ZRANGE", name, "0", "-1", "WITHSCORES"},
		model.Stream: {"XRANGE", name, "-", "+"}}[v.Kind]
	if read == nil {
		return false, fmt.Errorf("%s is a %s", name, v.Kind)
	}
	r, err := c.do(read...)
	if err != nil {
		return false, err
	}
	switch v.Kind {
	case model.String:
		v.Text = r.text
		return r.null, nil
	case model.List:
		v.Row = r.texts()
	case model.Stream:
		for _, e := range r.list {
			v.Row = append(v.Row, model.Entry(e.list[0].text, e.list[1].texts()))
		}
	case model.Set:
		v.Pairs = map[string]string{}
		for _, m := range r.texts() {
			v.Pairs[m] = ""
		}
	default:
		v.Pairs = map[string]string{}
		words := r.texts()
		for i := 0; i+1 < len(words); i += 2 {
			v.Pairs[words[i]] = words[i+1]
		}
	}
	return false, nil
}
