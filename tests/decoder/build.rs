//! Makes the programs find libtorch when they run.

fn main() {
    libtorch_link::link();
}
