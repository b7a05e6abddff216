// What a command leads to, merged and begun anew.
package cmd_test

import (
	"slices"
	"testing"

	"larder/resp/cmd"
	"larder/store"
)

// A step uses its room again for the next one: nothing of what was merged may change with it.
func TestMergedOutcomesOutliveTheirSteps(t *testing.T) {
	var all, step cmd.Outcome
	var done []string
	for _, name := range []string{"a", "b"} {
		step.Show(0, "client", [][]byte{[]byte(name)})
		step.After(func() { done = append(done, "after "+name) })
		step.Later(func() { done = append(done, "later "+name) })
		step.Changes = append(step.Changes, name)
		step.Ready = append(step.Ready, store.Key{Name: []byte(name)})
		step.Calls = append(step.Calls, cmd.Called{Problem: name})
		step.Hits, step.Misses, step.Database = 1, 2, len(name)
		all.Merge(&step)
		step.Clear()
	}
	if len(step.Events)+len(step.Chores)+len(step.Changes)+len(step.Ready)+len(step.Calls) != 0 || step.Hits != 0 {
		t.Errorf("cleared, and there is %+v", step)
	}
	if !slices.Equal(all.Changes, []string{"a", "b"}) || len(all.Ready) != 2 || all.Calls[0].Problem != "a" {
		t.Errorf("merged %+v", all)
	}
	if all.Hits != 2 || all.Misses != 4 || all.Database != 1 {
		t.Errorf("%d hits, %d misses in database %d", all.Hits, all.Misses, all.Database)
	}
	if line := all.Events[2].Line; line == nil || string(line.Args[0]) != "b" || string(all.Events[0].Line.Args[0]) != "a" {
		t.Errorf("the lines are %+v", all.Events)
	}
	for _, e := range all.Events {
		if e.Do != nil {
			e.Do()
		}
	}
	all.Follow()
	all.Follow() // once more does nothing
	if want := []string{"after a", "after b", "later a", "later b"}; !slices.Equal(done, want) {
		t.Errorf("done %q, want %q", done, want)
	}
}

// What fails leaves only what was looked up, and whom it would have served.
func TestAFailureForgoesWhatWaitsForItsCommit(t *testing.T) {
	var o cmd.Outcome
	o.After(func() { t.Error("it happens all the same") })
	o.Later(func() { t.Error("it is done all the same") })
	o.Changes, o.Flushed, o.Hits, o.Ready = []string{"k"}, true, 1, []store.Key{{}}
	o.Forgo()
	for _, e := range o.Events {
		e.Do()
	}
	o.Follow()
	if len(o.Changes) != 0 || o.Flushed || o.Hits != 1 || len(o.Ready) != 1 {
		t.Errorf("left is %+v", o)
	}
}

// Types write a key in steps, each of which notifies.
func TestAnEventIsNotifiedOnceForStepsInARow(t *testing.T) {
	c := cmd.Call{Heard: cmd.Events("KEA")}
	for _, event := range []string{"l:lpush", "l:lpush", cmd.OwnEvents, "", "l:rpush", "l:lpush"} {
		c.Notify(event, store.Key{Name: []byte("k")})
	}
	var names []string
	for _, e := range c.Events {
		names = append(names, e.Notice.Event)
	}
	if want := []string{"lpush", "rpush", "lpush"}; !slices.Equal(names, want) {
		t.Errorf("notified %q, want %q", names, want)
	}
}

func TestSecretsAreNotPublic(t *testing.T) {
	line := [][]byte{[]byte("AUTH"), []byte("user"), []byte("password")}
	s := cmd.Spec{Secrets: func([][]byte) []int { return []int{2} }}
	if shown := s.Public(line); string(shown[2]) != "(redacted)" || string(shown[1]) != "user" {
		t.Errorf("shown is %q", shown)
	}
	if string(line[2]) != "password" {
		t.Error("the line itself has changed")
	}
}
