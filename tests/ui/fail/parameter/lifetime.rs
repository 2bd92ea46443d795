// An argument is borrowed while forward runs, so a lifetime of the model's is too long for it.
use pytree_core::{Meta, TensorMeta, module};

struct Model<'a>(&'a TensorMeta);

#[module(family = Meta)]
impl<'a> Model<'a> {
    fn forward<'b>(&self, x: &'a TensorMeta, y: &'b TensorMeta, z: Option<&'static TensorMeta>) -> i64 {
        (x.rank() + y.rank() + z.map_or(0, TensorMeta::rank) + self.0.rank()) as i64
    }
}

fn main() {}
