//! Makes the examples find libtorch when they run.

fn main() {
    libtorch_link::link();
}
