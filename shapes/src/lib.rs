//! The sizes in a tree of tensors: symbols, exact expressions over them, and what each operator does to shapes.

mod arith;
pub mod constraints;
pub mod dim;
pub mod env;
pub mod expr;
pub mod namer;
mod pprint;
pub mod range;
pub mod rel;
pub mod rules;
mod solve;
pub mod spec;
pub mod symbol;

pub use constraints::{
    Bullet, ConstraintError, ConstraintViolation, Fixes, InputLeaf, InputValue, Placeholder, PlaceholderShape,
    RangeConstraints, Solved, Specialization, SymbolicInputs, Tolerance,
};
pub use dim::{DerivedDim, Dim, DimError, DimHint, DimSpec, HintKind};
pub use env::{EnvError, Guard, ShapeEnv, SymbolInfo, SymbolKind};
pub use expr::{Expr, ExprError, ExprKind, Function, Symbol, parse_srepr};
pub use namer::{Lifted, Namer, OpNumbers, mapping_key_part, placeholder_base};
pub use range::{Bound, ValueRange};
pub use rel::{Rel, RelOp};
pub use spec::{DynamicShapes, ShapeSpec};
pub use symbol::{Naming, source_slot};

pub mod builders;
mod classes;
pub mod couple;
mod cursor;
pub mod diff;
pub mod draw;
pub mod guess;
pub mod inputs;
pub mod kwargs;
pub mod matching;
pub mod observer;
pub mod string_type;
pub mod tensor;

pub use builders::{
    AdditionalError, AdditionalInputs, CollectionError, PathPattern, PathShapes, PatternError, RefineError,
    SelectError, Shapes, ShapesCollection, all_dynamic_shapes_from_inputs, guess_dynamic_shapes_from_inputs,
    make_dynamic_shapes_kv_cache, refine_dynamic_shapes_from_suggested_fixes, replace_string_by_dynamic,
    use_dyn_not_str,
};
pub use couple::{ChangeOptions, CoupleError, CoupleInputsDynamicShapes};
pub use diff::{Diff, DiffError, DiffOptions, Position, max_diff, string_diff};
pub use draw::{DrawError, Drawing};
pub use guess::{Auto, GuessError, GuessOptions};
pub use inputs::{InputSet, InputSets, InputsError, InvalidDimension, LeafDescription, ModelInputs, ValidateError};
pub use kwargs::{MoveError, MovedShapes};
pub use matching::MatchError;
pub use observer::{Batch, InputObserver, Observed, ObserverError};
pub use string_type::{
    Described, StringTypeError, StringTypeOptions, TensorSummary, string_type, string_type_of_values, string_type_with,
};
pub use tensor::{MakeTensor, TensorValues};
