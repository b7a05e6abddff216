package resp

import (
	"context"

	"larder/store"
)

// Check looks for damage in the data while it is in use; engines that keep none have nothing to look at.
func (h host) Check(ctx context.Context, fix bool) ([]store.Finding, error) {
	if c, ok := h.engine.(store.Checker); ok {
		return c.Check(ctx, fix)
	}
	return nil, nil
}
