// Package blocks makes ranks O(log n): how many items lie before a place, and which item has a rank.
//
// The items of a part, in the order that positions are asked in, are cut into stretches of some hundred, and each
// stretch has a row in the table blocks that says how many it holds. Stretches are counted in the same way by rows one
// level up, and so on until a level is short.
//
// Invariants: the first row of every level stands at the lowest possible mark; every row of a level
// stands where a row of the level below stands; n is exact.
//
// Blocks twice as long make a rank of 300,000 members twice as slow (it reads about one block
// of every level, row by row) and an insert no faster; shorter ones add a level, which every insert writes to.
//
// Only store/sqlite uses it. It learns about items through its Tx alone.
package blocks
