//! Which dimensions are dynamic, from several sets of inputs.
//!
//! The sizes of sets that are alike are compared at once ([`masks`]); other sets are walked side by side, argument by
//! argument ([`call`]), object by object ([`shapes`]), as the classes of the objects ask for.

mod call;
mod class;
mod error;
mod masks;
mod object;
mod shapes;

pub use error::{GuessError, MixedArgument};

use crate::inputs::{InputSets, ModelInputs};
use crate::spec::DynamicShapes;
use crate::spec::dim::{Dim, DimSpec};
use pytree_core::{DescribeTensor, Module};

/// What a dynamic dimension is called in the result: the argument `auto` of onnx-diagnostic's `guess_dynamic_shapes`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Auto {
    /// `Dim.DYNAMIC` (`auto=False`).
    #[default]
    Dynamic,
    /// `Dim.AUTO` (`auto=True`). A tensor known from one set only has every dimension `AUTO`.
    Auto,
    /// A name of its own, made of this text and the way to the dimension: `d_0I_1l2` (`auto="d"`).
    Names(String),
}

impl Auto {
    /// What the values one step down are called.
    fn below(&self, step: std::fmt::Arguments<'_>) -> Auto {
        match self {
            Auto::Names(name) => Auto::Names(format!("{name}_{step}")),
            other => other.clone(),
        }
    }

    fn dim(&self, index: usize) -> DimSpec {
        match self {
            Auto::Dynamic => Dim::dynamic().into(),
            Auto::Auto => Dim::auto().into(),
            Auto::Names(name) => DimSpec::Text(format!("{name}{index}")),
        }
    }
}

/// How to guess: see [`InputSets::guess_with`].
///
/// ```
/// use shapes::GuessOptions;
/// let named = GuessOptions::from("d");
/// let unregistered = GuessOptions::default().unregistered("transformers.cache_utils.DynamicCache");
/// assert_ne!(named, unregistered);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct GuessOptions {
    auto: Auto,
    unregistered: Vec<String>,
    exportable: bool,
}

impl GuessOptions {
    /// Takes a class as one that Python's pytree does not know, by its serialized name. Of these a `DynamicCache` is
    /// looked into layer by layer, key before value; any other is an error.
    #[must_use]
    pub fn unregistered(mut self, class: impl Into<String>) -> Self {
        self.unregistered.push(class.into());
        self
    }

    /// Gives shapes that fit an export, which Python's do not everywhere; [`ModelInputs`](crate::ModelInputs) always
    /// guesses this way.
    ///
    /// A `None` is a value that is not given: what is `None` in a later set is guessed from the others, and what is `None` in
    /// every set is `None` (Python refuses both). Inside a registered class containers stay what they are, and what is not a
    /// tensor is `None` (Python has lists, and empty ones). A `ModelOutput` is the list of its children (in Python a dict).
    #[must_use]
    pub fn exportable(mut self) -> Self {
        self.exportable = true;
        self
    }
}

impl From<Auto> for GuessOptions {
    fn from(auto: Auto) -> Self {
        GuessOptions { auto, ..Self::default() }
    }
}

impl From<&str> for GuessOptions {
    fn from(name: &str) -> Self {
        Auto::Names(name.to_owned()).into()
    }
}

impl InputSets {
    /// [`guess_with`](Self::guess_with) `Dim.DYNAMIC`.
    ///
    /// # Errors
    /// As [`guess_with`](Self::guess_with).
    pub fn guess_dynamic_shapes(&self) -> Result<DynamicShapes, GuessError> {
        self.guess_with(GuessOptions::default())
    }

    /// The dimensions that differ between the sets or are 0 in all of them, in the pair `(args, kwargs)`
    /// (`ModelInputs.guess_dynamic_shapes`).
    ///
    /// Numbers, texts and `None` are never dynamic. The children of a registered class stand in a list, those of a
    /// dict or an instance of a subclass in a dict. Named arguments come in the order of the signature.
    ///
    /// # Errors
    /// [`GuessError`] when the sets disagree in types, lengths, keys or ranks; it names the argument and the key path.
    pub fn guess_with(&self, options: impl Into<GuessOptions>) -> Result<DynamicShapes, GuessError> {
        let _span = tracing::debug_span!("guess", sets = self.sets().len()).entered();
        call::guess(self, &options.into())
    }

    /// What [`guess_dynamic_shapes`](Self::guess_dynamic_shapes) finds, without building shapes: for every leaf a mask
    /// whose bit `i` is set when dimension `i` is dynamic. `None` for sets that are not alike: of one structure, with
    /// tensors of one rank (64 at most) in the same places.
    ///
    /// ```
    /// use pytree_core::{DType, Meta, TensorMeta};
    /// use shapes::InputSets;
    /// let f32 = |sizes: [i64; 3]| (TensorMeta::new(DType::Float32, sizes),);
    /// let sets = InputSets::of::<Meta, _>(&[f32([2, 5, 7]), f32([3, 5, 9])])?;
    /// assert_eq!(sets.dynamic_dims(), Some(vec![0b101]));
    /// # Ok::<(), shapes::InputsError>(())
    /// ```
    pub fn dynamic_dims(&self) -> Option<Vec<u64>> {
        masks::dynamic_dims(self.sets())
    }
}

impl<M: Module<Family: DescribeTensor>> ModelInputs<'_, M> {
    /// The dimensions that differ between the sets, as `Dim.DYNAMIC`, in the pair `(args, kwargs)`
    /// (`ModelInputs.guess_dynamic_shapes`).
    ///
    /// # Errors
    /// [`GuessError::OneSet`] when there is nothing to compare: onnx-diagnostic then calls everything static, which
    /// [`guess_with`](Self::guess_with) gives. Else as [`InputSets::guess_with`].
    pub fn guess_dynamic_shapes(&self) -> Result<DynamicShapes, GuessError> {
        if self.sets().len() == 1 {
            return Err(GuessError::OneSet);
        }
        self.guess_with(GuessOptions::default())
    }

    /// As [`guess_dynamic_shapes`](Self::guess_dynamic_shapes), with another mark for a dynamic dimension (`auto=`);
    /// the shapes fit an [export](GuessOptions::exportable).
    ///
    /// # Errors
    /// As [`InputSets::guess_with`].
    pub fn guess_with(&self, options: impl Into<GuessOptions>) -> Result<DynamicShapes, GuessError> {
        let mut shapes = self.described().guess_with(options.into().exportable())?;
        // The first set is the example of an export: what it leaves out has no shapes there.
        if let (DynamicShapes::Tuple(pair), Some(first)) = (&mut shapes, self.described().sets().first())
            && let [_, DynamicShapes::Dict(named)] = pair.as_mut_slice()
        {
            named.retain(|key, _| first.names().any(|name| key.as_str() == Some(name)));
        }
        Ok(shapes)
    }
}
