// The exported method has another name, or is missing.
use pytree_core::{Meta, TensorMeta, module};

struct Encoder;

#[module(family = Meta)]
impl Encoder {
    fn forward_t(&self, x: &TensorMeta) -> TensorMeta {
        x.clone()
    }
}

struct Decoder;

#[module(family = Meta, forward = decode)]
impl Decoder {
    fn encode(&self, x: &TensorMeta) -> TensorMeta {
        x.clone()
    }
}

struct Quoted;

#[module(family = Meta, forward = "encode")]
impl Quoted {
    fn encode(&self, x: &TensorMeta) -> TensorMeta {
        x.clone()
    }
}

fn main() {}
