//! Tells the linker of this package's tests where libtorch is. It does nothing without the feature `tch`.

#[cfg(feature = "tch")]
fn main() {
    libtorch_link::link();
}

#[cfg(not(feature = "tch"))]
fn main() {}
