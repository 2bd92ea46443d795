//! Attention of several heads and what surrounds it, as in BERT, GPT-2, BART and CLIP.

use tch::nn;
use tch::{Kind, Tensor};

/// The attention of `torch.nn.MultiheadAttention`, without its own cache.
pub(crate) struct MultiHead {
    query: nn::Linear,
    key: nn::Linear,
    value: nn::Linear,
    out: nn::Linear,
    heads: i64,
}

impl MultiHead {
    pub(crate) fn new(path: &nn::Path<'_>, width: i64, heads: i64) -> MultiHead {
        let [query, key, value, out] = ["q_proj", "k_proj", "v_proj", "out_proj"]
            .map(|name| nn::linear(path / name, width, width, Default::default()));
        MultiHead { query, key, value, out, heads }
    }

    fn split(&self, layer: &nn::Linear, x: &Tensor) -> Tensor {
        let (batch, length, width) = x.size3().unwrap_or_default();
        x.apply(layer).view([batch, length, self.heads, width / self.heads]).transpose(1, 2)
    }

    /// Keys and values, `[batch, heads, length, head]`.
    pub(crate) fn states(&self, x: &Tensor) -> (Tensor, Tensor) {
        (self.split(&self.key, x), self.split(&self.value, x))
    }

    /// What `x` finds in these keys and values. The mask is added to the scores.
    pub(crate) fn look(&self, x: &Tensor, keys: &Tensor, values: &Tensor, mask: Option<&Tensor>) -> Tensor {
        let (batch, length, width) = x.size3().unwrap_or_default();
        let query = self.split(&self.query, x) / f64::sqrt((width / self.heads) as f64);
        let scores = query.matmul(&keys.transpose(-1, -2));
        let scores = match mask {
            Some(mask) => scores + mask,
            None => scores,
        };
        let kind = scores.kind();
        let seen = scores.softmax(-1, kind).matmul(values);
        seen.transpose(1, 2).contiguous().view([batch, length, width]).apply(&self.out)
    }

    /// Attention of `x` to itself.
    pub(crate) fn forward(&self, x: &Tensor, mask: Option<&Tensor>) -> Tensor {
        let (keys, values) = self.states(x);
        self.look(x, &keys, &values, mask)
    }
}

/// Two linear layers with a GELU between them.
#[derive(Debug)]
pub(crate) struct FeedForward {
    up: nn::Linear,
    down: nn::Linear,
}

impl FeedForward {
    pub(crate) fn new(path: &nn::Path<'_>, width: i64) -> FeedForward {
        FeedForward {
            up: nn::linear(path / "fc1", width, 4 * width, Default::default()),
            down: nn::linear(path / "fc2", 4 * width, width, Default::default()),
        }
    }
}

impl nn::Module for FeedForward {
    fn forward(&self, x: &Tensor) -> Tensor {
        x.apply(&self.up).gelu("none").apply(&self.down)
    }
}

/// A layer norm over the last dimension.
pub(crate) fn norm(path: nn::Path<'_>, width: i64) -> nn::LayerNorm {
    nn::layer_norm(path, vec![width], Default::default())
}

/// A mask to add to the scores, `[batch, 1, 1, length]`, of one that is 1 where there is a token.
pub(crate) fn padding(mask: &Tensor, kind: Kind) -> Tensor {
    (1.0 - mask.unsqueeze(1).unsqueeze(1).to_kind(kind)) * -10000.0
}
