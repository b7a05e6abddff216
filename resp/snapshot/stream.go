package snapshot

import (
	"errors"
	"iter"

	"larder/rdb"
	"larder/store"
)

// streamWriter writes a stream piece by piece. It belongs to the transaction's goroutine.
type streamWriter struct {
	stream *store.StreamKey
	form   rdb.StreamForm
	groups []groupOf
	page   []byte
	yield  func([]byte, error) bool
}

// groupOf is a group with its consumers.
type groupOf struct {
	*store.StreamGroup
	consumers []*store.StreamConsumer
}

func streamValue(tx store.Tx, k store.Key, newest rdb.StreamForm) (uint16, iter.Seq2[[]byte, error], error) {
	s, err := store.OpenStream(tx, k)
	if err != nil {
		return 0, nil, err
	}
	w := &streamWriter{stream: s}
	if err := w.readGroups(); err != nil {
		return 0, nil, err
	}
	form, err := w.needs()
	w.form = min(form, newest)
	return w.form.Version(), func(yield func([]byte, error) bool) {
		w.yield = yield
		if err := w.write(); err != nil && err != errEnough {
			yield(nil, err)
		}
	}, err
}

// errEnough says that the consumer of the pieces wants no more.
var errEnough = errors.New("snapshot: no more pieces are wanted")

func (w *streamWriter) readGroups() error {
	all, err := w.stream.AllGroups()
	for _, g := range all {
		consumers, err := g.Consumers()
		if err != nil {
			return err
		}
		w.groups = append(w.groups, groupOf{g, consumers})
	}
	return err
}

// needs is the oldest form that tells all of a stream: what it does not tell its reader takes for what it mostly is.
func (w *streamWriter) needs() (rdb.StreamForm, error) {
	state, form := w.stream.State(), rdb.StreamPlain
	if !state.MaxDeleted.Zero() || state.Added != uint64(w.stream.Len()) {
		form = rdb.StreamCounted
	}
	for _, g := range w.groups {
		for _, c := range g.consumers {
			if c.Active != c.Seen {
				return rdb.StreamActive, nil
			}
		}
		read, err := w.stream.Distance(g.Last)
		if err != nil {
			return form, err
		}
		if read != g.Read {
			form = rdb.StreamCounted
		}
	}
	return form, nil
}

// give hands over what is written if it is a page.
func (w *streamWriter) give(all bool) error {
	if len(w.page) < pageBytes && !all || len(w.page) == 0 {
		return nil
	}
	if !w.yield(w.page, nil) {
		return errEnough
	}
	w.page = w.page[:0]
	return nil
}

func (w *streamWriter) write() error {
	if err := w.writeEntries(); err != nil {
		return err
	}
	first, _, err := w.stream.Edge(false)
	if err != nil {
		return err
	}
	state := w.stream.State()
	w.page = rdb.AppendStreamState(w.page, w.form, uint64(w.stream.Len()), rdb.StreamID(first.ID),
		rdb.StreamState{Last: rdb.StreamID(state.Last), MaxDeleted: rdb.StreamID(state.MaxDeleted), Added: state.Added},
		uint64(len(w.groups)))
	for _, g := range w.groups {
		if err := w.writeGroup(g); err != nil {
			return err
		}
	}
	return w.give(true)
}

// all is the range of all entries.
func (w *streamWriter) all() iter.Seq2[store.StreamEntry, error] {
	return w.stream.Range(store.StreamRange{To: store.LastStreamID()})
}

// writeEntries goes along the entries twice, for the number of nodes stands in front of them.
func (w *streamWriter) writeEntries() error {
	var count rdb.StreamNodes
	for e, err := range w.all() {
		if err != nil {
			return err
		}
		count.Begins(sizeOf(e))
	}
	w.page = rdb.AppendStreamHeader(w.page, w.form, count.Count())
	var nodes rdb.StreamNodes
	var node rdb.StreamNode
	for e, err := range w.all() {
		if err != nil {
			return err
		}
		if nodes.Begins(sizeOf(e)) && !node.Empty() {
			w.page = node.Append(w.page)
			if err := w.give(false); err != nil {
				return err
			}
		}
		node.Add(rdb.StreamEntry{ID: rdb.StreamID(e.ID), Fields: e.Fields})
	}
	if !node.Empty() {
		w.page = node.Append(w.page)
	}
	return w.give(false)
}

func sizeOf(e store.StreamEntry) (n int) {
	for _, f := range e.Fields {
		n += len(f)
	}
	return n
}

func (w *streamWriter) writeGroup(g groupOf) error {
	w.page = rdb.AppendStreamGroup(w.page, w.form, g.Name, rdb.StreamID(g.Last), g.Read, uint64(g.Pending))
	for p, err := range g.PendingOf(store.PendingRange{To: store.LastStreamID()}) {
		if err == nil {
			w.page = rdb.AppendStreamPending(w.page, rdb.StreamPending{ID: rdb.StreamID(p.ID), Delivered: p.Delivered,
				Count: p.Count})
			err = w.give(false)
		}
		if err != nil {
			return err
		}
	}
	all := g.owners()
	w.page = rdb.AppendStreamConsumers(w.page, len(all))
	for _, c := range all {
		w.page = rdb.AppendStreamConsumer(w.page, w.form,
			rdb.StreamConsumer{Name: c.Name, Seen: c.Seen, Active: c.Active, Pending: c.Pending})
		if err := w.writeOwned(g, c); err != nil {
			return err
		}
	}
	return nil
}

// owners are the consumers. In the forms that are written each pending entry is somebody's, so those that were given
// back are of the consumer without a name, idle for ever: whoever claims gets them.
func (g *groupOf) owners() []*store.StreamConsumer {
	if g.Released == 0 {
		return g.consumers
	}
	if len(g.consumers) > 0 && len(g.consumers[0].Name) == 0 {
		own := *g.consumers[0]
		own.Pending += g.Released
		return append([]*store.StreamConsumer{&own}, g.consumers[1:]...)
	}
	return append([]*store.StreamConsumer{{Pending: g.Released}}, g.consumers...)
}

// writeOwned writes which pending entries are a consumer's.
func (w *streamWriter) writeOwned(g groupOf, c *store.StreamConsumer) error {
	asked := store.PendingRange{Consumer: c.Name, To: store.LastStreamID()}
	if len(c.Name) == 0 {
		asked.Consumer = nil
	}
	for p, err := range g.PendingOf(asked) {
		if err == nil && string(p.Consumer) == string(c.Name) {
			w.page = rdb.AppendStreamID(w.page, rdb.StreamID(p.ID))
			err = w.give(false)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
