package sections

import (
	"time"

	"larder/bench/contend"
	"larder/bench/wire"
)

// sweepLimit is how long a server may take to clear away what a DEL has left behind.
const sweepLimit = time.Minute

// renew deletes a collection, waits until its remains are swept, and gives it its first items again.
func renew(d dataset, s *contend.Server) error {
	if _, err := wire.Once(s.Addr(), "DEL", d.name); err != nil {
		return err
	}
	s.WaitIdle(sweepLimit)
	if err := d.fill(s, 0, listBase); err != nil {
		return err
	}
	s.WaitIdle(restLimit(s))
	return nil
}
