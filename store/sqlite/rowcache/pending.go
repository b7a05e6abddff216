package rowcache

// pending are the rows of a stripe that a transaction in progress has changed, and some others: a bit for each
// hash. A map of the rows themselves took twenty megabytes while large generations settled. Under the lock
// of its stripe.
type pending struct {
	any  bool
	bits [pendingBits / 64]uint64
}

// pendingBits: the rows of a hundred thousand that settle together fill a tenth of a stripe's.
const pendingBits = 1 << 15

func (p *pending) place(k Key) (word, bit uint32) {
	at := k.mark() % pendingBits
	return at / 64, at % 64
}

func (p *pending) add(k Key) {
	word, bit := p.place(k)
	p.any = true
	p.bits[word] |= 1 << bit
}

func (p *pending) has(k Key) bool {
	if !p.any {
		return false
	}
	word, bit := p.place(k)
	return p.bits[word]>>bit&1 == 1
}

func (p *pending) clear() {
	if p.any {
		*p = pending{}
	}
}
