package strs

import (
	"math"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// options are what SET, GETEX and MSETEX take behind their fixed arguments.
type options struct {
	nx, xx, get, keepTTL, persist bool
	expiry                        expiry
	condition                     condition
}

// expiry is a time as the client gave it.
type expiry struct {
	form  form
	value []byte
}

type form uint8

const (
	noForm form = iota
	ex
	px
	exAt
	pxAt
)

// dialect says whose options are read.
type dialect uint8

const (
	forSet dialect = iota
	forGet
	forSeveral
)

// parseOptions refuses combinations where Redis does: at the word that does not fit. The same
// time option twice is fine, the last one counts.
func parseOptions(s arg.Scanner, d dialect) (options, error) {
	var o options
	for s.More() {
		timeless := !o.expiry.given()
		switch {
		case d != forGet && !o.xx && !o.condition.asked && s.Word("NX"):
			o.nx = true
		case d != forGet && !o.nx && !o.condition.asked && s.Word("XX"):
			o.xx = true
		case d == forSet && !o.nx && !o.xx && o.condition.read(&s):
		case d == forSet && s.Word("GET"):
			o.get = true
		case d != forGet && timeless && s.Word("KEEPTTL"):
			o.keepTTL = true
		case d == forGet && timeless && s.Word("PERSIST"):
			o.persist = true
		case !o.keepTTL && !o.persist && o.expiry.read(&s):
		default:
			s.Fail(arg.SyntaxError)
		}
	}
	if err := s.Err(); err != nil {
		return o, err
	}
	return o, o.condition.check()
}

func (e *expiry) given() bool { return e.form != noForm }

// read takes a time option, unless one of another form came before.
func (e *expiry) read(s *arg.Scanner) bool {
	f := noForm
	switch {
	case e.fits(ex) && s.WordWith("EX", 1):
		f = ex
	case e.fits(px) && s.WordWith("PX", 1):
		f = px
	case e.fits(exAt) && s.WordWith("EXAT", 1):
		f = exAt
	case e.fits(pxAt) && s.WordWith("PXAT", 1):
		f = pxAt
	default:
		return false
	}
	e.form, e.value = f, s.Bytes()
	return true
}

func (e *expiry) fits(f form) bool { return e.form == noForm || e.form == f }

// noted announces, behind what the command did to its key, that the key got this time.
func (e *expiry) noted(c *cmd.Call, answer reply.Reply) reply.Reply {
	if e.given() {
		c.Notify("g:expire", c.Key(1))
	}
	return answer
}

// at is the time in Unix milliseconds, 0 if none was given.
func (e *expiry) at(c *cmd.Call) (int64, error) {
	if !e.given() {
		return 0, nil
	}
	n, ok := arg.ParseInt(e.value)
	if !ok {
		return 0, store.Invalid(arg.NotInteger)
	}
	unit := int64(1)
	if e.form == ex || e.form == exAt {
		unit = 1000
	}
	base := int64(0)
	if e.form == ex || e.form == px {
		base = c.Tx.Now().UnixMilli()
	}
	if n <= 0 || n > math.MaxInt64/unit || n*unit > math.MaxInt64-base {
		return 0, store.Invalid("invalid expire time in '" + c.LowerName() + "' command")
	}
	return n*unit + base, nil
}
