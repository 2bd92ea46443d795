//! Making a tree from leaves and a spec.

use super::source::sealed::Sealed;
use super::supply::{OneByOne, Supply};
use crate::{
    Context, Family, Key, KeyPath, Kind, Leaf, LeafKind, Mismatch, Names, NodeType, OwnedTree, Present, Source,
    SpecNode, TreeError, TreeSpec, UnflattenError,
};

/// The tree with these leaves and this structure (`tree_unflatten`). Leaves are moved in.
///
/// ```
/// use pytree_core::{Leaf, Meta, structure, unflatten};
/// let spec = structure::<Meta, _>(&(1_i64, vec![2_i64]))?;
/// let tree: (i64, Vec<i64>) = unflatten::<Meta, _>([Leaf::Int(5), Leaf::Int(6)], &spec)?;
/// assert_eq!(tree, (5, vec![6]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`UnflattenError`] when the number of leaves differs from the spec's, or the spec is not the structure of `X`. It
/// names the key path and the two facts that disagree.
pub fn unflatten<F: Family, X: OwnedTree<F>>(
    leaves: impl IntoIterator<Item = Leaf<F>>,
    spec: &TreeSpec,
) -> Result<X, UnflattenError> {
    rebuild(OneByOne(leaves.into_iter()), spec)
}

/// The tree with these leaves and this structure.
pub(crate) fn rebuild<F: Family, X: OwnedTree<F>>(
    leaves: impl Supply<F>,
    spec: &TreeSpec,
) -> Result<X, UnflattenError> {
    if spec.depth() > TreeSpec::MAX_DEPTH {
        return Err(TreeError::TooDeep { limit: TreeSpec::MAX_DEPTH }.into());
    }
    let mut source = SpecSource { spec, next: 0, taken: 0, peeked: None, leaves };
    let tree = X::rebuild(&mut source);
    // As in torch, a wrong number of leaves is reported before any error that it led to.
    let given = source.taken + source.peeked.is_some() as usize + source.leaves.rest();
    if given != spec.num_leaves() && !matches!(&tree, Err(UnflattenError::LeafCount { .. })) {
        return Err(leaf_count(spec, given));
    }
    tree
}

fn leaf_count(spec: &TreeSpec, found: usize) -> UnflattenError {
    UnflattenError::LeafCount {
        expected: spec.num_leaves(),
        found,
        spec: if spec.is_leaf() { "*".to_owned() } else { spec.to_string() },
    }
}

/// A spec and the leaves that fill it, with a cursor in both.
struct SpecSource<'s, F: Family, S> {
    spec: &'s TreeSpec,
    next: usize,
    taken: usize,
    peeked: Option<Leaf<F>>,
    leaves: S,
}

impl<'s, F: Family, S: Supply<F>> SpecSource<'s, F, S> {
    /// The next node or leaf.
    fn peek(&self) -> Option<SpecNode<'s>> {
        self.spec.node_at(self.next)
    }

    fn path(&self) -> KeyPath {
        self.spec.node_path(self.next)
    }

    fn advance(&mut self) {
        self.next += 1;
    }

    /// Begins a list or tuple of `arity` items, or of any number of them.
    #[inline]
    fn sequence(&mut self, kind: Kind, arity: Option<usize>) -> Result<usize, UnflattenError> {
        let found = self.peek().filter(|node| node.kind() == Some(kind)).map(|node| node.arity());
        match (found, arity) {
            (Some(found), Some(expected)) if found != expected => {
                Err(UnflattenError::Arity { path: self.path(), expected, found })
            }
            (Some(found), _) => {
                self.advance();
                Ok(found)
            }
            (None, Some(arity)) => Err(self.error_at(self.next, &format!("a {kind} of {arity}"))),
            (None, None) => Err(self.error_at(self.next, &format!("a {kind}"))),
        }
    }

    fn error_at(&self, index: usize, expected: &str) -> UnflattenError {
        let found = match self.spec.node_at(index) {
            None => "nothing more".to_owned(),
            Some(node) => match node.context() {
                None => "a leaf".to_owned(),
                Some(context) => format!("a {} (`{}`)", context.kind(), context.type_name()),
            },
        };
        UnflattenError::Node { path: self.spec.node_path(index), expected: expected.to_owned(), found }
    }
}

impl<F: Family, S: Supply<F>> Source<F> for SpecSource<'_, F, S> {
    fn list(&mut self) -> Result<usize, UnflattenError> {
        self.sequence(Kind::List, None)
    }

    fn array(&mut self, arity: usize) -> Result<(), UnflattenError> {
        self.sequence(Kind::List, Some(arity)).map(drop)
    }

    fn tuple(&mut self, arity: usize) -> Result<(), UnflattenError> {
        self.sequence(Kind::Tuple, Some(arity)).map(drop)
    }

    fn open_tuple(&mut self) -> Result<usize, UnflattenError> {
        self.sequence(Kind::Tuple, None)
    }

    fn dict(&mut self) -> Result<Vec<Key>, UnflattenError> {
        match self.context(Kind::Dict)? {
            (Context::Dict(keys), _) => Ok(keys),
            _ => Err(self.fail(Mismatch::Next("a dict"))),
        }
    }

    fn context(&mut self, kind: Kind) -> Result<(Context, usize), UnflattenError> {
        match self.peek().and_then(|node| Some((node.context()?, node.arity()))) {
            Some((context, arity)) if context.kind() == kind => {
                self.advance();
                Ok((context.clone(), arity))
            }
            _ => Err(self.fail(Mismatch::Next(&format!("a {kind}")))),
        }
    }

    fn node(&mut self, ty: &'static NodeType) -> Result<Present, UnflattenError> {
        let Some(node) = self.peek() else { return Err(self.fail(Mismatch::Next(ty.rust_name))) };
        let named = ty.kind.is_class() || ty.kind == Kind::NamedTuple;
        let found = node.context().filter(|context| {
            let name = if let Context::NamedTuple(class) = context { &class.name } else { context.type_name() };
            context.kind() == ty.kind && (!named || name == ty.name)
        });
        let Some(found) = found else {
            let name = if named { ty.name } else { "" };
            let name = if name.is_empty() { String::new() } else { format!(" `{name}`") };
            return Err(self.fail(Mismatch::Next(&format!("`{}`, a {} node{name}", ty.rust_name, ty.kind))));
        };
        let all = Present::all(ty.fields.len());
        let present = match found {
            Context::Dataclass { present, absent, .. } => split_fields(ty.fields, present, absent),
            context => match (context.keys(), context.names()) {
                (Some(keys), _) => keys.iter().map(Key::as_str).eq(ty.fields.iter().map(|f| Some(*f))).then_some(all),
                (None, Some(names)) => (*names == Names::Static(ty.fields)).then_some(all),
                (None, None) if node.arity() != ty.fields.len() => {
                    let expected = ty.fields.len();
                    return Err(UnflattenError::Arity { path: self.path(), expected, found: node.arity() });
                }
                (None, None) => Some(all),
            },
        };
        let Some(present) = present else {
            return Err(UnflattenError::Fields {
                path: self.path(),
                type_name: ty.rust_name.to_owned(),
                expected: format!("{:?}", ty.fields),
                found: node.context().map(ToString::to_string).unwrap_or_default(),
            });
        };
        self.advance();
        Ok(present)
    }

    fn variant(&mut self, types: &'static [NodeType], tags: &'static [&'static str]) -> Result<usize, UnflattenError> {
        let ty = types.first();
        let name = ty.and_then(|ty| ty.rust_name.split("::").next()).unwrap_or_default();
        let context = self.peek().and_then(|n| n.context());
        let statics = match (ty, context) {
            (
                Some(ty),
                Some(
                    Context::Dataclass { name, statics: Some(statics), .. }
                    | Context::Mapping { name, statics: Some(statics), .. },
                ),
            ) if name == ty.name => statics,
            _ => return Err(self.fail(Mismatch::Next(&format!("`{name}`, an enum")))),
        };
        let tag = statics.get(NodeType::VARIANT).unwrap_or(&serde_json::Value::Null);
        tags.iter().position(|known| tag == known).ok_or_else(|| UnflattenError::Variant {
            path: self.path(),
            type_name: name.to_owned(),
            expected: tags.iter().map(|tag| format!("'{tag}'")).collect::<Vec<_>>().join(", "),
            found: crate::python::Json(tag).to_string(),
        })
    }

    fn statics(&mut self, ty: &'static NodeType) -> Result<serde_json::Value, UnflattenError> {
        let context = self.begun();
        match context {
            Some(
                Context::Dataclass { statics: Some(s), .. }
                | Context::Mapping { statics: Some(s), .. }
                | Context::Constant { data: Some(s), .. },
            ) => Ok(s.clone()),
            // The context of a class without a dump function is JSON inside a JSON string.
            Some(Context::Custom { context, .. }) => {
                let inner = context.as_str().and_then(|text| serde_json::from_str(text).ok());
                Ok(inner.unwrap_or_else(|| context.clone()))
            }
            _ => Err(UnflattenError::Fields {
                path: self.spec.node_path(self.next.saturating_sub(1)),
                type_name: ty.rust_name.to_owned(),
                expected: "with static values in the context".to_owned(),
                found: context.map(ToString::to_string).unwrap_or_default(),
            }),
        }
    }

    fn any(&mut self) -> Result<Option<(Context, usize)>, UnflattenError> {
        match self.peek() {
            None => Err(self.fail(Mismatch::Next("a node or a leaf"))),
            Some(node) => match node.context() {
                None => Ok(None),
                Some(context) => {
                    self.advance();
                    Ok(Some((context.clone(), node.arity())))
                }
            },
        }
    }

    #[inline]
    fn leaf(&mut self) -> Result<Leaf<F>, UnflattenError> {
        match self.peek() {
            Some(node) if node.is_leaf() => {}
            _ => return Err(self.fail(Mismatch::Next("a leaf"))),
        }
        match self.peeked.take().or_else(|| self.leaves.next()) {
            Some(leaf) => {
                self.advance();
                self.taken += 1;
                Ok(leaf)
            }
            None => Err(leaf_count(self.spec, self.taken)),
        }
    }

    #[inline]
    fn tensors(&mut self, count: usize) -> Result<Vec<F::Tensor>, UnflattenError> {
        // At most as many as the spec has: a type may ask for any number.
        let run = self.spec.leaf_run(self.next, count);
        let (mut tensors, wrong) =
            if self.peeked.is_none() { self.leaves.tensors(run) } else { (Vec::with_capacity(run), None) };
        let taken = tensors.len() + usize::from(wrong.is_some());
        self.next += taken;
        self.taken += taken;
        if let Some(kind) = wrong {
            return Err(self.fail(Mismatch::Leaf { expected: LeafKind::Tensor, found: kind }));
        }
        // What is left begins with the peeked leaf, or gives the error.
        for _ in tensors.len()..count {
            tensors.push(self.tensor()?);
        }
        Ok(tensors)
    }

    fn next_is_none(&mut self) -> bool {
        if !self.peek().is_some_and(|n| n.is_leaf()) {
            return false;
        }
        if self.peeked.is_none() {
            self.peeked = self.leaves.next();
        }
        matches!(self.peeked, Some(Leaf::None))
    }

    fn begun(&self) -> Option<&Context> {
        self.spec.node_at(self.next.checked_sub(1)?)?.context()
    }

    fn fail(&self, mismatch: Mismatch<'_>) -> UnflattenError {
        // The cursor has already passed the last node or leaf that was taken.
        let last = self.next.saturating_sub(1);
        match mismatch {
            Mismatch::Next(expected) => self.error_at(self.next, expected),
            Mismatch::Node(expected) => self.error_at(last, expected),
            Mismatch::Leaf { expected, found } => {
                UnflattenError::Leaf { path: self.spec.node_path(last), expected, found }
            }
            Mismatch::Value(source) => UnflattenError::BadLeaf { path: self.spec.node_path(last), source },
            Mismatch::NotOptional { ty, field } => {
                UnflattenError::NotOptional { path: self.path(), type_name: ty.rust_name, field }
            }
            Mismatch::Static { ty, field, message } => {
                UnflattenError::Static { path: self.path(), type_name: ty.rust_name, field, message }
            }
        }
    }
}

impl<F: Family, S> Sealed for SpecSource<'_, F, S> {}

/// Which of `fields` are present, if each of them is in one of the two lists of a context, in the order of the type.
fn split_fields(fields: &[&str], present: &crate::Names, absent: &crate::Names) -> Option<Present> {
    let (mut here, mut gone) = (present.iter().peekable(), absent.iter().peekable());
    let mut set = Present(0);
    for (i, field) in fields.iter().enumerate() {
        if here.peek() == Some(field) {
            here.next();
            set.0 |= 1 << i;
        } else if gone.peek() == Some(field) {
            gone.next();
        } else {
            return None;
        }
    }
    (here.next().is_none() && gone.next().is_none()).then_some(set)
}
