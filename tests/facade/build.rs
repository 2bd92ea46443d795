//! Makes the tests find libtorch when they run. It does nothing without the feature `tch`.

#[cfg(feature = "tch")]
fn main() {
    libtorch_link::link();
}

#[cfg(not(feature = "tch"))]
fn main() {}
