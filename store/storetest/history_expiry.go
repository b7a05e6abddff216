package storetest

import "larder/store"

// expire gives a key a time that is near or past.
func (a *act) expire() {
	k := a.key()
	h := a.head(k)
	if !h.Exists() {
		return
	}
	h.ExpireAt = a.Now().UnixMilli() + a.random.Int64N(300) - 20
	a.put(k, h)
}

// expireFields has a head say that fields expire soon, or no longer.
func (a *act) expireFields() {
	k := a.key()
	h := a.head(k)
	if !h.Exists() {
		return
	}
	h.Fields = store.FieldTimes{}
	if first := a.Now().UnixMilli() + a.random.Int64N(300) - 20; a.random.IntN(3) > 0 {
		h.Fields = store.FieldTimes{Count: 1 + a.random.Int64N(300), First: first}
		if a.random.IntN(3) == 0 {
			h.Fields.Last = first + a.random.Int64N(200)
		}
	}
	a.put(k, h)
}

func (a *act) expireSome() {
	n, err := a.Expire(a.plan.keys...)
	a.ok(err)
	a.say("expired %d", n)
}
