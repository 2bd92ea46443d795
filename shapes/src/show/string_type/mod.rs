//! A value in one line: `DynamicCache(key_cache=#2[T1s2x4x3x7,T1s2x4x3x7], value_cache=..)`.

mod described;
mod look;
mod print;

pub use described::{Described, DescribedLayer, Numbers};

use crate::tensor::{TensorError, TensorSummary, TensorValues};
use look::TreeObject;
use pytree_core::{DType, DescribeTensor, KeyEntry, KeyPath, LeafRef, PyTree, Subtree, TreeError, flatten};

/// What [`string_type`] shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StringTypeOptions {
    /// Sizes (`s2x3`) instead of the number of dimensions (`r2`).
    pub with_shape: bool,
    /// Values of numbers, and the range and mean of tensors where [`string_type_with`] has them.
    pub with_min_max: bool,
    /// `C` or `G` before a tensor: on the CPU or on an accelerator.
    pub with_device: bool,
    /// Names an object of an unknown class (`Name(...)`) instead of refusing it.
    pub ignore: bool,
    /// Tuples and lists of this many items or more are cut after the first. 20 by default.
    pub limit: usize,
}

impl Default for StringTypeOptions {
    fn default() -> Self {
        StringTypeOptions { with_shape: false, with_min_max: false, with_device: false, ignore: false, limit: 20 }
    }
}

impl StringTypeOptions {
    /// The default with sizes: what one mostly wants.
    pub fn shapes() -> Self {
        StringTypeOptions { with_shape: true, ..Self::default() }
    }
}

/// A value that cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StringTypeError {
    /// The element type has no ONNX number, which the text is made of.
    #[error("Unable to convert torch dtype torch.{dtype} to onnx dtype, at the tensor {path}; convert it first")]
    DType {
        /// Where; empty when the value is the tensor.
        path: KeyPath,
        /// The element type.
        dtype: DType,
    },
    /// A limit of 0 asks for the first item of an empty container.
    #[error("list index out of range: the container {path} is empty and the limit is 0; use a limit of 1 or more")]
    Limit {
        /// Where; empty when the value is the container.
        path: KeyPath,
    },
    /// Range and mean of a tensor could not be computed.
    #[error("the tensor {path}: {source}")]
    Summary {
        /// Where; empty when the value is the tensor.
        path: KeyPath,
        /// Why.
        source: TensorError,
    },
    /// An object of a class that has no text.
    #[error("Unsupported type '{class}', at {path}; the option `ignore` names such an object instead")]
    Unsupported {
        /// Where; empty when the value is the object.
        path: KeyPath,
        /// The class.
        class: String,
    },
    /// The value could not be read as a tree.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

impl StringTypeError {
    /// The same error, seen from one step further up.
    fn below(mut self, entry: impl FnOnce() -> KeyEntry) -> Self {
        match &mut self {
            StringTypeError::DType { path, .. }
            | StringTypeError::Limit { path }
            | StringTypeError::Summary { path, .. }
            | StringTypeError::Unsupported { path, .. } => path.0.insert(0, entry()),
            StringTypeError::Tree(_) => {}
        }
        self
    }
}

/// A value in one line (`onnx_diagnostic.helpers.string_type`).
///
/// `T` is a tensor, followed by the ONNX number of its element type (1 float32, 7 int64, 9 bool, 10 float16, 11 float64,
/// 16 bfloat16) and its rank or sizes; `#2[..]` is a list of two, `(..)` a tuple, `dict(a:..)` a dict, `Name(x:..)` a
/// dataclass, `Name[serialized](..)` any other registered class.
///
/// ```
/// use pytree_core::{DType, TensorMeta};
/// use shapes::{StringTypeOptions, string_type};
/// let x = TensorMeta::new(DType::Float32, [5, 6]);
/// assert_eq!(string_type(&(x.clone(), vec![x, TensorMeta::new(DType::Int64, [])], 3_i64), StringTypeOptions::shapes())?,
///     "(T1s5x6,#2[T1s5x6,T7s],int)");
/// # Ok::<(), shapes::StringTypeError>(())
/// ```
///
/// # Errors
/// [`StringTypeError`] for an element type that ONNX does not number, and for an empty list under a limit of 0.
pub fn string_type<F: DescribeTensor, X: PyTree<F> + ?Sized>(
    tree: &X,
    options: StringTypeOptions,
) -> Result<String, StringTypeError> {
    string_type_subtree(flatten(tree)?.root(), options)
}

/// As [`string_type`], with the data of tensors under `with_min_max`: `summarize` gives range and mean of one.
///
/// # Errors
/// As [`string_type`], and [`StringTypeError::Summary`] with the error of `summarize`.
pub fn string_type_with<F: DescribeTensor, X: PyTree<F> + ?Sized>(
    tree: &X,
    options: StringTypeOptions,
    mut summarize: impl FnMut(&F::Tensor) -> Result<TensorSummary, TensorError>,
) -> Result<String, StringTypeError> {
    let mut of_tensor = |object: &TreeObject<'_, '_, F>| object.tensor().map(&mut summarize);
    print::print(TreeObject(flatten(tree)?.root()), options, Some(&mut of_tensor))
}

impl Described {
    /// The text (`onnx_diagnostic.helpers.string_type`).
    ///
    /// # Errors
    /// As [`string_type`], and [`StringTypeError::Unsupported`] for an object without a text.
    pub fn string_type(&self, options: StringTypeOptions) -> Result<String, StringTypeError> {
        print::print(self, options, None)
    }
}

/// A part of a flattened tree, without data.
pub(crate) fn string_type_subtree<F: DescribeTensor>(
    at: Subtree<'_, LeafRef<'_, F>>,
    options: StringTypeOptions,
) -> Result<String, StringTypeError> {
    print::print(TreeObject(at), options, None)
}

/// As [`string_type`], with range and mean of tensors under `with_min_max`, computed on the tensors themselves.
///
/// # Errors
/// As [`string_type_with`], when the values of a tensor cannot be read.
pub fn string_type_of_values<F: TensorValues, X: PyTree<F> + ?Sized>(
    tree: &X,
    options: StringTypeOptions,
) -> Result<String, StringTypeError> {
    string_type_with(tree, options, F::summary)
}
