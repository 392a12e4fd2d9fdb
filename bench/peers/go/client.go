package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"parlance/bench/pb"
)

var answers, failures atomic.Int64

func callOn(client pb.InferenceServiceClient) {
	request := &pb.PredictRequest{
		RequestId: "req-000001", ModelName: "resnet50", ModelVersion: 1, Features: []float32{0.5},
	}
	for {
		response, err := client.Predict(context.Background(), request)
		if err == nil && len(response.Predictions) == 10 {
			answers.Add(1)
		} else {
			failures.Add(1)
		}
	}
}

// Unary calls, so many in flight on one connection; "begin" and "end ANSWERS ERRORS" enclose the measured time.
func runClient(port, inFlight int, warmUp, duration float64) {
	connection, err := grpc.NewClient(fmt.Sprintf("127.0.0.1:%d", port),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithReadBufferSize(bufferBytes),
		grpc.WithWriteBufferSize(bufferBytes),
		grpc.WithInitialWindowSize(streamWindow),
		grpc.WithInitialConnWindowSize(connectionWindow))
	if err != nil {
		log.Fatal(err)
	}
	for i := 0; i < inFlight; i++ {
		go callOn(pb.NewInferenceServiceClient(connection))
	}
	time.Sleep(time.Duration(warmUp * float64(time.Second)))
	before := answers.Load()
	fmt.Println("begin")
	time.Sleep(time.Duration(duration * float64(time.Second)))
	fmt.Println("end", answers.Load()-before, failures.Load())
	os.Exit(0)
}
