//! What is known about the symbols of one program: examples, ranges, equalities, guards. torch's `ShapeEnv`.

mod decide;
mod error;
mod guard;
mod naming;
mod replace;

use std::collections::HashMap;
use std::fmt;

use indexmap::{IndexMap, IndexSet};
use rustc_hash::FxBuildHasher;

pub use error::EnvError;
pub use guard::Guard;
pub use naming::{Naming, source_slot};

use crate::expr::{Expr, ExprError, Symbol};
use crate::range::ValueRange;
use crate::rel::RelOp;
use naming::Numbers;

/// Where a symbol comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SymbolKind {
    /// A size of an input.
    Size,
    /// A stride or a storage offset of an input; never printed, it only takes a number.
    Layout,
    /// An int input.
    Int,
    /// The root of derived dims that is not a dimension itself.
    Phantom,
    /// A value that depends on data (`u0`).
    Unbacked,
}

/// What the env keeps of one symbol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SymbolInfo {
    /// Where it is read from, `L['x'].size()[0]`; a phantom's is its dim name.
    pub source: String,
    /// The example value; `None` for data-dependent values.
    pub hint: Option<i64>,
    /// Values that satisfy every guard so far.
    pub range: ValueRange,
    /// What it stands for.
    pub kind: SymbolKind,
}

/// Symbols, their ranges and what the program demands of them. Mirrors `torch.fx.experimental.symbolic_shapes.ShapeEnv`.
///
/// ```
/// use symbolic::{Expr, Naming, ShapeEnv};
/// let mut env = ShapeEnv::new(Naming::Hashed);
/// let x = env.create_size("L['x'].size()[0]", 5, None)?;
/// let y = env.create_size("L['y'].size()[0]", 5, None)?;
/// assert!(env.guard_eq(&x, &y, "aten.add.Tensor")?);
/// assert_eq!(env.replace(&x)?.to_string(), "s17");
/// # Ok::<(), symbolic::EnvError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ShapeEnv {
    numbers: Numbers,
    symbols: IndexMap<Symbol, SymbolInfo, FxBuildHasher>,
    /// Layout symbols by example value: equal strides share one.
    duck: HashMap<i64, Symbol>,
    unbacked: u64,
    unbacked_floats: u64,
    replacements: IndexMap<Symbol, Expr>,
    /// For every symbol those whose replacement mentions, or mentioned, it.
    mentioned: HashMap<Symbol, IndexSet<Symbol>>,
    guards: Vec<Guard>,
    asserts: Vec<Guard>,
    /// Canonical relations known true or false, as `op` and `right - left`.
    axioms: HashMap<(RelOp, Expr), bool>,
    /// Remainders known to be zero.
    divisible: IndexSet<Expr>,
}

impl ShapeEnv {
    /// An env without symbols.
    pub fn new(naming: Naming) -> ShapeEnv {
        ShapeEnv {
            numbers: Numbers::new(naming),
            symbols: IndexMap::default(),
            duck: HashMap::new(),
            unbacked: 0,
            unbacked_floats: 0,
            replacements: IndexMap::new(),
            mentioned: HashMap::new(),
            guards: Vec::new(),
            asserts: Vec::new(),
            axioms: HashMap::new(),
            divisible: IndexSet::new(),
        }
    }

    /// A symbol for one dimension of an input; sizes 0 and 1 are specialised and give a literal. `user` is the range a
    /// named dim declares.
    ///
    /// # Errors
    /// [`EnvError::OutOfRange`] when the example is outside the range.
    pub fn create_size(&mut self, source: &str, hint: i64, user: Option<ValueRange>) -> Result<Expr, EnvError> {
        self.create_positive(source, hint, user, SymbolKind::Size)
    }

    /// The hidden root of derived dims, named by its dim.
    ///
    /// # Errors
    /// [`EnvError::OutOfRange`] when the value that follows from the examples is outside the dim's range.
    pub fn create_phantom(&mut self, dim: &str, hint: i64, user: ValueRange) -> Result<Expr, EnvError> {
        self.create_positive(dim, hint, Some(user), SymbolKind::Phantom)
    }

    fn create_positive(
        &mut self,
        source: &str,
        hint: i64,
        user: Option<ValueRange>,
        kind: SymbolKind,
    ) -> Result<Expr, EnvError> {
        if hint == 0 || hint == 1 {
            return Ok(Expr::int(hint));
        }
        let range = user.map_or(ValueRange::SIZE, |user| user.intersect(&ValueRange::SIZE));
        if !range.contains(hint) {
            return Err(EnvError::OutOfRange { value: hint, range: range.into(), source_text: source.to_owned() });
        }
        let symbol = Symbol::size(&format!("s{}", self.numbers.take(source)));
        Ok(self.insert(symbol, source, Some(hint), range, kind))
    }

    /// A symbol for a stride or storage offset that is not a product of sizes; equal values share one.
    pub fn create_layout(&mut self, source: impl fmt::Display, hint: i64) -> Expr {
        if hint == 0 || hint == 1 {
            return Expr::int(hint);
        }
        if let Some(symbol) = self.duck.get(&hint) {
            return Expr::symbol(symbol);
        }
        let source = source.to_string();
        let symbol = Symbol::size(&format!("s{}", self.numbers.take(&source)));
        self.duck.insert(hint, symbol.clone());
        self.insert(symbol, &source, Some(hint), ValueRange::SIZE, SymbolKind::Layout)
    }

    /// A symbol for a dynamic int input, of any sign.
    pub fn create_int(&mut self, source: &str, hint: i64) -> Expr {
        let symbol = Symbol::integer(&format!("s{}", self.numbers.take(source)));
        self.insert(symbol, source, Some(hint), ValueRange::ALL, SymbolKind::Int)
    }

    /// A value known only when the program runs: `u0`, `u1`, ... `range` is `VR[0, int_oo]` for sizes.
    pub fn create_unbacked(&mut self, source: &str, range: ValueRange) -> Expr {
        let symbol = Symbol::integer(&format!("u{}", self.unbacked));
        self.unbacked += 1;
        self.insert(symbol, source, None, range, SymbolKind::Unbacked)
    }

    /// A float known only when the program runs: `zuf0`, `zuf1`, ...
    pub fn create_unbacked_float(&mut self, source: &str) -> Expr {
        let symbol = Symbol::real(&format!("zuf{}", self.unbacked_floats));
        self.unbacked_floats += 1;
        self.insert(symbol, source, None, ValueRange::ALL, SymbolKind::Unbacked)
    }

    fn insert(&mut self, symbol: Symbol, source: &str, hint: Option<i64>, range: ValueRange, kind: SymbolKind) -> Expr {
        let expr = Expr::symbol(&symbol);
        self.symbols.insert(symbol, SymbolInfo { source: source.to_owned(), hint, range, kind });
        expr
    }

    /// Every symbol in order of creation.
    pub fn symbols(&self) -> impl Iterator<Item = (&Symbol, &SymbolInfo)> {
        self.symbols.iter()
    }

    /// What is known of one symbol.
    pub fn info(&self, symbol: &Symbol) -> Option<&SymbolInfo> {
        self.symbols.get(symbol)
    }

    /// Guards in the order they were recorded.
    pub fn guards(&self) -> &[Guard] {
        &self.guards
    }

    /// What [`defer`](ShapeEnv::defer) left to the run of the program, in the order it was recorded: torch's
    /// `deferred_runtime_asserts`.
    pub fn asserts(&self) -> &[Guard] {
        &self.asserts
    }

    /// Symbols that stand for something else by now.
    pub fn replacements(&self) -> &IndexMap<Symbol, Expr> {
        &self.replacements
    }

    /// The example value of an expression.
    ///
    /// # Errors
    /// [`EnvError::DataDependent`] when it holds a symbol without an example; arithmetic errors.
    pub fn hint(&self, expr: &Expr) -> Result<i64, EnvError> {
        expr.eval(&|s| self.symbols.get(s).and_then(|i| i.hint)).map_err(|e| match e {
            ExprError::Unbound { .. } => EnvError::DataDependent { expr: expr.to_string() },
            other => EnvError::Expr(other),
        })
    }

    /// Values an expression can take, from the ranges of its symbols. Mirrors `bound_sympy`.
    pub fn bound(&self, expr: &Expr) -> ValueRange {
        expr.range(&|s| self.range(s))
    }

    /// Values a symbol can take.
    pub fn range(&self, symbol: &Symbol) -> ValueRange {
        match self.symbols.get(symbol) {
            Some(info) => info.range,
            None if symbol.is_positive() => ValueRange::new(Some(1), None),
            None => ValueRange::ALL,
        }
    }
}
