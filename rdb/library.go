package rdb

// A payload of functions, as FUNCTION DUMP gives it, and their part of a file: for each library this byte, and its
// code.
const opFunction = 245

// AppendLibrary adds a library of functions.
func AppendLibrary(b, code []byte) []byte {
	return append(appendLength(append(b, opFunction), uint64(len(code))), code...)
}

// ErrNoFunction says that a payload of functions holds something else.
const ErrNoFunction = ForeignError("given type is not a function")

// Libraries reads the code of each library of a payload.
func Libraries(payload []byte) (all [][]byte, err error) {
	body, _, err := unsealed(payload)
	if err != nil {
		return nil, err
	}
	for r := (&reader{in: body}); len(r.in) > 0; {
		if r.byte() != opFunction {
			return nil, ErrNoFunction
		}
		code := r.text()
		if r.failed {
			return nil, ErrFormat
		}
		all = append(all, code)
	}
	return all, nil
}
