//! `EncoderDecoderCache`: a cache for self-attention and one for cross-attention.

use crate::{Context, Family, Kind, Names, Node, NodeType, OwnedTree, PyTree, Retype, Source, UnflattenError};
use crate::{Visitor, VisitorMut, VisitorOwned};
use std::borrow::Cow;
use std::ops::ControlFlow;

/// The two caches of an encoder-decoder model: `transformers.cache_utils.EncoderDecoderCache`, as onnx-diagnostic
/// registers it, for any type `C` of caches.
///
/// ```
/// use pytree_core::{cache::{EncoderDecoderCache, InterleavedCache}, structure, Meta};
/// let cache = EncoderDecoderCache::new(InterleavedCache::<i64>::new([(1, 2)]), InterleavedCache::new([(3, 4)]));
/// let paths: Vec<String> = structure::<Meta, _>(&cache)?.leaf_paths().map(|path| path.to_string()).collect();
/// assert_eq!(paths[1..3], ["['self_attention_cache']['value_0']", "['cross_attention_cache']['key_0']"]);
/// # Ok::<(), pytree_core::TreeError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct EncoderDecoderCache<C> {
    /// The cache of the decoder's attention to itself.
    pub self_attention_cache: C,
    /// The cache of the decoder's attention to the encoder.
    pub cross_attention_cache: C,
}

impl<C> EncoderDecoderCache<C> {
    /// Makes one of these two caches.
    pub fn new(self_attention_cache: C, cross_attention_cache: C) -> Self {
        EncoderDecoderCache { self_attention_cache, cross_attention_cache }
    }
}

const FIELDS: [&str; 2] = ["self_attention_cache", "cross_attention_cache"];

static TYPE: NodeType = NodeType {
    kind: Kind::Mapping,
    name: "transformers.cache_utils.EncoderDecoderCache",
    rust_name: "EncoderDecoderCache",
    fields: &FIELDS,
};

const CONTEXT: Context =
    Context::Mapping { name: Cow::Borrowed(TYPE.name), fields: Names::Static(&FIELDS), statics: None };

impl<F: Family, C: PyTree<F>> PyTree<F> for EncoderDecoderCache<C> {
    fn walk<'a, V: Visitor<'a, F>>(&'a self, v: &mut V) -> ControlFlow<V::Break> {
        if v.enter(&Node::Context(&CONTEXT, 2))? {
            v.child(0);
            self.self_attention_cache.walk(v)?;
            v.child(1);
            self.cross_attention_cache.walk(v)?;
            v.exit()?;
        }
        ControlFlow::Continue(())
    }
}

impl<F: Family, C: OwnedTree<F>> OwnedTree<F> for EncoderDecoderCache<C> {
    fn walk_mut<V: VisitorMut<F>>(&mut self, v: &mut V) -> ControlFlow<V::Break> {
        self.self_attention_cache.walk_mut(v)?;
        self.cross_attention_cache.walk_mut(v)
    }

    fn into_walk<V: VisitorOwned<F>>(self, v: &mut V) -> ControlFlow<V::Break> {
        v.enter(&Node::Context(&CONTEXT, 2))?;
        self.self_attention_cache.into_walk(v)?;
        self.cross_attention_cache.into_walk(v)?;
        v.exit()
    }

    fn rebuild<S: Source<F>>(source: &mut S) -> Result<Self, UnflattenError> {
        source.node(&TYPE)?;
        Ok(EncoderDecoderCache {
            self_attention_cache: C::rebuild(source)?,
            cross_attention_cache: C::rebuild(source)?,
        })
    }
}

impl<C: Retype> Retype for EncoderDecoderCache<C> {
    type As<U> = EncoderDecoderCache<C::As<U>>;
}
