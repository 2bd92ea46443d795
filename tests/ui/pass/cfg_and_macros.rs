//! Items with parts that are configured out, items that other macros make, and types as deep as they may be.

use pytree_core::{DType, Meta, Module, PyTree, TensorMeta, function, leaves, module};

#[derive(PyTree)]
#[cfg_attr(all(), pytree(family = Meta))]
#[cfg_attr(any(), pytree(unknown))]
struct Inputs {
    x: TensorMeta,
    #[cfg(any())]
    y: NoSuchType,
    #[cfg(all())]
    #[cfg_attr(all(), pytree(static))]
    size: usize,
    #[cfg_attr(any(), pytree(skip))]
    z: i64,
}

#[derive(PyTree)]
enum Mask<T> {
    #[cfg(any())]
    Gone(NoSuchType),
    #[cfg_attr(all(), pytree(rename = "dense"))]
    Dense(#[cfg(all())] T, #[cfg(any())] NoSuchType),
    None {
        #[cfg(any())]
        x: NoSuchType,
    },
}

struct Model;

#[cfg(any())]
#[module(family = Meta)]
impl Model {
    fn forward(&self, x: NoSuchType) {}
}

#[cfg(all())]
#[module(family = Meta)]
impl Model {
    #[cfg_attr(all(), inline)]
    fn forward(&self, inputs: &Inputs, mask: &Mask<TensorMeta>) -> i64 {
        let dense = matches!(mask, Mask::Dense(_)) && !matches!(mask, Mask::None {});
        inputs.x.sizes[0] + inputs.z + inputs.size as i64 + i64::from(dense)
    }

    #[cfg(any())]
    fn gone(&self) -> NoSuchType {}
}

macro_rules! tree {
    ($(#[$meta:meta])* $vis:vis $name:ident<$param:ident> { $($field:ident: $ty:ty),* }) => {
        #[derive(PyTree)]
        $(#[$meta])*
        $vis struct $name<$param> {
            $($vis $field: $ty,)*
            own: Option<$param>,
        }
    };
}
tree!(
    /// A type.
    #[pytree(as = "mapping")]
    pub(crate) Made<T> { a: Vec<T>, b: (T, i64) }
);

macro_rules! model {
    ($name:ident, $forward:ident, $arg:ident: $ty:ty, $default:expr) => {
        struct $name;

        #[module(family = Meta, forward = $forward)]
        impl $name {
            fn $forward(&self, $arg: $ty, #[default($default)] times: i64) -> i64 {
                $arg.sizes[0] * times
            }
        }
    };
}
model!(Scale, scale, x: &TensorMeta, 1 + 2);

macro_rules! closure {
    (|$arg:ident: $ty:ty| $body:expr) => {
        function!(family = Meta, |$arg: $ty| -> i64 { $body })
    };
}

trait Layer {
    fn width(&self) -> i64;
}

impl Layer for Model {
    fn width(&self) -> i64 {
        7
    }
}

/// A trait object is a model too.
#[module(family = Meta)]
impl dyn Layer {
    fn forward(&self, x: &TensorMeta) -> i64 {
        x.sizes[0] + self.width()
    }
}

struct Wrapped;

#[module(family = Meta)]
#[allow(unused_parens)]
impl (Wrapped) {
    fn forward(&self, n: i64) -> i64 {
        n
    }
}

/// As deep as a type may be.
#[derive(PyTree)]
#[pytree(family = Meta)]
struct Deep {
    x: Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<TensorMeta>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>,
}

fn main() {
    let x = || TensorMeta::new(DType::Float32, [2]);
    let inputs = Inputs { x: x(), size: 3, z: 4 };
    assert_eq!(Model.call(&Model::args((inputs, Mask::Dense(x())))).unwrap(), 10);
    let made = Made { a: vec![x()], b: (x(), 1), own: None };
    assert_eq!(leaves::<Meta, _>(&made).len(), 4);
    assert_eq!(Scale.call(&Scale::args(x())).unwrap(), 6);
    let double = closure!(|y: &TensorMeta| y.sizes[0] * 2);
    assert_eq!(double.call(&double.kwargs().y(x())).unwrap(), 4);
    let changed = function!(family = Meta, |mut n: i64, mut xs: Vec<TensorMeta>| -> i64 {
        n += 1;
        xs.push(TensorMeta::new(DType::Float32, [n]));
        xs.len() as i64 + n
    });
    assert_eq!(changed.call(&changed.args((1, vec![]))).unwrap(), 3);
    let layer: &dyn Layer = &Model;
    assert_eq!(layer.call(&<dyn Layer>::args(x())).unwrap(), 9);
    assert_eq!(<dyn Layer>::name(), "Layer");
    assert_eq!(Wrapped.call(&Wrapped::args(3)).unwrap(), 3);
    assert_eq!(leaves::<Meta, _>(&Deep { x: vec![] }).len(), 0);
}
