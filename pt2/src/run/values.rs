//! Values from the command line.

use super::error::RunError;
use program::{Literal, Value};
use pytree_core::{DType, Leaf};
use serde_json::Value as Json;
use tch::{Kind, Tensor};
use torch_export::dispatch::call;

/// Splits `NAME=VALUE`.
pub(super) fn pair<'t>(text: &'t str, form: &'static str) -> Result<(&'t str, &'t str), RunError> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    pair.ok_or_else(|| RunError::Form { text: text.to_owned(), form })
}

/// A value in Python's or JSON's words.
fn parse(text: &str) -> Option<Json> {
    match text {
        "True" => Some(Json::Bool(true)),
        "False" => Some(Json::Bool(false)),
        "None" => Some(Json::Null),
        text => serde_json::from_str(text).ok(),
    }
}

fn float(text: &str) -> Option<f64> {
    // Rust reads `nan`, `inf` and `-inf` as Python does.
    text.trim().parse().ok()
}

/// An int.
pub(super) fn int(name: &str, text: &str) -> Result<i64, RunError> {
    text.trim().parse().map_err(|error| value_error(name, "an int of 64 bits", format!("{text:?}: {error}")))
}

/// A plain value of any kind. What is not a number, a bool or None is a str.
pub(super) fn literal(text: &str) -> Literal {
    match parse(text) {
        Some(Json::Null) => Leaf::None,
        Some(Json::Bool(value)) => Leaf::Bool(value),
        Some(Json::String(text)) => Leaf::Str(text),
        Some(Json::Number(number)) => match (number.as_i64(), number.as_f64()) {
            (Some(int), _) => Leaf::Int(int),
            (None, Some(float)) => Leaf::Float(float),
            (None, None) => Leaf::Str(text.to_owned()),
        },
        _ => float(text).map_or_else(|| Leaf::Str(text.to_owned()), Leaf::Float),
    }
}

/// A tensor of this element type: a number, or nested lists of numbers.
pub(super) fn tensor(name: &str, text: &str, dtype: DType) -> Result<Tensor, RunError> {
    let expected = format!("a number or nested lists of numbers for a tensor of {dtype}");
    let wrong = |problem: String| value_error(name, &expected, problem);
    let json = match (parse(text), float(text)) {
        (Some(json), _) => json,
        (None, Some(number)) => {
            let tensor = Tensor::f_from_slice(&[number]).and_then(|t| t.f_reshape([0_i64; 0]));
            return convert(name, &tensor.map_err(|error| RunError::torch(name, &error))?, dtype, true);
        }
        (None, None) => return Err(wrong(format!("{text:?} cannot be read"))),
    };
    let (mut sizes, mut numbers) = (Vec::new(), Numbers::default());
    collect(&json, 0, &mut sizes, &mut numbers).map_err(&wrong)?;
    let tensor = match numbers.all_ints {
        true => Tensor::f_from_slice(&numbers.ints),
        false => Tensor::f_from_slice(&numbers.floats),
    };
    let tensor = tensor.and_then(|tensor| tensor.f_reshape(&sizes)).map_err(|error| RunError::torch(name, &error))?;
    convert(name, &tensor, dtype, true)
}

/// Both forms of the numbers, so that large ints are exact.
struct Numbers {
    ints: Vec<i64>,
    floats: Vec<f64>,
    all_ints: bool,
}

impl Default for Numbers {
    fn default() -> Self {
        Numbers { ints: Vec::new(), floats: Vec::new(), all_ints: true }
    }
}

impl Numbers {
    fn push(&mut self, int: Option<i64>, float: f64) {
        self.all_ints &= int.is_some();
        self.ints.push(int.unwrap_or(0));
        self.floats.push(float);
    }
}

fn collect(json: &Json, depth: usize, sizes: &mut Vec<i64>, numbers: &mut Numbers) -> Result<(), String> {
    match json {
        Json::Array(items) => {
            let size = i64::try_from(items.len()).unwrap_or(i64::MAX);
            match sizes.get(depth) {
                None if numbers.ints.is_empty() => sizes.push(size),
                Some(known) if *known == size => {}
                _ => return Err("its lists have different lengths".to_owned()),
            }
            items.iter().try_for_each(|item| collect(item, depth + 1, sizes, numbers))
        }
        _ if depth != sizes.len() => Err("its lists have different depths".to_owned()),
        Json::Bool(value) => {
            numbers.push(Some((*value).into()), f64::from(u8::from(*value)));
            Ok(())
        }
        Json::Number(number) => {
            numbers.push(number.as_i64(), number.as_f64().unwrap_or(f64::NAN));
            Ok(())
        }
        _ => Err(format!("{json} is not a number")),
    }
}

/// The tensor with another element type. `exact`: ints must not change.
pub(super) fn convert(name: &str, tensor: &Tensor, dtype: DType, exact: bool) -> Result<Tensor, RunError> {
    let to = |tensor: &Tensor, dtype: DType| {
        let op = "aten._to_copy.default".parse();
        let op = op.map_err(|error| RunError::Torch { place: name.to_owned(), message: format!("{error}") })?;
        let arguments = [Value::Tensor(tensor), Value::DType(dtype)];
        match call(&op, &arguments).map_err(|source| RunError::dispatch(name, source))?.into_iter().next() {
            Some(Value::Tensor(tensor)) => Ok(tensor),
            _ => Err(RunError::Torch { place: name.to_owned(), message: "the copy is not a tensor".to_owned() }),
        }
    };
    let converted = to(tensor, dtype)?;
    if exact && is_whole(dtype) {
        let given = to(tensor, DType::Float64)?;
        let back = to(&converted, DType::Float64)?;
        // Bools are written as 0 and 1 too.
        if !given.f_equal(&back).map_err(|error| RunError::torch(name, &error))? {
            return Err(value_error(
                name,
                &format!("a tensor of {dtype}"),
                "a number does not fit that type".to_owned(),
            ));
        }
    }
    Ok(converted)
}

/// Whether it is a type of ints or bools.
pub(super) fn is_whole(dtype: DType) -> bool {
    use DType as D;
    matches!(dtype, D::Bool | D::UInt8 | D::Int8 | D::Int16 | D::UInt16 | D::Int32 | D::UInt32 | D::Int64 | D::UInt64)
}

/// The number of a tensor with one element, as an int.
pub(super) fn int_of(name: &str, tensor: &Tensor) -> Result<i64, RunError> {
    let one = tensor.numel() == 1
        && tensor
            .f_kind()
            .is_ok_and(|kind| matches!(kind, Kind::Int64 | Kind::Int | Kind::Int16 | Kind::Int8 | Kind::Uint8));
    if !one {
        return Err(value_error(name, "an int", "the file has a tensor that is not one integer".to_owned()));
    }
    tensor.f_int64_value(&vec![0; tensor.dim()]).map_err(|error| RunError::torch(name, &error))
}

fn value_error(name: &str, expected: &str, problem: String) -> RunError {
    RunError::Value { name: name.to_owned(), expected: expected.to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_in_the_words_of_python_and_json() {
        assert_eq!(literal("3"), Leaf::Int(3));
        assert_eq!(literal("2.5"), Leaf::Float(2.5));
        assert_eq!(literal("-inf"), Leaf::Float(f64::NEG_INFINITY));
        assert_eq!(literal("True"), Leaf::Bool(true));
        assert_eq!(literal("None"), Leaf::None);
        assert_eq!(literal("sum"), Leaf::Str("sum".to_owned()));
    }

    #[test]
    fn tensors_of_nested_lists() {
        let sizes = |text: &str| tensor("x", text, DType::Float32).map(|tensor| tensor.size()).ok();
        assert_eq!(sizes("[[1, 2.5, 3], [4, 5, 6]]"), Some(vec![2, 3]));
        assert_eq!(sizes("7"), Some(vec![]));
        assert_eq!(sizes("nan"), Some(vec![]));
        assert_eq!(sizes("[]"), Some(vec![0]));
        assert_eq!(sizes("[[], []]"), Some(vec![2, 0]));
        for wrong in ["[[1], [2, 3]]", "[1, [2]]", "[[1], 2]", "[\"a\"]", "word"] {
            assert_eq!(sizes(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn ints_that_do_not_fit_are_refused() {
        let value = |text: &str, dtype| tensor("x", text, dtype).map(|tensor| tensor.int64_value(&[])).ok();
        assert_eq!(value("255", DType::UInt8), Some(255));
        assert_eq!(value("256", DType::UInt8), None);
        assert_eq!(value("2.5", DType::Int64), None);
        assert_eq!(value("9007199254740993", DType::Int64), Some(9_007_199_254_740_993));
        assert_eq!(value("true", DType::Bool), Some(1));
        assert_eq!(value("2", DType::Bool), None);
    }
}
