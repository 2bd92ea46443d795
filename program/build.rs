//! Tells the linker of this package's tests where libtorch is. Without feature `tch`: nothing.

#[cfg(feature = "tch")]
fn main() {
    libtorch_link::link();
}

#[cfg(not(feature = "tch"))]
fn main() {}
