//! Links what needs libtorch to it. Without feature `tch`: nothing.

#[cfg(feature = "tch")]
fn main() {
    libtorch_link::link();
}

#[cfg(not(feature = "tch"))]
fn main() {}
