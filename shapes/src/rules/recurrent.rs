//! Recurrent layers: a sequence, and the states before it.

use super::{Call, Output, Outputs, Row, RuleError, shown};
use symbolic::Expr;

pub(super) const FAMILY: &[Row] = &[
    (&["aten.lstm.input"], |call| {
        let states = call.tensors("hx")?;
        recurrent(call, &states)
    }),
    (&["aten.gru.input", "aten.rnn_tanh.input", "aten.rnn_relu.input"], |call| {
        let state = call.tensor("hx")?;
        recurrent(call, &[state])
    }),
];

/// The outputs of the last layer, and the states after the sequence: `[layers and directions, batch, width]`.
fn recurrent(call: &mut Call<'_>, states: &[Vec<Expr>]) -> Outputs {
    let (batch_dim, directions) = (i64::from(!call.flag("batch_first")?), 1 + i64::from(call.flag("bidirectional")?));
    let rows = Expr::int(directions * call.number("num_layers", 1)?);
    let input = call.tensor("input")?;
    let mut output = three(call, &input)?;
    let mut results = Vec::new();
    for state in states {
        let [layers, batch, width] = three(call, state)?;
        call.same(&layers, &rows, || "the states are not one of each layer and direction".to_owned())?;
        call.same(&output[batch_dim as usize], &batch, || "the batches of the input and of a state".to_owned())?;
        results.push(Output::Tensor(vec![layers, batch, width]));
    }
    // The weights of the first layer: for the input, and for the state.
    if let ([input, own, ..], [state, ..]) = (call.tensors("params")?.as_slice(), states)
        && let ([_, from], [_, width]) = (input.as_slice(), own.as_slice())
    {
        call.same(&output[2], from, || "the widths of the input and of its weights".to_owned())?;
        call.same(&state[2], width, || "the widths of a state and of its weights".to_owned())?;
        output[2] = call.mul(&Expr::int(directions), width)?;
    } else {
        return call.mismatch("there are no weights for the input and the state".to_owned());
    }
    results.insert(0, Output::Tensor(output.to_vec()));
    Ok(results)
}

/// The sizes of a tensor of three dimensions.
fn three(call: &Call<'_>, sizes: &[Expr]) -> Result<[Expr; 3], RuleError> {
    match sizes {
        [a, b, c] => Ok([a.clone(), b.clone(), c.clone()]),
        _ => call.mismatch(format!("{} needs three dimensions", shown(sizes))),
    }
}
