//! Tells the linker where libtorch is.

fn main() {
    libtorch_link::link();
}
