package reply

// End is Done behind a loop that may have failed: an error becomes the reply, and what the
// list held is freed.
func (l *List) End(err error) Reply {
	if err != nil {
		l.close()
		return Err(err)
	}
	return l.Done()
}
