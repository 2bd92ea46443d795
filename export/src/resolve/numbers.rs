//! Where the numbers of a run stand: the integers and floats of its calls, the sizes and strides of their results, and the
//! numbers among its outputs.

use crate::record::{OutputLeaf, Place, Reference, Sample};
use crate::resolve::numbers::Of::{Argument, Result};

/// The places of all numbers of a run, which are the same for every run on the same path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    calls: Vec<CallNumbers>,
    /// The number that the content of a constant is, and the call that uses it first.
    constants: Vec<(usize, Constant)>,
    outputs: Vec<Option<usize>>,
    /// The call and the kind of each number of a call.
    of: Vec<(usize, Of)>,
}

/// A constant with one element whose content is a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Constant {
    pub(crate) lifted: usize,
    pub(crate) float: bool,
    /// The call that uses it first; `None` if the forward only returns it.
    pub(crate) call: Option<usize>,
}

/// Whether a number belongs to the arguments or to the results of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Argument,
    Result,
}

/// The numbers of one call.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallNumbers {
    /// One list per argument, in the order of the schema.
    pub(crate) arguments: Vec<Vec<usize>>,
    /// One per tensor that it returns.
    pub(crate) results: Vec<ResultNumbers>,
    /// How many numbers a run has that knows the arguments.
    arguments_end: usize,
    /// How many numbers a run has that completed the call.
    end: usize,
}

/// The numbers of a tensor that a call returns.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResultNumbers {
    pub(crate) sizes: Vec<usize>,
    pub(crate) strides: Vec<usize>,
}

impl Numbers {
    /// The places of the numbers of the example.
    pub(crate) fn of(example: &Sample, reference: &Reference<'_>) -> Self {
        let mut numbers = Numbers {
            calls: example
                .trace
                .calls
                .iter()
                .map(|call| CallNumbers {
                    arguments: vec![Vec::new(); call.args.len()],
                    results: vec![ResultNumbers::default(); call.output_tensors().count()],
                    ..CallNumbers::default()
                })
                .collect(),
            ..Numbers::default()
        };
        for (number, place) in reference.places.iter().enumerate() {
            numbers.place(number, *place);
        }
        let mut end = 0;
        for call in &mut numbers.calls {
            call.arguments_end = call.arguments_end.max(end);
            call.end = call.end.max(call.arguments_end);
            end = call.end;
        }
        let mut next = reference.places.len();
        for leaf in &example.outputs {
            let number = matches!(leaf, OutputLeaf::Int(_) | OutputLeaf::Float(_)).then_some(next);
            next += usize::from(number.is_some());
            numbers.outputs.push(number);
        }
        numbers
    }

    fn place(&mut self, number: usize, place: Place) {
        let (call, of) = match place {
            Place::Int { call, .. } | Place::Float { call, .. } => (Some(call), Argument),
            Place::Constant { call, .. } => (call, Argument),
            Place::Size { call, .. }
            | Place::Stride { call, .. }
            | Place::Offset { call, .. }
            | Place::Read { call, .. } => (Some(call), Result),
        };
        if let Place::Constant { call, lifted, float } = place {
            self.constants.push((number, Constant { lifted, float, call }));
        }
        self.of.push((call.unwrap_or(self.calls.len()), of));
        let Some(numbers) = call.and_then(|call| self.calls.get_mut(call)) else { return };
        match place {
            Place::Int { argument, .. } | Place::Float { argument, .. } => {
                numbers.arguments.get_mut(argument).into_iter().for_each(|numbers| numbers.push(number));
            }
            Place::Size { tensor, .. } => {
                numbers.results.get_mut(tensor).into_iter().for_each(|result| result.sizes.push(number));
            }
            Place::Stride { tensor, .. } => {
                numbers.results.get_mut(tensor).into_iter().for_each(|result| result.strides.push(number));
            }
            Place::Constant { .. } | Place::Offset { .. } | Place::Read { .. } => {}
        }
        match of {
            Argument => numbers.arguments_end = number + 1,
            Result => numbers.end = number + 1,
        }
    }

    /// The numbers of an argument.
    pub(crate) fn argument(&self, call: usize, argument: usize) -> &[usize] {
        self.calls.get(call).and_then(|call| call.arguments.get(argument)).map_or(&[], Vec::as_slice)
    }

    /// The numbers of a result tensor.
    pub(crate) fn result(&self, call: usize, tensor: usize) -> ResultNumbers {
        self.calls.get(call).and_then(|call| call.results.get(tensor)).cloned().unwrap_or_default()
    }

    /// The numbers that are contents of constants.
    pub(crate) fn constants(&self) -> impl Iterator<Item = (usize, Constant)> {
        self.constants.iter().copied()
    }

    /// The number of an output.
    pub(crate) fn output(&self, output: usize) -> Option<usize> {
        self.outputs.get(output).copied().flatten()
    }

    /// The call that a number belongs to, if it is one of its results.
    pub(crate) fn result_of(&self, number: usize) -> Option<usize> {
        self.of.get(number).filter(|(_, of)| *of == Result).map(|(call, _)| *call)
    }

    /// Whether a run with so many numbers knows the arguments of a call.
    pub(crate) fn has_arguments(&self, count: usize, call: usize) -> bool {
        self.calls.get(call).is_none_or(|call| count >= call.arguments_end)
    }

    /// Whether a run with so many numbers has completed a call.
    pub(crate) fn has_results(&self, count: usize, call: usize) -> bool {
        self.calls.get(call).is_none_or(|call| count >= call.end)
    }

    /// How many calls a run with so many numbers has completed.
    pub(crate) fn completed(&self, count: usize) -> usize {
        self.calls.partition_point(|call| call.end <= count)
    }
}
