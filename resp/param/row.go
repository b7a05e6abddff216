package param

import "math"

// kind says how a parameter's value is read and written.
type kind uint8

const (
	kindText    kind = iota // kept as given
	kindBool                // yes or no
	kindInt                 // decimal
	kindMemory              // bytes, with units
	kindPercent             // bytes with units, or "N%", held as -N
	kindOctal               // file modes
	kindEnum                // one of a list
	kindFlags               // several of a list, as bits
	kindSpecial             // a grammar of its own
)

// flags are the properties of a parameter.
type flags uint16

const (
	immutable   flags = 1 << iota // CONFIG SET refuses it
	protected                     // CONFIG SET needs enable-protected-configs
	hidden                        // CONFIG GET answers the exact name only
	sensitive                     // its value must not be logged
	manyArgs                      // the value is a list of words
	emptyIsNone                   // "" means unset: CONFIG REWRITE leaves it out
	fullRange                     // any uint64
	fromDir                       // a path; a relative one starts at dir
	again                         // CONFIG SET of the same value is a change: what the file holds may be new
)

// choice is a word of an enumeration. Two words may mean the same.
type choice struct {
	word  string
	value int64
}

// row declares one parameter. Rows are data and never change. A row takes effect, and then some
// code reads its value; or it says why it does no harm that none does; or it refuses the values that would promise
// what is not there. readers_test.go holds that.
type row struct {
	name, alias string
	kind        kind
	def         string // as it would stand in a configuration file
	min, max    int64
	choices     []choice
	flags       flags
	check       func(text string) error // for kindText
	clamp       func(n int64) int64     // for kindInt: cap instead of refusing
	special     special
	harmless    string  // why it does no harm that the row has no effect; it is accepted, kept and answered
	promise     refusal // why a row takes its default alone: its other values promise what Larder does not do
}

func (r row) has(f flags) bool { return r.flags&f != 0 }

// or names the alias under which the parameter is known too.
func (r row) or(alias string) row {
	r.alias = alias
	return r
}

// refuses makes the row take no value but its default, in a configuration and at run time.
func (r row) refuses(why refusal) row {
	r.promise = why
	return r
}

// without declares rows that have no effect, and why that does no harm.
func without(harmless string, rows ...row) []row {
	for i := range rows {
		rows[i].harmless = harmless
	}
	return rows
}

func text(name, def string, f flags) row {
	return row{name: name, def: def, flags: f}
}

func checked(name, def string, f flags, check func(string) error) row {
	return row{name: name, def: def, flags: f, check: check}
}

func yesno(name, def string, f flags) row {
	return row{name: name, kind: kindBool, def: def, flags: f}
}

func number(name, def string, low, high int64, f flags) row {
	return row{name: name, kind: kindInt, def: def, min: low, max: high, flags: f}
}

func count(name, def string, f flags) row {
	return number(name, def, 0, math.MaxInt64, f)
}

func memory(name, def string, low int64, f flags) row {
	return row{name: name, kind: kindMemory, def: def, min: low, max: math.MaxInt64, flags: f}
}

func enum(name, def string, f flags, words ...string) row {
	return row{name: name, kind: kindEnum, def: def, flags: f, choices: numbered(words)}
}

func custom(name, def string, f flags, s special) row {
	return row{name: name, kind: kindSpecial, def: def, flags: f, special: s}
}

func numbered(words []string) []choice {
	list := make([]choice, len(words))
	for i, w := range words {
		list[i] = choice{w, int64(i)}
	}
	return list
}
