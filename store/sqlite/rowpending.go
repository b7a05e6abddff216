package sqlite

// pendingRows are the rows of a stripe that a transaction in progress has changed, and some others: a bit for each
// hash. A map of the rows themselves took twenty megabytes while large generations settled. Under the lock
// of its stripe.
type pendingRows struct {
	any  bool
	bits [pendingBits / 64]uint64
}

// pendingBits: the rows of a hundred thousand that settle together fill a tenth of a stripe's.
const pendingBits = 1 << 15

func (p *pendingRows) place(k rowKey) (word, bit uint32) {
	at := k.mark() % pendingBits
	return at / 64, at % 64
}

func (p *pendingRows) add(k rowKey) {
	word, bit := p.place(k)
	p.any = true
	p.bits[word] |= 1 << bit
}

func (p *pendingRows) has(k rowKey) bool {
	if !p.any {
		return false
	}
	word, bit := p.place(k)
	return p.bits[word]>>bit&1 == 1
}

func (p *pendingRows) clear() {
	if p.any {
		*p = pendingRows{}
	}
}
