package integration

import "fmt"

const (
	fieldsMissing = `(error) "ERR Mandatory argument FIELDS is missing or not at the right position"`
	otherNumber   = "(error) \"ERR The `numfields` parameter must match the number of arguments\""
)

// hashRows are replies of commands on fields that expire, which came with 7.4 and 8.0.
var hashRows = []golden{
	{lines: "HSET h a 1 b 2\nHEXPIRE h 100 FIELDS 2 a x", want: "*[:1 :-2]", why: "7.4: commands/hexpire"},
	{lines: "HEXPIRE none 100 FIELDS 2 a b", want: "*[:-2 :-2]", why: "7.4: commands/hexpire"},
	{lines: "HSET h a 1 b 2\nHEXPIRE h 0 FIELDS 2 a b\nEXISTS h", want: ":0", why: "7.4: commands/hexpire, the last field"},
	{lines: "HSET h a 1 b 2\nHEXPIRE h 0 FIELDS 1 a", want: "*[:2]", why: "7.4: commands/hexpire"},
	{lines: "HSET h a 1\nHEXPIRE h 100 FIELDS 2 a", want: otherNumber, why: "7.4: commands/hexpire"},
	{lines: "HSET h a 1\nHEXPIRE h 100 a", want: fmt.Sprintf(arityOf, "hexpire"), why: "7.4: commands/hexpire"},
	{lines: "HSET h a 1\nHEXPIRE h 100 a b c", want: fieldsMissing, why: "8.0: commands/hexpire"},
	{lines: "SET k v\nHEXPIRE k 100 FIELDS 1 a", want: wrongType, why: "7.4: commands/hexpire"},
	{lines: "HSET h a 1 b 2\nHEXPIREAT h 4102444800 FIELDS 1 a\nHEXPIREAT h 4102444900 NX FIELDS 2 a b", want: "*[:0 :1]", why: "7.4: commands/hexpireat"},
	{lines: "HSET h a 1 b 2\nHPEXPIREAT h 4102444800001 FIELDS 1 a\nHPEXPIRETIME h FIELDS 3 a b c", want: "*[:4102444800001 :-1 :-2]", why: "7.4: commands/hpexpiretime"},
	{lines: "HSET h a 1 b 2\nHPEXPIREAT h 4102444800001 FIELDS 1 a\nHEXPIRETIME h FIELDS 3 a b c", want: "*[:4102444801 :-1 :-2]", why: "7.4: commands/hexpiretime, rounded up"},
	{lines: "HSET h a 1\nHPEXPIRE h 100000 FIELDS 1 a\nHTTL h FIELDS 1 a", want: "*[:100]", why: "7.4: commands/httl"},
	{lines: "HSET h a 1\nHEXPIRE h 100 FIELDS 1 a\nHPTTL h FIELDS 2 a b", want: `re:^\*\[:(99\d\d\d|100000) :-2\]`, why: "7.4: commands/hpttl"},
	{lines: "HSET h a 1 b 2\nHEXPIRE h 100 FIELDS 1 a\nHPERSIST h FIELDS 3 a b c", want: "*[:1 :-1 :-2]", why: "7.4: commands/hpersist"},
	{lines: "HSET h a 1 b 2\nHEXPIRE h 100 FIELDS 2 a b\nHSET h a 3\nHINCRBY h b 5\nHTTL h FIELDS 2 a b", want: "*[:-1 :100]", why: "7.4: commands/hset clears what commands/hincrby keeps"},
	{lines: "HSET h a 1 b 2 c 3\nHEXPIREAT h 4102444800 FIELDS 1 c\nHGETALL h", want: `*["c" "3" "a" "1" "b" "2"]`, want3: `%["c" "3" "a" "1" "b" "2"]`, why: "7.4: fields that expire come first in a listpack"},
	{lines: "HSET h a 1\nHEXPIRE h 100 FIELDS 1 a\nOBJECT ENCODING h", want: `"listpackex"`, why: "7.4: commands/object-encoding"},
	{lines: "HSET h a 1\nHEXPIRE h 100 FIELDS 1 a\nCOPY h i\nRENAME i j\nHTTL j FIELDS 1 a", want: "*[:100]", why: "7.4: times go with the hash"},
	{lines: "HSET h a 1\nHEXPIRE h 100 FIELDS 1 a\nTTL h", want: ":-1", why: "7.4: the key has no time"},
	{lines: "HSET h a 1\nHEXPIRE h 100 FIELDS 1 a\nEXPIRE h 1000\nPERSIST h\nHTTL h FIELDS 1 a", want: "*[:100]", why: "7.4: the key's time is another one"},
	{lines: "HSET h a 1 b 2\nHGETDEL h FIELDS 2 a x", want: `*["1" (nil)]`, why: "8.0: commands/hgetdel"},
	{lines: "HSET h a 1 b 2\nHGETDEL h FIELDS 2 a b\nEXISTS h", want: ":0", why: "8.0: commands/hgetdel"},
	{lines: "HSET h a 1 b 2\nHGETEX h EX 100 FIELDS 2 a x", want: `*["1" (nil)]`, why: "8.0: commands/hgetex"},
	{lines: "HSET h a 1 b 2\nHGETEX h EX 100 FIELDS 1 a\nHGETEX h PERSIST FIELDS 1 a\nHTTL h FIELDS 1 a", want: "*[:-1]", why: "8.0: commands/hgetex"},
	{lines: "HSETEX h EX 100 FIELDS 2 a 1 b 2\nHTTL h FIELDS 2 a b", want: "*[:100 :100]", why: "8.0: commands/hsetex"},
	{lines: "HSETEX h FXX FIELDS 1 a 1\nEXISTS h", want: ":0", why: "8.0: commands/hsetex"},
	{lines: "HSET h a 1\nHSETEX h FNX FIELDS 2 a 1 b 2", want: ":0", why: "8.0: commands/hsetex"},
	{lines: "HSETEX h EX 100 FIELDS 1 a 1\nHSETEX h KEEPTTL FIELDS 1 a 2\nHTTL h FIELDS 1 a", want: "*[:100]", why: "8.0: commands/hsetex"},
	{lines: "HSETEX h EX 1 PX 1 FIELDS 1 a 1", want: `(error) "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified"`, why: "8.0: commands/hsetex"},
	{lines: "COMMAND INFO hexpire", want: `re:^\*\[\*\["hexpire" :-6 `, why: "7.4: commands/hexpire"},
	{lines: "MULTI\nHSETEX h EX 100 FIELDS 1 a 1\nHTTL h FIELDS 1 a\nEXEC", want: "*[:1 *[:100]]", why: "8.0: inside a transaction"},
	{lines: "EVAL \"redis.call('HSETEX', 'h', 'EX', '100', 'FIELDS', '1', 'a', '1') return redis.call('HTTL', 'h', 'FIELDS', '2', 'a', 'b')\" 1 h", want: "*[:100 :-2]", why: "8.0: in a script"},
	{lines: "HSETEX w_1 EX 100 FIELDS 1 f 2\nHSET w_2 f 1\nRPUSH l 1 2\nSORT l BY w_*->f", want: `*["2" "1"]`, why: "7.4: commands/sort"},
}
