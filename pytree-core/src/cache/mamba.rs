//! `MambaCache`: the states of a state-space model.

use crate::{Context, Family, Kind, Names, Node, NodeType, OwnedTree, PyTree, Retype, Source, UnflattenError};
use crate::{Visitor, VisitorMut, VisitorOwned};
use std::borrow::Cow;
use std::ops::ControlFlow;

/// The states of a Mamba model: `transformers.cache_utils.MambaCache`, as onnx-diagnostic 0.4 to 0.9.2 registers it.
///
/// Its states are replaced, not joined: a model overwrites the old ones.
#[derive(Clone, Debug, PartialEq)]
pub struct MambaCache<T> {
    /// The convolution states, one tensor `[batch, intermediate, kernel]` per layer.
    pub conv_states: Vec<T>,
    /// The state-space states, one tensor `[batch, intermediate, state]` per layer.
    pub ssm_states: Vec<T>,
}

impl<T> MambaCache<T> {
    /// A cache of these states, one convolution state and one state-space state per layer.
    pub fn new(layers: impl IntoIterator<Item = (T, T)>) -> Self {
        let (conv_states, ssm_states) = layers.into_iter().unzip();
        MambaCache { conv_states, ssm_states }
    }
}

const FIELDS: [&str; 2] = ["conv_states", "ssm_states"];

static TYPE: NodeType = NodeType {
    kind: Kind::Mapping,
    name: "transformers.cache_utils.MambaCache",
    rust_name: "MambaCache",
    fields: &FIELDS,
};

const CONTEXT: Context =
    Context::Mapping { name: Cow::Borrowed(TYPE.name), fields: Names::Static(&FIELDS), statics: None };

impl<F: Family, T: PyTree<F>> PyTree<F> for MambaCache<T> {
    fn walk<'a, V: Visitor<'a, F>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
        if v.enter(&Node::Context(&CONTEXT, 2))? {
            v.child(0);
            self.conv_states.walk(v)?;
            v.child(1);
            self.ssm_states.walk(v)?;
            v.exit()?;
        }
        ControlFlow::Continue(())
    }
}

impl<F: Family, T: OwnedTree<F>> OwnedTree<F> for MambaCache<T> {
    fn walk_mut<V: VisitorMut<F>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
        self.conv_states.walk_mut(v)?;
        self.ssm_states.walk_mut(v)
    }

    fn into_walk<V: VisitorOwned<F>>(self, v: &mut V) -> ControlFlow<V::Break> {
        v.enter(&Node::Context(&CONTEXT, 2))?;
        self.conv_states.into_walk(v)?;
        self.ssm_states.into_walk(v)?;
        v.exit()
    }

    fn rebuild<S: Source<F>>(source: &mut S) -> Result<Self, UnflattenError> {
        source.node(&TYPE)?;
        Ok(MambaCache { conv_states: Vec::rebuild(source)?, ssm_states: Vec::rebuild(source)? })
    }
}

impl<T: Retype> Retype for MambaCache<T> {
    type As<U> = MambaCache<T::As<U>>;
}
