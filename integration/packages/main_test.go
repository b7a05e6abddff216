package main

import (
	"strings"
	"testing"
)

func TestConvert(t *testing.T) {
	const index = `Package: a
Installed-Size: 7
Section: games
Maintainer: M <m@example.org>
Tag: x,
 y

Package: a
Version: older

Package: b
Section: games
`
	var out strings.Builder
	n, err := convert(strings.NewReader(index), &out)
	if n != 2 || err != nil {
		t.Fatalf("%d packages, %v", n, err)
	}
	got := strings.ReplaceAll(out.String(), "\r\n", " ")
	for _, want := range []string{
		"*12 $4 HSET $5 pkg:a $7 Package $1 a $14 Installed-Size $1 7 $7 Section $5 games $10 Maintainer $17 M <m@example.org> $3 Tag $4 x,\ny ",
		"*4 $4 ZADD $7 by-size $1 7 $1 a ",
		"*3 $5 RPUSH $5 names $1 a *2 $4 INCR $28 maintainer:M <m@example.org> *6 $4 HSET $5 pkg:b ",
		"*4 $4 ZADD $7 by-size $1 0 $1 b ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	if strings.Contains(got, "older") {
		t.Errorf("the second version counts: %q", got)
	}
}
