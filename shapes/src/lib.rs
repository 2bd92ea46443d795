//! The sizes in a tree of tensors: which of them are dynamic, what they are called, and what each operator does to them.
//!
//! ```
//! use pytree_core::{DType, Meta, TensorMeta};
//! use shapes::InputSets;
//!
//! // Two calls of a model, as sizes alone: a tensor, and a cache of one layer.
//! let call = |batch, length| {
//!     let f32 = |sizes: Vec<i64>| TensorMeta::new(DType::Float32, sizes);
//!     (f32(vec![batch, 1, 16]), vec![f32(vec![batch, 4, length, 8])])
//! };
//! let sets = InputSets::of::<Meta, _>(&[call(2, 5), call(3, 9)])?;
//! let shapes = sets.guess_dynamic_shapes()?;
//! assert_eq!(shapes.to_string(), "(({0: DimHint(DYNAMIC)}, [{0: DimHint(DYNAMIC), 2: DimHint(DYNAMIC)}]), {})");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The package is called `torch-export-shapes`, its library `shapes`. Nothing here needs libtorch; the feature `tch` adds
//! tensors of `tch`.
//!
//! | for | in PyTorch or onnx-diagnostic | here |
//! |---|---|---|
//! | sets of inputs | `ModelInputs` | [`ModelInputs`] with a model, [`InputSets`] without |
//! | saying which dims are dynamic | `Dim`, `Dim.AUTO`, `dynamic_shapes`, `ShapesCollection`, `AdditionalInputs` | [`Dim`], [`DynamicShapes`], [`ShapesCollection`], [`AdditionalInputs`]; by path: [`PathShapes`]; by a typed mirror: [`DynamicShapes::mirrored`] |
//! | finding it out | `guess_dynamic_shapes`, `InputObserver` | [`ModelInputs::guess_dynamic_shapes`], [`InputObserver`] |
//! | changing it | `move_to_kwargs`, `CoupleInputsDynamicShapes`, `refine_dynamic_shapes_from_suggested_fixes` | [`ModelInputs::move_to_kwargs`], [`CoupleInputsDynamicShapes`], [`refine_dynamic_shapes_from_suggested_fixes`] |
//! | showing values | `string_type`, `max_diff`, `string_diff` | [`string_type()`], [`max_diff`], [`string_diff`], [`Drawing`] |
//! | sizes as symbols | `sympy`, `ShapeEnv` | the crate [`symbolic`]; [`SymbolicInputs`] |
//! | constraints and their errors | `Constraints violated`, "Suggested fixes" | [`ConstraintError`] |
//! | what an op does to sizes | fake tensors | [`rules`] |

mod classes;
mod constraints;
mod inputs;
pub mod rules;
mod show;
mod spec;
mod tensor;

pub use constraints::{
    Bullet, Cause, ConstraintError, ConstraintViolation, Fixes, InputLeaf, InputValue, Placeholder, PlaceholderShape,
    RangeConstraints, Solved, Specialization, SymbolicInputs, Tolerance,
};
pub use inputs::argument::{ArgumentPath, Input};
pub use inputs::couple::{ChangeOptions, CoupleError, CoupleInputsDynamicShapes};
pub use inputs::guess::{Auto, GuessError, GuessOptions, MixedArgument};
pub use inputs::kwargs::{MoveError, MovedShapes};
pub use inputs::observer::{Batch, Constant, InputObserver, Observed, ObserverError};
pub use inputs::{InputSet, InputSets, InputsError, InvalidDimension, LeafDescription, ModelInputs, ValidateError};
pub use show::diff::{Diff, DiffError, DiffOptions, Exceeding, Position, max_diff, string_diff};
pub use show::draw::{DrawError, Drawing};
pub use show::string_type::{
    Described, DescribedLayer, Numbers, StringTypeError, StringTypeOptions, string_type, string_type_of_values,
    string_type_with,
};
pub use spec::builders::{
    AdditionalError, AdditionalInputs, CollectionError, PathPattern, PathShapes, PatternError, RefineError,
    SelectError, Shapes, ShapesCollection, all_dynamic_shapes_from_inputs, guess_dynamic_shapes_from_inputs,
    make_dynamic_shapes_kv_cache, refine_dynamic_shapes_from_suggested_fixes, replace_string_by_dynamic,
    use_dyn_not_str,
};
pub use spec::dim::{DerivedDim, Dim, DimError, DimHint, DimSpec, HintKind};
pub use spec::matching::MatchError;
pub use spec::{DynamicShapes, ShapeSpec};
pub use tensor::{MakeTensor, Number, TensorError, TensorSummary, TensorValues};
