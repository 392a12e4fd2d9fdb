//go:build tools

// Package tools pins the Go programs that the tests run; `./run setup` builds them into .deps/bin.
package tools

import (
	_ "github.com/fullstorydev/grpcurl/cmd/grpcurl" // reflection and health, as an operator would ask
	_ "github.com/summerwind/h2spec/cmd/h2spec"     // HTTP/2 conformance
	_ "google.golang.org/grpc/interop/client"       // gRPC's interoperability cases, as grpc-go has them
	_ "google.golang.org/grpc/interop/server"
)
