//! What the spec declares about its dims: equal by name, or derived from a root.

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::spec::dim::{DerivedDim, DimSpec};
use symbolic::{Expr, ShapeEnv, Symbol};

use super::ConstraintError;
use super::leaf::InputDim;

/// The origin written into guards that come from the spec.
pub(super) const ORIGIN: &str = "dynamic_shapes";

/// The root of a derived dim: a dimension of an input, or a hidden symbol.
#[derive(Clone, Debug)]
enum Root {
    Dim(usize),
    Phantom(Expr),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Equalities {
    /// `(later, first)` of one name, as indices of dims.
    pairs: Vec<(usize, usize)>,
    derived: Vec<(usize, DerivedDim, Root)>,
    /// Union by source, torch's `EqualityConstraint._parents`.
    parents: HashMap<String, String>,
    /// A derived dim's source in terms of its root's, torch's `_defs`.
    definitions: HashMap<String, Expr>,
    pub(super) phantoms: Vec<Symbol>,
}

impl Equalities {
    /// Collects them, creating the hidden roots.
    pub(super) fn declare(
        env: &mut ShapeEnv,
        dims: &[InputDim],
        order: &[usize],
    ) -> Result<Equalities, ConstraintError> {
        let mut groups: IndexMap<String, Vec<usize>> = IndexMap::new();
        for i in order {
            if let Some(name) = dims[*i].spec.name() {
                groups.entry(name).or_default().push(*i);
            }
        }
        let mut found = Equalities::default();
        let mut phantoms: HashMap<String, Expr> = HashMap::new();
        for group in groups.values() {
            let mut first = None;
            for i in group {
                match &dims[*i].spec {
                    DimSpec::Derived(derived) => {
                        let name = derived.root().name();
                        let root = match (groups.get(name).and_then(|g| g.first()), phantoms.get(name)) {
                            (Some(dim), _) => Root::Dim(*dim),
                            (None, Some(phantom)) => Root::Phantom(phantom.clone()),
                            (None, None) => {
                                let phantom = create_phantom(env, &dims[*i], derived)?;
                                found.phantoms.extend(phantom.as_symbol().cloned());
                                phantoms.insert(name.to_owned(), phantom.clone());
                                Root::Phantom(phantom)
                            }
                        };
                        found.derived.push((*i, derived.clone(), root));
                    }
                    _ => match first {
                        Some(first) => found.pairs.push((*i, first)),
                        None => first = Some(*i),
                    },
                }
            }
        }
        found.relate(dims)?;
        Ok(found)
    }

    fn relate(&mut self, dims: &[InputDim]) -> Result<(), ConstraintError> {
        for (a, b) in &self.pairs {
            let (a, b) = (self.root(&dims[*a].source), self.root(&dims[*b].source));
            if a != b {
                self.parents.insert(a, b);
            }
        }
        for (i, derived, root) in &self.derived {
            let base = match root {
                Root::Dim(dim) => self.rewrite(&dims[*dim].source),
                Root::Phantom(phantom) => phantom.clone(),
            };
            let own = self.root(&dims[*i].source);
            self.definitions.insert(own, derived.form().expr(&base)?);
        }
        Ok(())
    }

    fn root(&self, source: &str) -> String {
        let mut at = source;
        while let Some(parent) = self.parents.get(at) {
            at = parent;
        }
        at.to_owned()
    }

    /// A source as an expression over sources that are not defined by others.
    fn rewrite(&self, source: &str) -> Expr {
        let root = self.root(source);
        self.definitions.get(&root).cloned().unwrap_or_else(|| Expr::symbol(&Symbol::integer(&root)))
    }

    /// Whether the spec says that two dims are equal.
    pub(super) fn are_equal(&self, a: &str, b: &str) -> bool {
        self.root(a) == self.root(b) || self.rewrite(a) == self.rewrite(b)
    }

    /// Whether the spec says that dim `a` is `relation` of dim `b`, the relation's one symbol standing for `b`.
    pub(super) fn is_derived(&self, a: &str, b: &str, relation: &Expr) -> Result<bool, ConstraintError> {
        let with = relation.free_symbols().into_iter().map(|s| (s, self.rewrite(b))).collect();
        Ok(self.rewrite(a) == relation.substitute(&with)?)
    }

    /// Imposes what the spec declares, after the program has run: same-name pairs, then derived dims.
    pub(super) fn impose(&self, env: &mut ShapeEnv, dims: &[InputDim]) -> Result<(), ConstraintError> {
        for (later, first) in &self.pairs {
            let (a, b) = (&dims[*later], &dims[*first]);
            let (x, y) = (env.replace(&a.expr)?, env.replace(&b.expr)?);
            if !env.guard_eq(&x, &y, ORIGIN)? {
                return Err(ConstraintError::NotEqual {
                    later: a.source.clone(),
                    size: a.value,
                    first: b.source.clone(),
                    first_size: b.value,
                });
            }
        }
        for (i, derived, root) in &self.derived {
            let dim = &dims[*i];
            let own = env.replace(&dim.expr)?;
            // A hidden root is taken as it is: a later solution for it overwrites an earlier one, as in torch.
            let base = match root {
                Root::Dim(root) => env.replace(&dims[*root].expr)?,
                Root::Phantom(phantom) => phantom.clone(),
            };
            if !env.guard_eq(&own, &derived.form().expr(&base)?, ORIGIN)? {
                return Err(ConstraintError::Derived {
                    dim: dim.source.clone(),
                    form: derived.to_string(),
                    root: derived.root().name().to_owned(),
                    root_size: env.hint(&base)?,
                    size: dim.value,
                });
            }
        }
        Ok(())
    }
}

fn create_phantom(env: &mut ShapeEnv, dim: &InputDim, derived: &DerivedDim) -> Result<Expr, ConstraintError> {
    let root = derived.root();
    let value = derived.root_value(dim.value).ok_or_else(|| ConstraintError::DerivedForm {
        dim: dim.index.unwrap_or(0),
        size: dim.value,
        form: derived.to_string(),
        root: root.name().to_owned(),
    })?;
    Ok(env.create_phantom(root.name(), value, root.range())?)
}
