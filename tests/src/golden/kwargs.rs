//! Shapes moved to the named arguments, compared with onnx-diagnostic's.

use crate::json::{Outcome, array, fail, member, pairs, text, unexpected};
use crate::read::{self, Layout};
use crate::recorded::describe;
use pytree_core::flatten;
use serde_json::Value;
use shapes::{InputSet, InputSets, MovedShapes};

pub(super) fn run(case: &Value) -> Outcome {
    let (args, kwargs) = (member(case, "args")?, member(case, "kwargs")?);
    let set = read::args_kwargs(args, kwargs, Layout::Interleaved)?;
    let flat = flatten(&set).map_err(unexpected)?;
    let set = InputSet::new(&flat.spec, flat.leaves.into_iter().map(describe)).map_err(unexpected)?;
    let inputs = match member(case, "signature")? {
        Value::Null => InputSets::new([set]),
        signature => InputSets::new([set]).with_model("Model", read::signature(signature)?),
    };
    let moved = inputs.move_to_kwargs(0, &read::shapes_pair(member(case, "ds")?)?);
    match (moved, case.get("expected"), case.get("error")) {
        (Ok(moved), Some(want), _) => compare(args, kwargs, &moved, want),
        (Err(_), None, Some(_)) => Ok(()),
        (Ok(moved), None, _) => fail(format!("got {}, want an error", moved.shapes.repr())),
        (Err(e), _, _) => Err(unexpected(e)),
    }
}

fn compare(args: &Value, kwargs: &Value, moved: &MovedShapes, want: &Value) -> Outcome {
    // The values themselves never change, only the order of the named ones.
    if args != member(want, "args")? {
        return fail("the case moves values, which move_to_kwargs never does");
    }
    let given = pairs(kwargs)?;
    let by_name = |name: &String| given.iter().find(|(n, _)| n.as_str() == Some(name)).copied();
    let ordered: Vec<_> = moved.names.iter().filter_map(by_name).collect();
    if ordered != pairs(member(want, "kwargs")?)? {
        return fail(format!("kwargs in the order {:?}", moved.names));
    }
    let want_shapes = read::shapes_pair(member(want, "ds")?)?;
    let names = pairs(member(member(want, "ds")?, "kwargs")?)?;
    let names = names.into_iter().map(|(name, _)| text(name)).collect::<Outcome<Vec<_>>>()?;
    let got_names: Vec<_> =
        moved.shapes.as_pair().into_iter().flat_map(|(_, kw)| kw.keys()).map(|k| k.text()).collect();
    if moved.shapes == want_shapes && got_names == names && array(member(member(want, "ds")?, "args")?)?.is_empty() {
        return Ok(());
    }
    fail(format!("got  {}\n   want {}", moved.shapes.repr(), want_shapes.repr()))
}
