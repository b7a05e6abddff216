package wire

import "time"

const (
	window    = 8               // commands in flight while loading
	fillLimit = 2 * time.Minute // for one command; a load as a whole is bounded by its count
)

// Fill sends the commands from..to that make returns, several in flight, and stops at the first error.
// It returns how many were answered well.
func Fill(addr string, from, to int, make func(i int) []string) (int, error) {
	c, err := Dial(addr)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	sent, answered := from, from
	for answered < to {
		c.SetDeadline(time.Now().Add(fillLimit))
		for ; sent < to && sent-answered < window; sent++ {
			c.Append(make(sent)...)
		}
		if err := c.Flush(); err != nil {
			return answered - from, err
		}
		if _, err := c.Receive(); err != nil {
			return answered - from, err
		}
		answered++
	}
	return answered - from, nil
}

// Once connects, asks one thing, and leaves.
func Once(addr string, args ...string) (Reply, error) {
	c, err := Dial(addr)
	if err != nil {
		return Reply{}, err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(fillLimit))
	return c.Do(args...)
}
