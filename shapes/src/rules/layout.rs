//! Dimensions added, dropped, repeated or reordered.

use super::{Call, Outputs, Row, RuleError, one, shown};
use symbolic::Expr;

pub(super) const FAMILY: &[Row] = &[
    (&["aten.unsqueeze.default"], unsqueeze),
    (&["aten.squeeze.default", "aten.squeeze.dim", "aten.squeeze.dims"], squeeze),
    (&["aten.transpose.int", "aten.swapdims.default"], |call| transpose(call, ["dim0", "dim1"])),
    (&["aten.swapaxes.default"], |call| transpose(call, ["axis0", "axis1"])),
    (&["aten.t.default"], t),
    (&["aten.numpy_T.default"], reverse),
    (&["aten.mT.default", "aten.adjoint.default", "aten.mH.default"], matrix_transpose),
    (&["aten.permute.default"], permute),
    (&["aten.movedim.int", "aten.movedim.intlist"], movedim),
    (&["aten.repeat.default"], repeat),
    (&["aten.tile.default"], tile),
    (&["aten.diagonal.default"], diagonal),
    (&["aten.pad.default", "aten.constant_pad_nd.default"], pad),
];

fn unsqueeze(call: &mut Call<'_>) -> Outputs {
    let mut sizes = call.tensor("self")?;
    let dim = call.dim(call.number("dim", 0)?, sizes.len() + 1)?;
    sizes.insert(dim, Expr::int(1));
    one(sizes)
}

fn squeeze(call: &mut Call<'_>) -> Outputs {
    let sizes = call.tensor("self")?;
    let given = call.numbers("dim")?;
    let mut chosen = vec![given.is_none(); sizes.len()];
    for dim in given.into_iter().flatten() {
        let dim = call.dim(dim, sizes.len())?;
        if let Some(slot) = chosen.get_mut(dim) {
            *slot = true;
        }
    }
    let mut out = Vec::new();
    for (size, chosen) in sizes.into_iter().zip(chosen) {
        if !(chosen && call.is_one(&size)?) {
            out.push(size);
        }
    }
    one(out)
}

fn transpose(call: &mut Call<'_>, names: [&'static str; 2]) -> Outputs {
    let mut sizes = call.tensor("self")?;
    let a = call.dim(call.number(names[0], 0)?, sizes.len())?;
    let b = call.dim(call.number(names[1], 0)?, sizes.len())?;
    if !sizes.is_empty() {
        sizes.swap(a, b);
    }
    one(sizes)
}

fn t(call: &mut Call<'_>) -> Outputs {
    let mut sizes = call.tensor("self")?;
    if sizes.len() > 2 {
        return call.mismatch(format!("expected at most 2 dimensions, got {}", shown(&sizes)));
    }
    sizes.reverse();
    one(sizes)
}

fn reverse(call: &mut Call<'_>) -> Outputs {
    let mut sizes = call.tensor("self")?;
    sizes.reverse();
    one(sizes)
}

fn matrix_transpose(call: &mut Call<'_>) -> Outputs {
    let mut sizes = call.tensor("self")?;
    let rank = sizes.len();
    if rank < 2 {
        return call.mismatch(format!("expected at least 2 dimensions, got {}", shown(&sizes)));
    }
    sizes.swap(rank - 2, rank - 1);
    one(sizes)
}

fn permute(call: &mut Call<'_>) -> Outputs {
    let sizes = call.tensor("self")?;
    let order = dims(call, "dims", sizes.len())?;
    if order.len() != sizes.len() {
        return call.mismatch(format!("dims {order:?} do not name every dimension of {}", shown(&sizes)));
    }
    one(order.into_iter().map(|d| sizes[d].clone()).collect())
}

/// Distinct dimension indices.
fn dims(call: &Call<'_>, name: &'static str, rank: usize) -> Result<Vec<usize>, RuleError> {
    let mut out = Vec::new();
    for dim in call.numbers(name)?.unwrap_or_default() {
        let dim = call.dim(dim, rank)?;
        if out.contains(&dim) {
            return call.mismatch(format!("dimension {dim} appears twice in {name}"));
        }
        out.push(dim);
    }
    Ok(out)
}

fn movedim(call: &mut Call<'_>) -> Outputs {
    let sizes = call.tensor("self")?;
    let (from, to) = (dims(call, "source", sizes.len())?, dims(call, "destination", sizes.len())?);
    if from.len() != to.len() || sizes.is_empty() {
        return call.mismatch("source and destination do not fit".to_owned());
    }
    let mut rest = (0..sizes.len()).filter(|d| !from.contains(d));
    let order = (0..sizes.len()).filter_map(|d| match to.iter().position(|t| *t == d) {
        Some(i) => Some(from[i]),
        None => rest.next(),
    });
    one(order.map(|d| sizes[d].clone()).collect())
}

fn repeat(call: &mut Call<'_>) -> Outputs {
    let (sizes, repeats) = (call.tensor("self")?, call.ints("repeats")?);
    if repeats.len() < sizes.len() {
        return call.mismatch(format!("repeats {} has fewer entries than {}", shown(&repeats), shown(&sizes)));
    }
    one(repeated(call, &sizes, &repeats)?)
}

fn tile(call: &mut Call<'_>) -> Outputs {
    let (sizes, mut repeats) = (call.tensor("self")?, call.ints("dims")?);
    while repeats.len() < sizes.len() {
        repeats.insert(0, Expr::int(1));
    }
    one(repeated(call, &sizes, &repeats)?)
}

fn repeated(call: &Call<'_>, sizes: &[Expr], repeats: &[Expr]) -> Result<Vec<Expr>, RuleError> {
    let skip = repeats.len() - sizes.len();
    let mut out = repeats[..skip].to_vec();
    for (size, times) in sizes.iter().zip(&repeats[skip..]) {
        out.push(call.mul(size, times)?);
    }
    Ok(out)
}

fn diagonal(call: &mut Call<'_>) -> Outputs {
    let mut sizes = call.tensor("self")?;
    let a = call.dim(call.number("dim1", 0)?, sizes.len())?;
    let b = call.dim(call.number("dim2", 1)?, sizes.len())?;
    let offset = call.number("offset", 0)?;
    if a == b || sizes.len() < 2 {
        return call.mismatch(format!("dimensions {a} and {b} of {} are not two", shown(&sizes)));
    }
    let (mut rows, mut columns) = (sizes[a].clone(), sizes[b].clone());
    if offset > 0 {
        columns = call.sub(&columns, &Expr::int(offset))?;
    } else {
        rows = call.add(&rows, &Expr::int(offset))?;
    }
    let length = call.math(Expr::min_of([rows, columns]))?;
    let length = if offset == 0 { length } else { call.math(Expr::max_of([length, Expr::int(0)]))? };
    sizes.remove(a.max(b));
    sizes.remove(a.min(b));
    sizes.push(length);
    one(sizes)
}

fn pad(call: &mut Call<'_>) -> Outputs {
    let (mut sizes, pad) = (call.tensor("self")?, call.ints("pad")?);
    if pad.len() % 2 != 0 || pad.len() / 2 > sizes.len() {
        return call.mismatch(format!("pad {} does not fit {}", shown(&pad), shown(&sizes)));
    }
    let rank = sizes.len();
    for (i, pair) in pad.chunks(2).enumerate() {
        let dim = rank - 1 - i;
        let padded = call.add(&sizes[dim], &pair[0])?;
        sizes[dim] = call.add(&padded, &pair[1])?;
        call.require(symbolic::RelOp::Ge, &sizes[dim].clone(), &Expr::int(0), || {
            format!("padding leaves a negative size at dimension {dim}")
        })?;
    }
    one(sizes)
}
