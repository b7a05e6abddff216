package model

import (
	"slices"
	"strconv"
	"strings"
)

// ofOne are the commands on one key: they get its value, nil if it is absent, and return the next.
func ofOne() map[string]func(v *Value, a []string) *Value {
	return map[string]func(v *Value, a []string) *Value{
		"SET": set, "APPEND": appendText, "SETRANGE": setRange, "INCRBY": incrBy, "GETDEL": absent,
		"PEXPIREAT": expireAt, "PERSIST": persist,
		"HSET": hset, "HDEL": dropPairs, "HINCRBY": addScore(Hash, 0, 1),
		"HPEXPIREAT": pairExpireAt, "HPERSIST": pairPersist, "HSETEX": hsetex,
		"SADD": sadd, "SREM": dropPairs,
		"SPEXPIREAT": pairExpireAt, "SPERSIST": pairPersist, "SADDEX": saddex,
		"ZADD": zadd, "ZREM": dropPairs, "ZINCRBY": addScore(Zset, 1, 0), "ZPOPMIN": zpopmin,
		"RPUSH": push, "LPUSH": lpush, "LPOP": lpop, "RPOP": rpop, "LSET": lset, "LTRIM": ltrim, "LINSERT": linsert,
		"LREM": lrem,
		"XADD": xadd, "XDEL": xdel, "XTRIM": xtrim,
	}
}

func absent(*Value, []string) *Value { return nil }

// set has the form SET key value [PXAT ms].
func set(_ *Value, a []string) *Value {
	v := &Value{Kind: String, Text: a[0]}
	if len(a) == 3 {
		v.ExpireAt = int64(number(a[2]))
	}
	return v
}

func appendText(v *Value, a []string) *Value {
	if v == nil {
		v = &Value{Kind: String}
	}
	v.Text += a[0]
	return v
}

func setRange(v *Value, a []string) *Value {
	if v == nil {
		v = &Value{Kind: String}
	}
	at := number(a[0])
	b := []byte(v.Text)
	b = append(b, make([]byte, max(at+len(a[1])-len(b), 0))...)
	copy(b[at:], a[1])
	v.Text = string(b)
	return v
}

func incrBy(v *Value, a []string) *Value {
	if v == nil {
		v = &Value{Kind: String, Text: "0"}
	}
	v.Text = strconv.Itoa(number(v.Text) + number(a[0]))
	return v
}

func expireAt(v *Value, a []string) *Value {
	if v != nil {
		v.ExpireAt = int64(number(a[0]))
	}
	return v
}

func persist(v *Value, _ []string) *Value {
	if v != nil {
		v.ExpireAt = 0
	}
	return v
}

func pairs(v *Value, k Kind) *Value {
	if v == nil {
		v = &Value{Kind: k, Pairs: map[string]string{}}
	}
	return v
}

func hset(v *Value, a []string) *Value {
	v = pairs(v, Hash)
	for i := 0; i < len(a); i += 2 {
		v.Pairs[a[i]] = a[i+1]
		v.Expire(a[i], 0)
	}
	return v
}

// pairExpireAt has the form HPEXPIREAT key ms FIELDS 1 field, and that of sets.
func pairExpireAt(v *Value, a []string) *Value {
	if v != nil {
		if _, ok := v.Pairs[a[3]]; ok {
			v.Expire(a[3], int64(number(a[0])))
		}
	}
	return v
}

// pairPersist has the form HPERSIST key FIELDS 1 field.
func pairPersist(v *Value, a []string) *Value {
	if v != nil {
		v.Expire(a[2], 0)
	}
	return v
}

// hsetex has the form HSETEX key PXAT ms FIELDS 1 field value.
func hsetex(v *Value, a []string) *Value {
	v = hset(v, a[4:6])
	v.Expire(a[4], int64(number(a[1])))
	return v
}

// saddex has the form SADDEX key PXAT ms MEMBERS n member ...
func saddex(v *Value, a []string) *Value {
	v = sadd(v, a[4:])
	for _, m := range a[4:] {
		v.Expire(m, int64(number(a[1])))
	}
	return v
}

func sadd(v *Value, a []string) *Value {
	v = pairs(v, Set)
	for _, m := range a {
		v.Pairs[m] = ""
	}
	return v
}

// zadd has integers for scores, which read back as they were written.
func zadd(v *Value, a []string) *Value {
	v = pairs(v, Zset)
	for i := 0; i < len(a); i += 2 {
		v.Pairs[a[i+1]] = a[i]
	}
	return v
}

func dropPairs(v *Value, a []string) *Value {
	if v != nil {
		for _, m := range a {
			delete(v.Pairs, m)
			delete(v.Times, m)
		}
	}
	return v
}

// addScore adds to the number of a pair; name and by say where its arguments stand.
func addScore(k Kind, name, by int) func(*Value, []string) *Value {
	return func(v *Value, a []string) *Value {
		v = pairs(v, k)
		old, _ := strconv.Atoi(v.Pairs[a[name]])
		v.Pairs[a[name]] = strconv.Itoa(old + number(a[by]))
		return v
	}
}

func zpopmin(v *Value, _ []string) *Value {
	if v == nil {
		return nil
	}
	least := ""
	for m, score := range v.Pairs {
		if least == "" || number(score) < number(v.Pairs[least]) || score == v.Pairs[least] && m < least {
			least = m
		}
	}
	delete(v.Pairs, least)
	return v
}

func row(v *Value, k Kind) *Value {
	if v == nil {
		v = &Value{Kind: k}
	}
	return v
}

func push(v *Value, a []string) *Value {
	v = row(v, List)
	v.Row = append(v.Row, a...)
	return v
}

func lpush(v *Value, a []string) *Value {
	v = row(v, List)
	for _, e := range a {
		v.Row = slices.Insert(v.Row, 0, e)
	}
	return v
}

func lpop(v *Value, _ []string) *Value {
	if v != nil {
		v.Row = v.Row[1:]
	}
	return v
}

func rpop(v *Value, _ []string) *Value {
	if v != nil {
		v.Row = v.Row[:len(v.Row)-1]
	}
	return v
}

func lset(v *Value, a []string) *Value {
	v.Row[number(a[0])] = a[1]
	return v
}

// ltrim keeps the elements from a first to a last, both counted from the beginning.
func ltrim(v *Value, a []string) *Value {
	if v != nil {
		from, to := min(number(a[0]), len(v.Row)), min(number(a[1])+1, len(v.Row))
		v.Row = slices.Clone(v.Row[from:max(from, to)])
	}
	return v
}

// linsert has the form LINSERT key BEFORE pivot element.
func linsert(v *Value, a []string) *Value {
	if v == nil {
		return nil
	}
	if at := slices.Index(v.Row, a[1]); at >= 0 {
		v.Row = slices.Insert(v.Row, at, a[2])
	}
	return v
}

// lrem has the form LREM key 0 element.
func lrem(v *Value, a []string) *Value {
	if v != nil {
		v.Row = slices.DeleteFunc(v.Row, func(e string) bool { return e == a[1] })
	}
	return v
}

func xadd(v *Value, a []string) *Value {
	v = row(v, Stream)
	v.Row = append(v.Row, Entry(a[0], a[1:]))
	return v
}

func xdel(v *Value, a []string) *Value {
	if v != nil {
		v.Row = slices.DeleteFunc(v.Row, func(e string) bool { return strings.HasPrefix(e, a[0]+" ") })
	}
	return v
}

// xtrim has the form XTRIM key MAXLEN n.
func xtrim(v *Value, a []string) *Value {
	if v != nil {
		v.Row = slices.Clone(v.Row[max(len(v.Row)-number(a[1]), 0):])
	}
	return v
}
