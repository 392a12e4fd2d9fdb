//go:build tools

// Where setup takes Go from when the installed one is older than go.mod says.
// Go itself: golang.org/toolchain

// Package tools pins Connect's conformance suite, which needs a newer Go than the tools in ../go.
package tools

import _ "connectrpc.com/conformance/cmd/connectconformance" // gRPC conformance, both sides
