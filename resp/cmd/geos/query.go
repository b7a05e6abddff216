package geos

import (
	"larder/geo"
	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/store"
)

// form is what kinds of arguments a command takes.
type form uint8

const (
	searching     form = iota // GEOSEARCH: all is said in options
	searchStoring             // GEOSEARCHSTORE
	fromPlace                 // GEORADIUS: place, radius and unit stand first
	fromOne                   // GEORADIUSBYMEMBER
)

// query is a search as a command words it. It belongs to one call.
type query struct {
	form     form
	readOnly bool
	zset     *store.ZSetKey
	shape    geo.Shape

	fromMember, fromLonLat bool
	byRadius, byBox        bool

	withDist, withHash, withCoord bool
	any, ascending, descending    bool
	count                         int64 // 0 is all

	stores, storeDist bool
	to                store.Key
}

// read reads a command's words in Redis's order, which looks the key and the member up on the way: it decides which of
// several errors is answered.
func (q *query) read(c *cmd.Call) error {
	at := 1
	if q.form == searchStoring {
		at, q.stores, q.to = 2, true, c.Key(1)
	}
	var err error
	if q.zset, err = store.OpenZSet(c.Tx, c.Key(at)); err != nil {
		return err
	}
	s := c.Scan(at + 1)
	switch {
	case q.form == fromPlace:
		q.shape.Center = readPoint(&s)
		q.readRadius(&s)
	case q.form == fromOne && !q.zset.Exists():
		s.Take(3)
	case q.form == fromOne:
		q.readMember(&s)
		q.readRadius(&s)
	}
	for s.More() {
		q.readOption(c, &s)
	}
	if err := s.Err(); err != nil {
		return err
	}
	return q.check(string(c.Args[0]))
}

func (q *query) readRadius(s *arg.Scanner) {
	q.shape.Radius = s.FloatOr("need numeric radius")
	if q.shape.Radius < 0 {
		s.Fail("radius cannot be negative")
	}
	q.shape.Unit = readUnit(s)
}

func (q *query) readBox(s *arg.Scanner) {
	q.shape.Box = true
	q.shape.Width = s.FloatOr("need numeric width")
	q.shape.Height = s.FloatOr("need numeric height")
	if q.shape.Width < 0 || q.shape.Height < 0 {
		s.Fail("height or width cannot be negative")
	}
	q.shape.Unit = readUnit(s)
}

// readMember takes a member's place for the centre. In a set that is not there it may be any.
func (q *query) readMember(s *arg.Scanner) {
	member := s.Bytes()
	if s.Err() != nil || !q.zset.Exists() {
		return
	}
	found, err := q.zset.Scores(member)
	switch {
	case err != nil:
		s.Break(err)
	case !found[0].Found:
		s.Fail("could not decode requested zset member")
	default:
		q.shape.Center = geo.FromScore(found[0].Score)
	}
}

func (q *query) readOption(c *cmd.Call, s *arg.Scanner) {
	switch {
	case s.Word("WITHDIST"):
		q.withDist = true
	case s.Word("WITHHASH"):
		q.withHash = true
	case s.Word("WITHCOORD"):
		q.withCoord = true
	case s.Word("ANY"):
		q.any = true
	case s.Word("ASC"):
		q.ascending, q.descending = true, false
	case s.Word("DESC"):
		q.ascending, q.descending = false, true
	case s.WordWith("COUNT", 1):
		if q.count = s.Int(); q.count <= 0 {
			s.Fail("COUNT must be > 0")
		}
	case q.form < fromPlace:
		q.readSearchOption(s)
	case !q.readOnly && s.WordWith("STORE", 1):
		q.stores, q.storeDist, q.to = true, false, c.KeyIn(s.Bytes())
	case !q.readOnly && s.WordWith("STOREDIST", 1):
		q.stores, q.storeDist, q.to = true, true, c.KeyIn(s.Bytes())
	default:
		s.Fail(arg.SyntaxError)
	}
}

func (q *query) readSearchOption(s *arg.Scanner) {
	switch {
	case !q.fromLonLat && s.WordWith("FROMMEMBER", 1):
		q.fromMember = true
		q.readMember(s)
	case !q.fromMember && s.WordWith("FROMLONLAT", 2):
		q.fromLonLat = true
		q.shape.Center = readPoint(s)
	case !q.byBox && s.WordWith("BYRADIUS", 2):
		q.byRadius = true
		q.readRadius(s)
	case !q.byRadius && s.WordWith("BYBOX", 3):
		q.byBox = true
		q.readBox(s)
	case q.form == searchStoring && s.Word("STOREDIST"):
		q.storeDist = true
	default:
		s.Fail(arg.SyntaxError)
	}
}

// check refuses what does not go together; name is the command's as the client wrote it.
func (q *query) check(name string) error {
	search := q.form == searching || q.form == searchStoring
	storing := "STORE option in GEORADIUS"
	if q.form == searchStoring {
		storing = "GEOSEARCHSTORE"
	}
	switch {
	case q.stores && (q.withDist || q.withHash || q.withCoord):
		return store.Invalid(storing + " is not compatible with WITHDIST, WITHHASH and WITHCOORD options")
	case search && !q.fromMember && !q.fromLonLat:
		return store.Invalid("exactly one of FROMMEMBER or FROMLONLAT can be specified for " + name)
	case search && !q.byRadius && !q.byBox:
		return store.Invalid("exactly one of BYRADIUS and BYBOX can be specified for " + name)
	case q.any && q.count == 0:
		return store.Invalid("the ANY argument requires COUNT argument")
	}
	if q.count > 0 && !q.any && !q.descending {
		q.ascending = true
	}
	return nil
}
