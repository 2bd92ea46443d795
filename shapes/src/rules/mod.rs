//! What each operator does to shapes: symbolic sizes in, symbolic sizes out, guards on the way.
//!
//! ```
//! use shapes::rules::{ArgValue, Args, rule};
//! use symbolic::{Naming, ShapeEnv};
//! let mut env = ShapeEnv::new(Naming::Hashed);
//! let x = env.create_size("L['x'].size()[0]", 5, None)?;
//! let args = Args::new([("tensors", ArgValue::Tensors(vec![vec![x.clone()], vec![x]]))]);
//! let cat = rule("aten.cat.default").expect("a rule for cat");
//! let out = cat.apply(&args, &mut env)?;
//! assert_eq!(out[0].sizes().unwrap()[0].to_string(), "2*s77");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod args;
mod attention;
mod broadcast;
mod convolve;
mod create;
mod einsum;
mod error;
mod index;
mod join;
mod layout;
mod matmul;
mod normalize;
mod pointwise;
mod recurrent;
mod reduce;
mod scalar;
mod slice;
mod view;

pub use args::{ArgValue, Args, Index, Output};
pub use error::RuleError;

use rustc_hash::FxHashMap;
use std::sync::LazyLock;
use symbolic::{Expr, Rel, RelOp, ShapeEnv};

/// The shape rule of one operator overload, found once by [`rule`] and applied as often as wanted.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    op: &'static str,
    run: Run,
}

type Outputs = Result<Vec<Output>, RuleError>;
type Run = fn(&mut Call<'_>) -> Outputs;
/// One row: operator overloads, and the rule that serves them all. What sets overloads apart stands in the row, so that no
/// rule asks for the operator's name.
type Row = (&'static [&'static str], Run);

/// The rows, family by family.
const FAMILIES: [&[Row]; 16] = [
    pointwise::FAMILY,
    join::FAMILY,
    reduce::FAMILY,
    normalize::FAMILY,
    matmul::FAMILY,
    einsum::FAMILY,
    view::FAMILY,
    layout::FAMILY,
    slice::FAMILY,
    create::FAMILY,
    index::FAMILY,
    attention::FAMILY,
    convolve::FAMILY,
    recurrent::FAMILY,
    scalar::FAMILY,
    broadcast::FAMILY,
];

/// The rule for an operator overload such as `aten.add.Tensor`; `None` where there is none yet.
pub fn rule(op: &str) -> Option<Rule> {
    static TABLE: LazyLock<FxHashMap<&str, Rule>> = LazyLock::new(|| {
        let rows = FAMILIES.iter().copied().flatten();
        rows.flat_map(|(ops, run)| ops.iter().map(|op| (*op, Rule { op, run: *run }))).collect()
    });
    TABLE.get(op).copied()
}

/// Names of all operator overloads that have a rule.
pub fn covered() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().copied().flatten().flat_map(|(ops, _)| ops.iter().copied())
}

impl Rule {
    /// The operator's name.
    pub fn op(&self) -> &'static str {
        self.op
    }

    /// The sizes of the outputs, in order; the tensors of a list follow one another. Equalities and bounds that the operator needs
    /// become guards of the env, as they do in PyTorch.
    ///
    /// # Errors
    /// Arguments that do not fit the schema, sizes that cannot work, and errors of the env; each names the operator.
    pub fn apply(&self, args: &Args, env: &mut ShapeEnv) -> Result<Vec<Output>, RuleError> {
        let mut call = Call { op: self.op, args, env };
        let mut outputs = (self.run)(&mut call)?;
        for output in &mut outputs {
            if let Output::Tensor(sizes) = output {
                for size in sizes.iter_mut() {
                    *size = call.replace(size)?;
                }
                call.observe(sizes)?;
            }
        }
        Ok(outputs)
    }
}

/// One operator call while its rule runs.
struct Call<'a> {
    op: &'static str,
    args: &'a Args,
    env: &'a mut ShapeEnv,
}

impl Call<'_> {
    fn env_error(&self) -> impl Fn(symbolic::EnvError) -> RuleError + use<> {
        let op = self.op;
        move |source| RuleError::Env { op, source }
    }

    /// Arithmetic with the operator named in the error.
    fn math<T>(&self, result: Result<T, symbolic::ExprError>) -> Result<T, RuleError> {
        let op = self.op;
        result.map_err(|e| RuleError::Env { op, source: e.into() })
    }

    fn replace(&self, e: &Expr) -> Result<Expr, RuleError> {
        self.env.replace(e).map_err(self.env_error())
    }

    fn add(&self, a: &Expr, b: &Expr) -> Result<Expr, RuleError> {
        self.math(a.try_add(b))
    }

    fn sub(&self, a: &Expr, b: &Expr) -> Result<Expr, RuleError> {
        self.math(a.try_sub(b))
    }

    fn mul(&self, a: &Expr, b: &Expr) -> Result<Expr, RuleError> {
        self.math(a.try_mul(b))
    }

    fn floor_div(&self, a: &Expr, b: &Expr) -> Result<Expr, RuleError> {
        self.math(a.floor_div(b))
    }

    fn product(&self, items: &[Expr]) -> Result<Expr, RuleError> {
        // Left to right, as Python multiplies: a product of sums then keeps torch's form.
        items.iter().try_fold(Expr::int(1), |p, e| self.mul(&p, e))
    }

    /// Answers a relation, guarding where it is open. The symbolic side is asked first, as Python's reflected operators do.
    fn ask(&mut self, op: RelOp, a: &Expr, b: &Expr) -> Result<bool, RuleError> {
        let (a, b) = (self.replace(a)?, self.replace(b)?);
        let rel = Rel::new(op, a, b);
        let rel = if rel.lhs.is_number() { rel.mirrored() } else { rel };
        self.env.evaluate(&rel, self.op).map_err(self.env_error())
    }

    /// Torch's `guard_or_false`: values known only at run time answer no.
    fn ask_or_false(&mut self, op: RelOp, a: &Expr, b: &Expr) -> Result<bool, RuleError> {
        match self.ask(op, a, b) {
            Err(RuleError::Env { source: symbolic::EnvError::DataDependent { .. }, .. }) => Ok(false),
            other => other,
        }
    }

    fn is_one(&mut self, e: &Expr) -> Result<bool, RuleError> {
        self.ask_or_false(RelOp::Eq, e, &Expr::int(1))
    }

    /// Demands that two sizes agree; `what` says which, for the error.
    fn same(&mut self, a: &Expr, b: &Expr, what: impl FnOnce() -> String) -> Result<(), RuleError> {
        if self.ask(RelOp::Eq, a, b)? {
            return Ok(());
        }
        Err(RuleError::Mismatch { op: self.op, message: format!("{}: {a} and {b} differ", what()) })
    }

    /// Demands a relation between sizes.
    fn require(&mut self, op: RelOp, a: &Expr, b: &Expr, what: impl FnOnce() -> String) -> Result<(), RuleError> {
        if self.ask(op, a, b)? {
            return Ok(());
        }
        Err(RuleError::Mismatch { op: self.op, message: format!("{}: {a} {} {b} does not hold", what(), op.symbol()) })
    }

    /// A dimension index, negative ones counted from the end; a scalar counts as rank 1.
    fn dim(&self, dim: i64, rank: usize) -> Result<usize, RuleError> {
        let span = rank.max(1) as i64;
        let index = if dim < 0 { dim.saturating_add(span) } else { dim };
        if (0..span).contains(&index) {
            return Ok(index as usize);
        }
        Err(RuleError::Dim { op: self.op, dim, rank })
    }

    fn mismatch<T>(&self, message: String) -> Result<T, RuleError> {
        Err(RuleError::Mismatch { op: self.op, message })
    }

    /// The questions torch asks about every new tensor while it works out its layout: fewer than two elements? a dimension
    /// of one? They tighten ranges, `zeros(n - 1)` gives `n >= 3`.
    fn observe(&mut self, sizes: &[Expr]) -> Result<(), RuleError> {
        if sizes.iter().all(Expr::is_number) {
            return Ok(());
        }
        let numel = self.product(sizes)?;
        self.ask_or_false(RelOp::Lt, &numel, &Expr::int(2))?;
        for size in sizes.iter().rev() {
            self.is_one(size)?;
        }
        Ok(())
    }
}

/// Sizes as shown in errors: `[s77, 3]`.
fn shown(sizes: &[Expr]) -> String {
    let sizes: Vec<String> = sizes.iter().map(Expr::to_string).collect();
    format!("[{}]", sizes.join(", "))
}

fn one(sizes: Vec<Expr>) -> Outputs {
    Ok(vec![Output::Tensor(sizes)])
}
