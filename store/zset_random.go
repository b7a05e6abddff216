package store

import "math/rand/v2"

// randomDraws is the number of members drawn at once.
const randomDraws = 512

// Draw calls visit with n members, each drawn uniformly whatever was drawn before.
func (z *ZSetKey) Draw(n int64, visit func(Item)) error {
	for n > 0 && z.Exists() {
		drawn, err := z.tx.Random(z.head.ID, Scores, z.Len(), int(min(n, randomDraws)))
		if err != nil {
			return err
		}
		for _, it := range drawn {
			visit(it)
		}
		n -= int64(len(drawn))
	}
	return nil
}

// Sample calls visit with n different members, all sets of n being as likely, or with all
// members if there are not more. It draws while repeats are rare, else it walks the set and
// takes each member with the probability that leaves n in the end.
func (z *ZSetKey) Sample(n int64, visit func(Item)) error {
	if n*3 > z.Len() || n > z.Len() {
		return z.sift(min(n, z.Len()), visit)
	}
	seen := make(map[string]struct{}, n)
	for int64(len(seen)) < n {
		err := z.Draw(n-int64(len(seen)), func(it Item) {
			if _, again := seen[string(it.Field)]; !again {
				seen[string(it.Field)] = struct{}{}
				visit(it)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (z *ZSetKey) sift(n int64, visit func(Item)) error {
	left := z.Len()
	if n == 0 {
		return nil
	}
	for it, err := range z.tx.Range(z.head.ID, Scores, Range{}) {
		if err != nil {
			return err
		}
		if rand.Int64N(left) < n {
			visit(it)
			n--
		}
		if left--; n == 0 {
			break
		}
	}
	return nil
}
