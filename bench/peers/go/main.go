// grpc-go-bench-server: inference.InferenceService without a model on grpc-go, and (--client) a client of it, with what
// makes it fast: stream workers, large buffers and windows.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"parlance/bench/pb"
)

const (
	maxMessageBytes  = 64 << 20
	bufferBytes      = 64 << 10
	streamWindow     = 16 << 20
	connectionWindow = 64 << 20
	// As many calls as most workloads have in flight: workers keep their grown stacks.
	streamWorkers = 128
)

type inference struct {
	pb.UnimplementedInferenceServiceServer
}

func predict(request *pb.PredictRequest) *pb.PredictResponse {
	var sum float32
	for _, feature := range request.Features {
		sum += feature
	}
	predictions := make([]float32, 10)
	for i := range predictions {
		predictions[i] = sum
	}
	return &pb.PredictResponse{
		RequestId:    request.RequestId,
		ModelName:    request.ModelName,
		ModelVersion: request.ModelVersion,
		Predictions:  predictions,
	}
}

func (inference) Predict(_ context.Context, request *pb.PredictRequest) (*pb.PredictResponse, error) {
	return predict(request), nil
}

func (inference) BatchPredict(_ context.Context, request *pb.BatchPredictRequest) (*pb.BatchPredictResponse, error) {
	response := &pb.BatchPredictResponse{Responses: make([]*pb.PredictResponse, 0, len(request.Requests))}
	for _, one := range request.Requests {
		response.Responses = append(response.Responses, predict(one))
	}
	return response, nil
}

func (inference) Generate(request *pb.GenerateRequest, stream grpc.ServerStreamingServer[pb.GenerateToken]) error {
	for number := int32(1); number <= request.MaxTokens; number++ {
		token := &pb.GenerateToken{RequestId: request.RequestId, Token: "token", TokenId: number, LogProb: -0.5}
		if number == request.MaxTokens {
			token.IsFinal = true
			token.FinishReason = "length"
		}
		if err := stream.Send(token); err != nil {
			return err
		}
	}
	return nil
}

func (inference) StreamingPredict(stream grpc.BidiStreamingServer[pb.PredictRequest, pb.PredictResponse]) error {
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(predict(request)); err != nil {
			return err
		}
	}
}

func serve(port int, more ...grpc.ServerOption) {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(append(more,
		grpc.MaxRecvMsgSize(maxMessageBytes),
		grpc.ReadBufferSize(bufferBytes),
		grpc.WriteBufferSize(bufferBytes),
		grpc.InitialWindowSize(streamWindow),
		grpc.InitialConnWindowSize(connectionWindow),
		grpc.NumStreamWorkers(streamWorkers))...)
	pb.RegisterInferenceServiceServer(server, inference{})
	fmt.Printf("listening on %s\n", listener.Addr())
	go func() { log.Fatal(server.Serve(listener)) }()
}

func main() {
	port := flag.Int("port", 0, "plaintext; 0: a free one")
	tlsPort := flag.Int("tls-port", 0, "TLS as well; 0: a free one")
	certificate := flag.String("cert", "", "PEM file")
	key := flag.String("key", "", "PEM file")
	asClient := flag.Bool("client", false, "call the server on --port instead")
	inFlight := flag.Int("in-flight", 100, "calls, of the client")
	warmUp := flag.Float64("warm-up", 0.3, "seconds before the measurement, of the client")
	duration := flag.Float64("duration", 1, "seconds of it")
	flag.Parse()
	if *asClient {
		runClient(*port, *inFlight, *warmUp, *duration)
	}
	serve(*port)
	if *certificate != "" {
		pair, err := tls.LoadX509KeyPair(*certificate, *key)
		if err != nil {
			log.Fatal(err)
		}
		serve(*tlsPort, grpc.Creds(credentials.NewTLS(&tls.Config{Certificates: []tls.Certificate{pair}})))
	}
	select {}
}
