//! Makes `pt2 run` find libtorch. Without the feature `run` it does nothing.

fn main() {
    #[cfg(feature = "run")]
    libtorch_link::link();
}
