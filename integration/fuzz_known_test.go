package integration

import "regexp"

// knownDifference is a reply that is meant to differ from redis-server 7.0's.
type knownDifference struct {
	line   string // the command line, quoted, matches
	redis  string // its reply, as value.String has it
	larder string
	why    string
}

var knownDifferences = compiled([]knownDifference{
	{line: `(?i)^"z(rev)?rank"`, redis: `wrong number of arguments`, why: "7.2: WITHSCORE makes the arity open"},
	{line: `(?i)^"xread(group)?"`, redis: `Unbalanced`, larder: `Unbalanced|wrong number`, why: "7.2: it says of which command"},
	{line: `(?i)^"xread(group)?" .*STREAMS`, redis: `Unbalanced|wrong number`, larder: `Unbalanced|wrong number`, why: "7.2: it says of which command"},
	{line: `(?i)^"lpos" .*"RANK"`, larder: `must between -9223372036854775807`, why: "7.2: the negation would overflow"},
	{line: `(?i)^"bit(count|pos)"`, redis: `^:(0|-1)$|WRONGTYPE`, larder: `syntax error|not an integer|bit argument`, why: "7.2: arguments are looked at before the key"},
	{line: `(?i)^"xread(group)?"`, redis: `Unbalanced|syntax error|not an integer|QUEUED`, larder: `CROSSSLOT`, why: "a line that is not well formed has no keys in 7.0's cluster"},
	{line: `(?i)^"z(union|inter|diff)`, redis: `CROSSSLOT`, larder: `not an integer|QUEUED`, why: "7.0's cluster finds keys behind a number that the command itself refuses"},
	{line: `(?i)^"object" "encoding"`, redis: `quicklist|hashtable`, larder: `listpack`, why: "7.2: short lists and sets are listpacks"},
	{line: `(?i)^"function" "list" .*\\n"`, redis: `Unknown argument`, larder: `Unknown argument`, why: "line ends behind an error's text are dropped, everywhere"},
	{line: `(?i)^"sort(_ro)?"`, redis: `can't be converted into double`, larder: `^\*\[""( "-?[0-9.]*")*\]$`,
		why: "7.0 looks at errno, which it has not set to 0: what was too large for an earlier command fails this one"},
	{line: `(?i)^"acl" "cat"$`, larder: `"cache"\]$`, why: "the commands of CACHE have a category of their own"},
	{line: `(?i)^"xinfo" "groups"`, redis: `"lag" :-`, larder: `"lag" \(nil\)`, why: "7.0 counts below zero"},
	{line: `(?i)^"command" "getkeys"`, larder: `Invalid arguments`, why: "7.0 finds keys behind a number that the command itself refuses"},
	{line: `(?i)^"command" "getkeys" "eval"`, larder: `^\*\[\]$`, why: "7.0 finds keys behind a number that the command itself refuses"},
	{line: `(?i)^"command" "getkeys"`, redis: `(?i)invalid|wrong`, larder: `(?i)invalid|wrong|QUEUED`, why: "7.2: arity -3"},
})

type compiledDifference struct{ line, redis, larder *regexp.Regexp }

func compiled(all []knownDifference) (out []compiledDifference) {
	for _, k := range all {
		out = append(out, compiledDifference{regexp.MustCompile(k.line), regexp.MustCompile(k.redis), regexp.MustCompile(k.larder)})
	}
	return out
}

func known(line, redis, larder string) bool {
	for _, k := range knownDifferences {
		if k.line.MatchString(line) && k.redis.MatchString(redis) && k.larder.MatchString(larder) {
			return true
		}
	}
	return false
}
