//! Scaled dot product attention.

use super::{Call, Outputs, Row, one, shown};
use symbolic::{Expr, RelOp};

pub(super) const FAMILY: &[Row] = &[(&["aten.scaled_dot_product_attention.default"], attention)];

fn attention(call: &mut Call<'_>) -> Outputs {
    let (query, key, value) = (call.tensor("query")?, call.tensor("key")?, call.tensor("value")?);
    let rank = query.len();
    if rank < 2 || key.len() != rank || value.len() != rank {
        let (q, k, v) = (shown(&query), shown(&key), shown(&value));
        return call.mismatch(format!("query {q}, key {k} and value {v} need the same rank, at least 2"));
    }
    let grouped = call.flag("enable_gqa")?;
    if let Some(mask) = call.maybe_tensor("attn_mask")? {
        // Broadcast to [batch, heads, queries, keys].
        let (queries, keys) = (query[rank - 2].clone(), key[rank - 2].clone());
        let mut scores = query[..rank - 2].to_vec();
        scores.extend([queries, keys]);
        let skip = scores.len().saturating_sub(mask.len());
        let fits = mask.len() <= scores.len();
        if !fits {
            return call.mismatch(format!("attn_mask {} has more dimensions than the scores", shown(&mask)));
        }
        let order = [rank - 2, rank - 1].into_iter().chain(0..rank - 2);
        for d in order.filter(|d| *d >= skip) {
            let size = mask[d - skip].clone();
            if !call.is_one(&size)? {
                call.same(&size, &scores[d], || format!("attn_mask does not fit the scores at dimension {d}"))?;
            }
        }
    }
    for d in 0..rank - 2 {
        // With grouped queries the heads of key and value are fewer.
        if grouped && d + 3 == rank {
            continue;
        }
        same(call, &query[d], &key[d], d)?;
        same(call, if d == 0 { &key[d] } else { &query[d] }, &value[d], d)?;
    }
    same(call, &query[rank - 1], &key[rank - 1], rank - 1)?;
    // Torch lets key and value differ in length, and then reads outside of the shorter one.
    same(call, &key[rank - 2], &value[rank - 2], rank - 2)?;
    // Torch compares the widths to choose a kernel; they may differ, and then that is what it guards on.
    call.ask(RelOp::Eq, &query[rank - 1], &value[rank - 1])?;
    let mut out = query[..rank - 1].to_vec();
    out.push(value[rank - 1].clone());
    one(out)
}

fn same(call: &mut Call<'_>, a: &Expr, b: &Expr, dim: usize) -> Result<(), super::RuleError> {
    call.same(a, b, || format!("query, key and value do not fit at dimension {dim}"))
}
