//! tonic-bench-server: inference.InferenceService without a model on tonic, and (--client) a client of it, with what
//! makes it fast: one thread without a scheduler, mimalloc, large windows, no delay.
use std::net::SocketAddr;
use std::pin::Pin;

use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_stream::{Stream, StreamExt};
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};

mod client;

mod pb {
    tonic::include_proto!("inference");
}
use pb::inference_service_server::{InferenceService, InferenceServiceServer};
use pb::*;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const MAX_MESSAGE_BYTES: usize = 64 << 20;
const STREAM_WINDOW: u32 = 16 << 20;
const CONNECTION_WINDOW: u32 = 64 << 20;

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

struct Inference;

fn predict_one(request: PredictRequest) -> PredictResponse {
    // sum() of nothing would be -0.0.
    let sum = request.features.iter().fold(0.0, |sum, feature| sum + feature);
    PredictResponse {
        request_id: request.request_id,
        model_name: request.model_name,
        model_version: request.model_version,
        predictions: vec![sum; 10],
        ..Default::default()
    }
}

fn token(request: &GenerateRequest, number: i32) -> GenerateToken {
    let is_final = number == request.max_tokens;
    GenerateToken {
        request_id: request.request_id.clone(),
        token: "token".into(),
        token_id: number,
        log_prob: -0.5,
        is_final,
        finish_reason: if is_final { "length".into() } else { String::new() },
    }
}

#[tonic::async_trait]
impl InferenceService for Inference {
    async fn predict(&self, request: Request<PredictRequest>) -> Result<Response<PredictResponse>, Status> {
        Ok(Response::new(predict_one(request.into_inner())))
    }

    async fn embed(&self, _: Request<EmbedRequest>) -> Result<Response<EmbedResponse>, Status> {
        Err(Status::unimplemented("no model"))
    }

    type GenerateStream = Answers<GenerateToken>;
    async fn generate(&self, request: Request<GenerateRequest>) -> Result<Response<Self::GenerateStream>, Status> {
        let request = request.into_inner();
        let numbers = 1..=request.max_tokens;
        Ok(Response::new(Box::pin(tokio_stream::iter(numbers.map(move |number| Ok(token(&request, number)))))))
    }

    async fn batch_predict(
        &self,
        request: Request<BatchPredictRequest>,
    ) -> Result<Response<BatchPredictResponse>, Status> {
        let responses = request.into_inner().requests.into_iter().map(predict_one).collect();
        Ok(Response::new(BatchPredictResponse { responses }))
    }

    type StreamingPredictStream = Answers<PredictResponse>;
    async fn streaming_predict(
        &self,
        requests: Request<Streaming<PredictRequest>>,
    ) -> Result<Response<Self::StreamingPredictStream>, Status> {
        Ok(Response::new(Box::pin(requests.into_inner().map(|request| request.map(predict_one)))))
    }
}

async fn serve(port: u16, tls: Option<ServerTlsConfig>) -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await?;
    println!("listening on {}", listener.local_addr()?);
    let mut server = Server::builder()
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(100_000);
    if let Some(tls) = tls {
        server = server.tls_config(tls)?;
    }
    let service = InferenceServiceServer::new(Inference)
        .max_decoding_message_size(MAX_MESSAGE_BYTES)
        .max_encoding_message_size(MAX_MESSAGE_BYTES);
    let connections = TcpListenerStream::new(listener).map(|accepted| {
        accepted.and_then(|connection| {
            connection.set_nodelay(true)?;
            Ok(connection)
        })
    });
    Ok(server.add_service(service).serve_with_incoming(connections).await?)
}

fn argument(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.next().and_then(|_| arguments.next())
}

fn number(name: &str, otherwise: f64) -> Result<f64, std::num::ParseFloatError> {
    argument(name).map_or(Ok(otherwise), |text| text.parse())
}

fn port(name: &str) -> Result<u16, std::num::ParseIntError> {
    argument(name).unwrap_or_else(|| "0".into()).parse()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    if std::env::args().any(|argument| argument == "--client") {
        return client::run(port("--port")?, number("--in-flight", 100.0)? as usize, number("--warm-up", 0.3)?, number("--duration", 1.0)?).await;
    }
    let plain = serve(port("--port")?, None);
    let (Some(certificate), Some(key)) = (argument("--cert"), argument("--key")) else {
        return plain.await;
    };
    let identity = Identity::from_pem(std::fs::read(certificate)?, std::fs::read(key)?);
    let secure = serve(port("--tls-port")?, Some(ServerTlsConfig::new().identity(identity)));
    tokio::try_join!(plain, secure)?;
    Ok(())
}
