//! The fake run at the example must be the recorded run: the same path, numbers and results.

use super::runs::{End, Run, Runs};
use crate::ExportError;
use crate::record::{OutputLeaf, Place, Stop};

impl Runs<'_> {
    /// Runs the example again without data and compares it with the recorded run, number by number.
    ///
    /// # Errors
    /// [`ExportError::Impure`] if the forward does something else in its second run, [`ExportError::NoFakeRun`] if an op
    /// has other results without data.
    pub(crate) fn check_example(&self) -> Result<(), ExportError> {
        let recorded = self.example_run();
        let again = self.fake(recorded.given());
        for number in 0..again.count().min(recorded.count()) {
            if let (Some(first), Some(second)) = (recorded.number(number), again.number(number))
                && first != second
                && self.counts(number)
            {
                return Err(self.differs(number, first, second));
            }
        }
        if again.is_same() { Ok(()) } else { Err(self.ends(&again)) }
    }

    /// Whether a number says something: the offset depends on the storage of the inputs, and the stride of a dimension with
    /// at most one element is never used.
    fn counts(&self, number: usize) -> bool {
        match self.place(number) {
            Some(Place::Offset { .. }) => false,
            Some(Place::Stride { call, tensor, dim }) => {
                let sizes = self.example().trace.output(call, tensor).map(|output| output.tensor.sizes.as_slice());
                sizes.is_none_or(|sizes| !sizes.contains(&0) && sizes.get(dim) != Some(&1))
            }
            _ => true,
        }
    }

    /// What a number is, for messages.
    pub(crate) fn what_is(&self, number: usize) -> String {
        match self.place(number) {
            Some(Place::Int { call, argument, .. } | Place::Float { call, argument, .. }) => {
                self.argument(call, argument)
            }
            Some(Place::Constant { lifted, .. }) => self.constant(lifted, None),
            Some(
                Place::Size { call, .. }
                | Place::Stride { call, .. }
                | Place::Offset { call, .. }
                | Place::Read { call, .. },
            ) => {
                let op = self.example().trace.calls.get(call).map(|call| call.op.to_string());
                format!("the result of `{}`", op.unwrap_or_default())
            }
            None => "a number among the outputs".to_owned(),
        }
    }

    fn differs(&self, number: usize, first: i64, second: i64) -> ExportError {
        let (shown, shown_again) = (first.to_string(), second.to_string());
        let float = |bits: i64| f64::from_bits(bits as u64).to_string();
        let op = |call: usize| self.example().trace.calls.get(call).map(|call| &call.op);
        match self.place(number) {
            Some(Place::Int { call, argument, .. }) => {
                self.impure(self.argument(call, argument), shown, shown_again, Some(call))
            }
            Some(Place::Float { call, argument, .. }) => {
                self.impure(self.argument(call, argument), float(first), float(second), Some(call))
            }
            Some(Place::Constant { call, lifted, float: is_float }) => {
                let (first, second) = if is_float { (float(first), float(second)) } else { (shown, shown_again) };
                self.impure(self.constant(lifted, call.and_then(op)), first, second, call)
            }
            Some(
                Place::Size { call, .. }
                | Place::Stride { call, .. }
                | Place::Offset { call, .. }
                | Place::Read { call, .. },
            ) => match op(call) {
                Some(op) => self.wrong(op, call, format!("{shown} with data and {shown_again} without")),
                None => self.impure("a result".to_owned(), shown, shown_again, Some(call)),
            },
            None => {
                let output = (0..self.example().outputs.len()).find(|i| self.numbers().output(*i) == Some(number));
                let place = output.map_or("an output".to_owned(), |i| format!("output {i}"));
                let is_float = output
                    .and_then(|i| self.example().outputs.get(i))
                    .is_some_and(|leaf| matches!(leaf, OutputLeaf::Float(_)));
                let (first, second) = if is_float { (float(first), float(second)) } else { (shown, shown_again) };
                self.impure(place, first, second, None)
            }
        }
    }

    /// The error of a second run that ended in another way than the first.
    fn ends(&self, again: &Run) -> ExportError {
        let at = again.completed();
        let named = |op: Option<&program::OpName>| op.map_or("no further op".to_owned(), |op| format!("`{op}`"));
        let other = || ("one value".to_owned(), "another".to_owned());
        match again.end() {
            End::Stopped(Stop::Path { op, instead_of }) => {
                self.impure(format!("call {at}"), named(instead_of.as_ref()), named(op.as_ref()), Some(at))
            }
            End::Stopped(Stop::Arguments { op, argument }) => {
                let place = argument.map_or(format!("an argument of `{op}`"), |argument| self.argument(at, argument));
                let (first, second) = other();
                self.impure(place, first, second, Some(at))
            }
            End::Stopped(Stop::Constant { op, lifted }) => {
                let (first, second) = other();
                self.impure(self.constant(*lifted, op.as_ref()), first, second, Some(at))
            }
            End::Stopped(Stop::Panicked { message, location }) => ExportError::Impure {
                place: "the forward".to_owned(),
                first: "complete".to_owned(),
                second: format!("a panic (`{message}`)"),
                line: location.clone(),
            },
            End::Output { place, first, second } => self.impure(place.clone(), first.clone(), second.clone(), None),
            End::Stopped(Stop::Results { op }) => {
                self.wrong(op, at, "of another number or type without data".to_owned())
            }
            End::Stopped(Stop::Failed { op, message }) => ExportError::NoFakeRun {
                op: op.clone(),
                reason: format!("it fails without data: {message}"),
                line: self.line_of(at),
            },
            _ => self.end_error(again),
        }
    }

    fn impure(&self, place: String, first: String, second: String, call: Option<usize>) -> ExportError {
        ExportError::Impure { place, first, second, line: call.and_then(|call| self.line_of(call)) }
    }

    fn wrong(&self, op: &program::OpName, call: usize, how: String) -> ExportError {
        let reason = format!("its results are {how}, so they are not known at other sizes");
        ExportError::NoFakeRun { op: op.clone(), reason, line: self.line_of(call) }
    }

    fn argument(&self, call: usize, argument: usize) -> String {
        let call = self.example().trace.calls.get(call);
        let named =
            call.and_then(|call| Some(format!("argument `{}` of `{}`", call.args.get(argument)?.name, call.op)));
        named.unwrap_or_else(|| "an argument".to_owned())
    }

    fn constant(&self, lifted: usize, op: Option<&program::OpName>) -> String {
        op.map_or(format!("constant {lifted}"), |op| format!("constant {lifted} that `{op}` uses"))
    }
}
