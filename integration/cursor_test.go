package integration

import (
	"fmt"
	"strconv"
	"testing"
)

// Clients that keep numbers as doubles (JavaScript, tonumber in Lua) send back what a double keeps of a cursor.
func TestCursorsSurviveDoubles(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	const n = 1000
	c := dial(t, startLarder(t, "--shards", "4"))
	for i := range n {
		name := fmt.Sprintf("key:%d", i)
		c.must(t, "CACHE", "SET", name, "v", "TAG", "1", "tag")
		c.must(t, "SADD", "set", name)
		c.must(t, "HSET", "hash", name, "v")
		c.must(t, "ZADD", "zset", strconv.Itoa(i), name)
	}
	for _, scan := range []struct {
		line []string
		step int // elements of the page for one name
		want int
	}{
		{[]string{"SCAN"}, 1, n + 3},
		{[]string{"CACHE", "TAGKEYS", "tag"}, 1, n},
		{[]string{"SSCAN", "set"}, 1, n},
		{[]string{"HSCAN", "hash"}, 2, n},
		{[]string{"ZSCAN", "zset"}, 2, n},
	} {
		seen := map[string]bool{}
		for cursor, pages := "0", 0; pages == 0 || cursor != "0"; pages++ {
			page := c.must(t, append(scan.line[:len(scan.line):len(scan.line)], cursor)...)
			names := page.list[1].texts()
			for i := 0; i < len(names); i += scan.step {
				seen[names[i]] = true
			}
			number, err := strconv.ParseFloat(page.list[0].text, 64)
			if err != nil || pages > n {
				t.Fatalf("%v: page %d has the cursor %q", scan.line, pages, page.list[0].text)
			}
			cursor = strconv.FormatFloat(number, 'f', 0, 64)
		}
		if len(seen) != scan.want {
			t.Errorf("%v: %d of %d were seen", scan.line, len(seen), scan.want)
		}
	}
	script := `local seen, cursor = {}, 0
		repeat
			local page = redis.call('SCAN', cursor)
			cursor = tonumber(page[1])
			seen[#seen + 1] = cursor
		until cursor == 0 or #seen > 2000
		return {#seen, cursor}`
	if v := c.must(t, "EVAL", script, "0"); v.list[1].text != "0" {
		t.Errorf("a scan whose cursor is a number of Lua does not end: %v", v)
	}
}
