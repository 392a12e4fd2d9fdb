//! Unary calls, so many in flight on one connection; "begin" and "end ANSWERS ERRORS" enclose the measured time.
use std::cell::Cell;
use std::io::Write;
use std::rc::Rc;
use std::time::Duration;

use tonic::transport::Channel;

use crate::pb::inference_service_client::InferenceServiceClient;
use crate::pb::PredictRequest;
use crate::{CONNECTION_WINDOW, STREAM_WINDOW};

#[derive(Default)]
struct Counts {
    answers: Cell<u64>,
    errors: Cell<u64>,
}

async fn call_on(mut client: InferenceServiceClient<Channel>, counts: Rc<Counts>) {
    loop {
        let request = PredictRequest {
            request_id: "req-000001".into(),
            model_name: "resnet50".into(),
            model_version: 1,
            features: vec![0.5],
            ..Default::default()
        };
        match client.predict(request).await {
            Ok(response) if response.get_ref().predictions.len() == 10 => counts.answers.set(counts.answers.get() + 1),
            _ => counts.errors.set(counts.errors.get() + 1),
        }
    }
}

pub async fn run(
    port: u16,
    in_flight: usize,
    warm_up: f64,
    duration: f64,
) -> Result<(), Box<dyn std::error::Error>> {
    let channel = Channel::from_shared(format!("http://127.0.0.1:{port}"))?
        .tcp_nodelay(true)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .connect()
        .await?;
    let counts = Rc::new(Counts::default());
    let tasks = tokio::task::LocalSet::new();
    for _ in 0..in_flight {
        tasks.spawn_local(call_on(InferenceServiceClient::new(channel.clone()), counts.clone()));
    }
    tasks
        .run_until(async {
            tokio::time::sleep(Duration::from_secs_f64(warm_up)).await;
            let before = counts.answers.get();
            println!("begin");
            tokio::time::sleep(Duration::from_secs_f64(duration)).await;
            println!("end {} {}", counts.answers.get() - before, counts.errors.get());
            std::io::stdout().flush()
        })
        .await?;
    std::process::exit(0)
}
