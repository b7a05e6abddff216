package disk

import "math/rand/v2"

// luck is the weather of one power cut: how likely something unsynced is to have arrived, and how likely to be
// missing; what is neither is somewhere in between.
type luck struct {
	rnd              *rand.Rand
	newest, oldest   float64
	sector           int     // bytes that are written whole or not at all
	newestE, oldestE float64 // the same for directories
}

// weather draws one. The extremes are as frequent as anything between them: where half of all sectors are missing,
// the first one hides what the others would do.
func weather(rnd *rand.Rand) luck {
	l := luck{rnd: rnd, sector: 512}
	if rnd.IntN(2) == 0 {
		l.sector = 4096
	}
	l.newest, l.oldest = share(rnd)
	l.newestE, l.oldestE = share(rnd)
	if rnd.IntN(2) == 0 {
		l.newestE, l.oldestE = 0, 1 // names that nothing has arrived of are the worst, and frequent on real disks
	}
	return l
}

func share(rnd *rand.Rand) (newest, oldest float64) {
	switch rnd.IntN(6) {
	case 0:
		return 0, 1
	case 1:
		return 1, 0
	case 2:
		return 0, 0
	case 3:
		return 0.99, 0.005
	case 4:
		return 0.9, 0.05
	}
	newest = rnd.Float64()
	return newest, (1 - newest) / 2
}

// forFile is the weather of one file: a third of them has its own.
func (l luck) forFile() luck {
	if l.rnd.IntN(3) == 0 {
		l.newest, l.oldest = share(l.rnd)
	}
	return l
}

// draw chooses one of n states, oldest first.
func (l luck) draw(n int) int { return pick(l.rnd, n, l.newest, l.oldest) }

// drawEntries chooses how many of n-1 changes of a directory have arrived.
func (l luck) drawEntries(n int) int { return pick(l.rnd, n, l.newestE, l.oldestE) }

func pick(rnd *rand.Rand, n int, newest, oldest float64) int {
	r := rnd.Float64()
	switch {
	case r < newest:
		return n - 1
	case r < newest+oldest:
		return 0
	}
	return rnd.IntN(n)
}
