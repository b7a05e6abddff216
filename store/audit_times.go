package store

// times compares when a hash says that its fields expire with what they say themselves.
func (a *audit) times(has FieldTimes) {
	says := a.head.Fields
	if says == has {
		return
	}
	a.want.Fields = has
	a.want.Bytes += (has.Count - says.Count) * timeBytes
	a.report("it says what its fields do", "says that %d fields expire, from %d to %d, and there are %d, from %d to %d",
		says.Count, says.First, says.Last, has.Count, has.First, has.Last)
}

// expiries compares the times that lie beside a hash's fields. A time that no field has goes.
func (a *audit) expiries() error {
	own := partsOf(a.head.Type)[0]
	if !own.expires() {
		return nil
	}
	var has FieldTimes
	var lost [][]byte
	for page, err := range a.timePages() {
		if err != nil {
			return err
		}
		fields, err := a.tx.Items(nil, a.head.ID, own, fieldsOf(page)...)
		if err != nil {
			return err
		}
		for i, it := range page {
			if !fields[i].Found {
				lost = append(lost, it.Field)
				continue
			}
			if at := int64(it.Score); has.Count == 0 {
				has.First, has.Last = at, at
			} else {
				has.First, has.Last = min(has.First, at), max(has.Last, at)
			}
			has.Count++
		}
	}
	if has.Count < a.want.Len {
		has.Last = 0
	}
	if len(lost) > 0 {
		a.report("those are removed", "says when %d fields expire that it has not", len(lost))
		a.mends = append(a.mends, func() error {
			_, err := a.tx.DropItems(a.head.ID, Expiries, lost...)
			return err
		})
	}
	a.times(has)
	return nil
}

// timePages yields the times of a hash, a bounded number at a time.
func (a *audit) timePages() func(yield func([]Item, error) bool) {
	return func(yield func([]Item, error) bool) {
		stopped := false
		err := inPages(a.tx.Range(a.head.ID, Expiries, Range{}), func(page []Item) error {
			stopped = stopped || !yield(page, nil)
			return nil
		})
		if err != nil && !stopped {
			yield(nil, err)
		}
	}
}
