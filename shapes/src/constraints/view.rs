//! The sizes as they are once the program has run and the spec has been imposed: the facts that bullets and fixes are read from.

use std::collections::HashMap;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;
use symbolic::{Affine, Expr, ExprError, Symbol, ValueRange};

use super::error::Fixes;
use super::leaf::InputDim;
use super::{ConstraintError, SymbolicInputs};

/// The dims of the inputs with their final expressions, and who carries which symbol.
pub(super) struct View<'a> {
    pub(super) inputs: &'a SymbolicInputs,
    /// Final expression of every dim.
    pub(super) finals: Vec<Expr>,
    /// Dims that are exactly this symbol, in input order.
    pub(super) carriers: IndexMap<Symbol, SmallVec<[usize; 2]>, FxBuildHasher>,
    /// User ranges on this symbol, in input order.
    pub(super) constraints: HashMap<Symbol, Vec<ValueRange>>,
    /// Source to name, for named and derived dims.
    pub(super) names: IndexMap<String, String>,
}

impl<'a> View<'a> {
    pub(super) fn new(inputs: &'a SymbolicInputs) -> Result<View<'a>, ConstraintError> {
        let mut carriers: IndexMap<Symbol, SmallVec<[usize; 2]>, FxBuildHasher> =
            inputs.equalities.phantoms.iter().map(|p| (p.clone(), SmallVec::new())).collect();
        let mut constraints: HashMap<Symbol, Vec<ValueRange>> = HashMap::new();
        let (mut finals, mut names) = (Vec::new(), IndexMap::new());
        for (i, dim) in inputs.dims.iter().enumerate() {
            let expr = inputs.env.replace(&dim.expr)?;
            if let Some(symbol) = expr.as_symbol() {
                carriers.entry(symbol.clone()).or_default().push(i);
                if let Some(range) = dim.user {
                    let known = constraints.entry(symbol.clone()).or_default();
                    if !known.contains(&range) {
                        known.push(range);
                    }
                }
            }
            names.extend(dim.spec.name().map(|name| (dim.source.clone(), name)));
            finals.push(expr);
        }
        Ok(View { inputs, finals, carriers, constraints, names })
    }

    /// The dim's name, or its source where it has none.
    pub(super) fn name<'b>(&'b self, source: &'b str) -> &'b str {
        self.names.get(source).map_or(source, String::as_str)
    }

    /// The name to suggest something for: a dim's, and where fixes shall hold also a hidden root's.
    pub(super) fn fixable(&self, source: &str, fixes: Fixes) -> Option<String> {
        let hidden = || (fixes == Fixes::Correct && self.is_hidden_root(source)).then(|| source.to_owned());
        self.names.get(source).cloned().or_else(hidden)
    }

    /// Whether a suggestion can mention it: it has a name of its own, or is a hidden root, whose source is its name.
    pub(super) fn is_named(&self, source: &str) -> bool {
        self.names.contains_key(source) || self.is_hidden_root(source)
    }

    fn is_hidden_root(&self, source: &str) -> bool {
        let mut roots = self.inputs.equalities.phantoms.iter().filter_map(|p| self.inputs.env.info(p));
        roots.any(|info| info.source == source)
    }

    /// The first dim carrying a symbol; a hidden root's own name.
    pub(super) fn source(&self, symbol: &Symbol) -> String {
        match self.carriers.get(symbol).and_then(|c| c.first()) {
            Some(i) => self.inputs.dims[*i].source.clone(),
            None => self.inputs.env.info(symbol).map_or_else(|| symbol.to_string(), |info| info.source.clone()),
        }
    }

    pub(super) fn dims(&self) -> impl Iterator<Item = (usize, &'a InputDim, &Expr)> {
        self.inputs.dims.iter().zip(&self.finals).enumerate().map(|(i, (d, e))| (i, d, e))
    }
}

/// A dim's name as an expression over names: `2*dx + 1`, or one symbol for any other text.
pub(super) fn named_expr(name: &str) -> Result<Expr, ExprError> {
    let (form, root) = Affine::parse(name);
    form.expr(&Expr::symbol(&Symbol::integer(root)))
}
