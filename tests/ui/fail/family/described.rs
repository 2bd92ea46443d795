// Traits that a family can implement besides `Family` are reported with the family.
use pytree_core::{DescribeTensor, Family, ShareTensor};

enum Mine {}
impl Family for Mine {
    type Tensor = Vec<f32>;
}

fn shape<F: DescribeTensor>() {}
fn twice<F: ShareTensor>() {}

fn main() {
    shape::<Mine>();
    twice::<Mine>();
}
