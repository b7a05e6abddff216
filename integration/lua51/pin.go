//go:build pin

// Package lua51 plays the official tests of Lua 5.1 against the interpreter of scripts. The tests are data that the
// module of another interpreter carries. This file is never built: it holds that module in go.mod, so that go.sum pins
// every byte of it.
package lua51

import _ "github.com/yuin/gopher-lua"
