//! A server for a program: requests come over a channel, and those that wait are run together along a dynamic dimension.
//!
//! ```text
//! cargo run -p examples --example serve
//! ```
//!
//! One module is shared by all workers, since it is `Send` and `Sync`. A program that writes to its buffers would get a
//! `session` for each worker.

use anyhow::{Context, Result, ensure};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use tch::nn::{self, Module as _};
use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;

const WORKERS: usize = 2;
const CLIENTS: u64 = 8;
const REQUESTS: u64 = 25;
/// How many rows are run together at most.
const ROWS: i64 = 64;

/// Some rows, and where their results go.
struct Request {
    rows: Tensor,
    answer: Sender<Result<Tensor, String>>,
}

struct Classifier {
    weights: nn::VarStore,
    layers: nn::Sequential,
}

impl Classifier {
    fn new() -> Classifier {
        let weights = nn::VarStore::new(Device::Cpu);
        let root = weights.root();
        let linear = |name: &str, from, to| nn::linear(&root / name, from, to, nn::LinearConfig::default());
        let layers = nn::seq().add(linear("up", 16, 64)).add_fn(Tensor::relu).add(linear("down", 64, 4));
        Classifier { weights, layers }
    }
}

#[module]
impl Classifier {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.layers.forward(x).softmax(-1, Kind::Float)
    }
}

fn rows(count: i64) -> Tensor {
    Tensor::randn([count, 16], (Kind::Float, Device::Cpu))
}

/// Answers requests until there are no more clients: waits for one, takes what else is there, and runs all of it in one call.
fn work(module: &ProgramModule, requests: &Mutex<Receiver<Request>>) {
    loop {
        let mut batch: Vec<Request> = Vec::new();
        {
            let requests = requests.lock().unwrap_or_else(PoisonError::into_inner);
            let Ok(first) = requests.recv() else { return };
            let mut count = first.rows.size()[0];
            batch.push(first);
            while count < ROWS
                && let Ok(next) = requests.try_recv()
            {
                count += next.rows.size()[0];
                batch.push(next);
            }
        }
        let all: Vec<&Tensor> = batch.iter().map(|request| &request.rows).collect();
        let results = module.call::<_, Tensor>(&Classifier::args(Tensor::cat(&all, 0)));
        let mut first = 0;
        for Request { rows, answer } in &batch {
            let count = rows.size()[0];
            let part = results.as_ref().map(|results| results.narrow(0, first, count)).map_err(ToString::to_string);
            first += count;
            // A client that has gone away does not need its answer.
            let _ = answer.send(part);
        }
    }
}

/// Asks for a few results, and compares them with those of the module.
fn ask(client: u64, module: &ProgramModule, requests: &Sender<Request>) -> Result<()> {
    for request in 0..REQUESTS {
        let rows = rows(1 + i64::try_from((client + request) % 5)?);
        let (answer, result) = channel();
        requests.send(Request { rows: rows.shallow_clone(), answer }).ok().context("the server has stopped")?;
        let result = result.recv()?.map_err(anyhow::Error::msg)?;
        let expected: Tensor = module.call(&Classifier::args(rows))?;
        ensure!(result.allclose(&expected, 1e-5, 1e-6, false), "client {client} got the rows of another one");
    }
    Ok(())
}

fn main() -> Result<()> {
    let model = Classifier::new();
    let inputs = ModelInputs::new(&model, [Classifier::args(rows(2)), Classifier::args(rows(7))])?;
    let export = Export::new(&model, &inputs).dynamic_shapes(&inputs.guess_dynamic_shapes()?);
    let module = Arc::new(export.parameters(&model.weights).run()?.module()?);

    let (sender, receiver) = channel();
    let receiver = Arc::new(Mutex::new(receiver));
    let start = |_| {
        let (module, receiver) = (Arc::clone(&module), Arc::clone(&receiver));
        thread::spawn(move || work(&module, &receiver))
    };
    let workers: Vec<_> = (0..WORKERS).map(start).collect();
    let connect = |client| {
        let (module, sender) = (Arc::clone(&module), sender.clone());
        thread::spawn(move || ask(client, &module, &sender))
    };
    let clients: Vec<_> = (0..CLIENTS).map(connect).collect();
    drop(sender);
    for client in clients {
        client.join().ok().context("a client has panicked")??;
    }
    for worker in workers {
        worker.join().ok().context("a worker has panicked")?;
    }
    println!("{CLIENTS} clients got {} answers", CLIENTS * REQUESTS);
    Ok(())
}
