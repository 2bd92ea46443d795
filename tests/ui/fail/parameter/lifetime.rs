// An argument is borrowed only while forward runs, so it cannot have a lifetime of the model.
use pytree_core::{Meta, TensorMeta, module};

struct Model<'a>(&'a TensorMeta);

#[module(family = Meta)]
impl<'a> Model<'a> {
    fn forward<'b>(&self, x: &'a TensorMeta, y: &'b TensorMeta, z: Option<&'static TensorMeta>) -> i64 {
        (x.rank() + y.rank() + z.map_or(0, TensorMeta::rank) + self.0.rank()) as i64
    }
}

fn main() {}
