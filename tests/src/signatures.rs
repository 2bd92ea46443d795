//! Random signatures and calls, some of which fit, to compare with `inspect.Signature.bind`.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::subsequence;
use pytree_core::{Parameter, ParameterKind, Signature};

/// A call of a signature: how many arguments are given by position, and the names of the others.
#[derive(Clone, Debug)]
pub struct SignatureCall {
    /// The signature that is called.
    pub signature: Signature,
    /// How many arguments are given by position.
    pub positional: usize,
    /// The names of the other arguments, in order, each once.
    pub named: Vec<&'static str>,
}

/// The names of parameters, and two that no parameter has.
const NAMES: [&str; 9] = ["x", "y", "z", "mask", "scale", "cache", "args", "kwargs", "other"];

/// A random call. It has no positional-only parameters: Python's message for a named one differs from version to version,
/// and no Rust parameter is positional-only.
pub fn any_call() -> impl Strategy<Value = SignatureCall> {
    let plain = (0_usize..4, 0_usize..5, vec(any::<bool>(), 0..3), any::<bool>(), any::<bool>());
    let named = subsequence(NAMES.to_vec(), 0..5).prop_shuffle();
    (plain, 0_usize..6, named).prop_map(|((count, required, by_name, star, double_star), positional, named)| {
        let of = |i: usize, kind, has_default| Parameter { has_default, ..Parameter::new(NAMES[i], kind) };
        let mut parameters: Vec<Parameter> =
            (0..count).map(|i| of(i, ParameterKind::PositionalOrKeyword, i >= required)).collect();
        parameters.extend(star.then(|| Parameter::new("args", ParameterKind::VarPositional)));
        parameters.extend((3..).zip(by_name).map(|(i, default)| of(i, ParameterKind::KeywordOnly, default)));
        parameters.extend(double_star.then(|| Parameter::new("kwargs", ParameterKind::VarKeyword)));
        SignatureCall { signature: Signature::new(parameters), positional, named }
    })
}
