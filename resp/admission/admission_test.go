// Room that is reserved, and deadlines.
package admission_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"larder/resp/admission"
	"larder/resp/cmd"
	"larder/resp/stat"
	"larder/store"
	"larder/store/memory"
)

var ctx = context.Background()

// purse is a budget of so many bytes.
type purse struct {
	admission.Budget
	left int64
}

func (p *purse) Admit(_ context.Context, need int64) bool {
	if need > p.left {
		return false
	}
	p.left -= need
	return true
}

func (p *purse) Release(need int64) { p.left += need }

func TestAHoldGivesBackWhatItTookOnce(t *testing.T) {
	p, h := &purse{Budget: admission.Boundless(), left: 10}, admission.Hold{}
	if h.Take(ctx, p, 11) || h.Bytes() != 0 {
		t.Errorf("it holds %d of 10 bytes", h.Bytes())
	}
	if !h.Take(ctx, p, 7) || h.Bytes() != 7 || p.left != 3 {
		t.Errorf("it holds %d bytes, %d are left", h.Bytes(), p.left)
	}
	h.Leave(p)
	h.Leave(p)
	if p.left != 10 {
		t.Errorf("%d bytes are left of 10", p.left)
	}
}

// Only what a command overwrites as a whole is given back.
func TestReplacedIsWhatOverwrittenKeysHold(t *testing.T) {
	e := memory.New()
	k := store.Key{Name: []byte("k")}
	if err := e.Update(ctx, store.One(k), func(tx store.Tx) error {
		return store.SetString(tx, k, make([]byte, 1000), 0)
	}); err != nil {
		t.Fatal(err)
	}
	spec := &cmd.Spec{Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyOW)}}
	call := &cmd.Call{Spec: spec, Args: [][]byte{[]byte("SET"), []byte("k"), []byte("v")}}
	if n := admission.Replaced(e, call); n < 1000 {
		t.Errorf("SET gives back %d bytes", n)
	}
	spec.Keys = []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW)}
	if n := admission.Replaced(e, call); n != 0 {
		t.Errorf("APPEND gives back %d bytes", n)
	}
	if n := admission.Cost(call.Args, 1); n != admission.Least+2 {
		t.Errorf("its arguments come to %d bytes", n)
	}
}

// slow is an engine on which a transaction begins when it may.
type slow struct {
	store.Engine
	may chan struct{}
}

func (s slow) Update(ctx context.Context, scope store.Scope, fn func(store.Tx) error) error {
	<-s.may
	return s.Engine.Update(ctx, scope, fn)
}

func TestWhatIsLateNeverBegins(t *testing.T) {
	e, late := slow{memory.New(), make(chan struct{})}, 0
	p := &admission.Punctual{Engine: e, Until: time.Now().Add(time.Millisecond), Late: func() { late++ }}
	ran := false
	err := p.Update(ctx, store.Whole(), func(store.Tx) error { ran = true; return nil })
	var problem *store.Error
	if !errors.As(err, &problem) || problem.Code != store.CodeLate || late != 1 {
		t.Errorf("%v, told %d times", err, late)
	}
	close(e.may)
	if err := e.Update(ctx, store.Whole(), func(store.Tx) error { return nil }); err != nil || ran {
		t.Errorf("it ran: %v, %v", ran, err)
	}
	p.Until = time.Now().Add(time.Hour)
	if err := p.Update(ctx, store.Whole(), func(store.Tx) error { ran = true; return nil }); err != nil || !ran {
		t.Errorf("what is in time ran: %v, %v", ran, err)
	}
}

// keeper takes the uses that are written down.
type keeper struct{ kept []store.Use }

func (k *keeper) KeepUses(_ context.Context, list []store.Use) error {
	k.kept = append(k.kept, list...)
	return nil
}

// Uses are kept only while there is a limit and a policy that goes by them, and only those that are still remembered.
func TestUsesAreKeptWhileTheyMatter(t *testing.T) {
	var u admission.Uses
	k, recency := &keeper{}, stat.NewRecency()
	keep := func(on bool) int {
		k.kept = nil
		if err := u.Keep(ctx, k, recency, on); err != nil {
			t.Fatal(err)
		}
		return len(k.kept)
	}
	used, forgotten := store.Key{Name: []byte("used")}, store.Key{Name: []byte("forgotten")}
	recency.Touch(used.DB, used.Name)
	u.Add(used)
	if n := keep(true); n != 0 {
		t.Errorf("%d uses from before it mattered", n)
	}
	u.Add(used)
	u.Add(forgotten)
	used.Name[0] = 'U' // the name was the caller's
	if n := keep(true); n != 1 || string(k.kept[0].Key.Name) != "used" {
		t.Errorf("kept %v", k.kept)
	}
	for range 10_000 {
		u.Add(store.Key{Name: []byte("used")})
	}
	if n := keep(false); n == 0 || n > 1024 {
		t.Errorf("%d uses in a second", n)
	}
}
