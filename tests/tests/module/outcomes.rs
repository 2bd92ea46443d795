//! Forwards that may fail, that have another name, or that are methods of a trait.

use super::tensor;
use pytree_core::{
    BindError, ForwardError, Meta, Module, PyTree, Remote, TensorMeta, flatten, function, into_leaves, module,
};
use std::error::Error;

#[derive(Debug, thiserror::Error)]
#[error("{size} rows are too many")]
struct TooMany {
    size: i64,
    source: std::num::TryFromIntError,
}

mod other {
    pub(super) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
}

fn check(x: &TensorMeta) -> Result<TensorMeta, TooMany> {
    let size = x.sizes[0];
    u8::try_from(size).map(|_| x.clone()).map_err(|source| TooMany { size, source })
}

struct Typed;

#[module(family = Meta)]
impl Typed {
    fn forward(&self, x: &TensorMeta) -> Result<TensorMeta, TooMany> {
        check(x)
    }
}

struct Aliased;

#[module(family = Meta)]
impl Aliased {
    fn forward(&self, x: &TensorMeta) -> other::Result<(TensorMeta, i64)> {
        Ok((check(x)?, 1))
    }
}

struct Text;

#[module(family = Meta)]
impl Text {
    fn forward(&self, x: &TensorMeta) -> Result<Vec<TensorMeta>, &'static str> {
        check(x).map(|x| vec![x]).map_err(|_| "too many")
    }
}

struct Changed;

#[module(family = Meta)]
impl Changed {
    fn forward(&self, #[returned] cache: &mut Vec<TensorMeta>, x: &TensorMeta) -> Result<(), TooMany> {
        cache.push(check(x)?);
        Ok(())
    }
}

#[test]
fn the_result_of_a_forward_that_may_fail_is_its_output() {
    assert_eq!(Typed.call(&Typed::args(tensor(3))).unwrap(), tensor(3));
    assert_eq!(Aliased.call(&Aliased::args(tensor(3))).unwrap(), (tensor(3), 1));
    assert_eq!(Text.call(&Text::args(tensor(3))).unwrap(), [tensor(3)]);
    // As without a `Result`, a forward that returns nothing gives only what it changed.
    assert_eq!(Changed.call(&Changed::args((vec![], tensor(3)))).unwrap(), [tensor(3)]);
    let function = function!(family = Meta, |x: &TensorMeta| -> Result<TensorMeta, TooMany> { check(x) });
    assert_eq!(function.call(&function.args(tensor(3))).unwrap(), tensor(3));
    assert!(function.call(&function.args(tensor(300))).is_err());
}

#[test]
fn an_error_of_a_forward_keeps_its_type_and_its_source() {
    let error = Typed.call(&Typed::args(tensor(300))).unwrap_err();
    assert_eq!(error.to_string(), "the forward returned an error: 300 rows are too many");
    let source = error.source().unwrap();
    assert!(source.downcast_ref::<TooMany>().is_some_and(|error| error.size == 300));
    assert!(source.source().is_some());
    // What cannot be sent to another thread keeps its text.
    let error = Aliased.call(&Aliased::args(tensor(300))).unwrap_err();
    assert_eq!(error.to_string(), "the forward returned an error: 300 rows are too many");
    let error = Text.call(&Text::args(tensor(300))).unwrap_err();
    assert_eq!(error.to_string(), "the forward returned an error: too many");
    assert!(matches!(Changed.call(&Changed::args((vec![], tensor(300)))), Err(ForwardError::Failed(_))));
    // An argument that is missing is found before.
    assert_eq!(Typed.call(&Typed::kwargs()).unwrap_err(), BindError::Missing("x".into()));
}

/// A trait as tch's `ModuleT`.
trait ModuleT {
    fn forward_t(&self, xs: &TensorMeta, train: bool) -> TensorMeta;
}

struct Net;

#[module(family = Meta, forward = forward_t)]
impl ModuleT for Net {
    fn forward_t(&self, xs: &TensorMeta, #[default(false)] train: bool) -> TensorMeta {
        tensor(xs.sizes[0] + i64::from(train))
    }
}

struct Encoder;

#[module(family = Meta, forward = encode)]
impl Encoder {
    fn encode(&self, x: &TensorMeta) -> TensorMeta {
        self.forward(x, 2)
    }

    /// Another method of the usual name.
    fn forward(&self, x: &TensorMeta, times: i64) -> TensorMeta {
        tensor(x.sizes[0] * times)
    }
}

#[test]
fn a_forward_may_have_another_name() {
    assert_eq!(Net.call(&Net::args(tensor(3))).unwrap(), tensor(3));
    assert_eq!(Net.call(&Net::args((tensor(3), true))).unwrap(), tensor(4));
    assert_eq!(Net::signature().parameters()[1].name, "train");
    assert_eq!(Encoder.call(&Encoder::args(tensor(3))).unwrap(), tensor(6));
}

mod vision {
    use super::TensorMeta;

    #[derive(Clone, Debug, PartialEq)]
    pub(super) struct Boxes {
        pub(super) corners: TensorMeta,
        pub(super) count: i64,
    }
}

#[derive(PyTree)]
#[pytree(remote = "vision::Boxes", name = "vision.Boxes", family = Meta)]
struct BoxesDef {
    corners: TensorMeta,
    count: i64,
}

struct Detector;

#[module(family = Meta)]
impl Detector {
    fn forward(&self, boxes: &Remote<BoxesDef>) -> Result<Vec<Remote<BoxesDef>>, TooMany> {
        let corners = check(&boxes.corners)?;
        Ok(vec![Remote(vision::Boxes { corners, count: boxes.count + 1 }), boxes.clone()])
    }
}

#[test]
fn types_of_other_crates_are_inputs_and_outputs() {
    let boxes = || vision::Boxes { corners: tensor(2), count: 5 };
    let output = Detector.call(&Detector::args(Remote(boxes()))).unwrap();
    assert_eq!(*output[0], vision::Boxes { count: 6, ..boxes() });
    let spec = flatten::<Meta, _>(&output).unwrap().spec;
    let paths: Vec<String> = spec.leaf_paths().map(|path| path.to_string()).collect();
    assert_eq!(paths, ["[0].corners", "[0].count", "[1].corners", "[1].count"]);
    let (leaves, spec) = into_leaves::<Meta, _>(output).unwrap();
    let again: Vec<Remote<BoxesDef>> = pytree_core::unflatten(leaves, &spec).unwrap();
    assert_eq!(*again[1], boxes());
}
