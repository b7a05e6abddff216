module larder/integration/lua51

go 1.26.0

require (
	github.com/yuin/gopher-lua v1.1.2
	larder v0.0.0
)

replace larder => ../..
