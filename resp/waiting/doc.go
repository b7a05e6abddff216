// Package waiting holds the blocked commands, in lines by their keys, and serves them.
//
// In Redis a command that makes a key appear serves those who wait for it before anybody else
// gets a turn: nobody ever sees an element in a list that somebody waits for. Here readers run
// beside writers, so serving is part of the writer's transaction. At its end, still inside
// it, the commands of those who stand in line for the keys it has written run again, first
// come first served, until the keys are gone or the lines are empty; what they push serves
// others in turn. The push and the pops are one transaction: for readers, for a crash (one
// record of the log), and for the order of the line.
//
// The rejected alternative wakes the waiter after the commit and has it try by itself. Then
// anybody may be faster, the line is no line, and a writer's own LPOP, next in its pipeline,
// takes what was already somebody else's.
//
// A blocking command enters the lines inside the transaction in which it found nothing.
// Engines run what writes a key one after the other, so whoever writes it afterwards finds it
// there, and no push falls in between.
//
// A writer claims a waiter before it pops for it. A claimed waiter cannot leave, and nobody
// else claims it; it keeps its place until the commit, and has it still if there is none.
// Its time may be over meanwhile, or its client gone: that counts if the claim is given up, and
// if not it came too late, as for a reply that is on its way. A client known to be gone is
// never claimed, even before its goroutine has left the lines. So each element is popped by a
// command that is answered, or stays.
//
// Serving may touch keys that the writer does not: BLMOVE's destination, the other keys of
// BLPOP, which Redis looks at again in their order. An Update may touch any key, so nobody is
// left to be served later, and what follows the writer in its pipeline sees what serving left.
// Only whom no command makes ready has a transaction made for it (Lines.Serve): after an expiry, an
// eviction, the end of CLIENT PAUSE, and when a writer that had claimed somebody failed in the end.
//
// Waiting costs a goroutine that reads ahead, to learn that the client is gone, a timer if
// there is a timeout, and no more: nothing polls.
package waiting
