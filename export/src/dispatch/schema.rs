//! The schemas of ops.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::error::DispatchError;
use super::ffi::{self, ShimError};
use super::wire::{Reader, WireError};
use program::{OpName, Value};

/// The signature of one op overload (`torch._C.FunctionSchema`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Schema {
    /// The op.
    pub op: OpName,
    /// Its arguments, positional ones first.
    pub arguments: Vec<SchemaArgument>,
    /// Its results.
    pub returns: Vec<SchemaReturn>,
    /// Whether the sizes of its results may depend on the values of its arguments (`torch.Tag.dynamic_output_shape`).
    pub sizes_from_data: bool,
    /// Whether it returns the content of a tensor as a number, which leaves the graph (`torch.Tag.data_dependent_output`).
    pub reads_data: bool,
    /// Whether it is made of other ops. Such an op may return its argument, although its schema does not say so.
    pub(crate) composite: bool,
    /// Whether it can draw random numbers (`torch.Tag.nondeterministic_seeded`).
    pub(crate) random: bool,
}

/// Ops without the tag that call an op whose sizes depend on data.
const SIZES_FROM_DATA: [&str; 6] = [
    "aten._pack_padded_sequence.default",
    "aten._pad_packed_sequence.default",
    "aten.nonzero_numpy.default",
    "aten.repeat_interleave.self_Tensor",
    "aten.tensor_split.tensor_indices_or_sections",
    "aten.where.default",
];

/// Ops that write to arguments although their schemas do not say so: the arguments, and the flag without which they do not.
const WRITTEN: [(&[&str], &[&str], Option<&str>); 3] = [
    (
        &["batch_norm", "native_batch_norm", "_batch_norm_impl_index", "cudnn_batch_norm", "miopen_batch_norm"],
        &["running_mean", "running_var"],
        Some("training"),
    ),
    (&["instance_norm"], &["running_mean", "running_var"], Some("use_input_stats")),
    (
        &["batch_norm_gather_stats", "batch_norm_gather_stats_with_counts", "batch_norm_update_stats"],
        &["running_mean", "running_var"],
        None,
    ),
];

/// One argument of an op.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SchemaArgument {
    /// Its name: `self`, `dim`.
    pub name: String,
    /// Its type in schema notation: `Tensor`, `SymInt[]?`, `ScalarType?`.
    pub type_name: String,
    /// Whether Python takes it by keyword only.
    pub kwarg_only: bool,
    /// Whether the op writes to it: `Tensor(a!)`.
    pub mutated: bool,
    /// Its default value.
    pub default: Option<Value<Infallible>>,
}

/// One result of an op.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SchemaReturn {
    /// Its name, which is usually empty.
    pub name: String,
    /// Its type in schema notation.
    pub type_name: String,
    /// The index of the argument that it is or views, if any.
    pub aliases: Option<usize>,
    /// Whether it is that argument itself, after a write: `Tensor(a!)`.
    pub mutated: bool,
}

impl Schema {
    /// The schema of an op (`torch.ops.aten.add.Tensor._schema`). Each op is looked up once per process.
    ///
    /// # Errors
    /// [`DispatchError::NoSuchOp`] when libtorch does not have the op, [`DispatchError::Foreign`] when a program cannot hold
    /// one of its default values.
    pub fn of(op: &OpName) -> Result<Arc<Schema>, DispatchError> {
        static CACHE: OnceLock<Mutex<HashMap<OpName, Arc<Schema>>>> = OnceLock::new();
        let cache = CACHE.get_or_init(Mutex::default);
        let lock = || cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(schema) = lock().get(op) {
            return Ok(Arc::clone(schema));
        }
        let schema = Arc::new(read(op)?);
        lock().insert(op.clone(), Arc::clone(&schema));
        Ok(schema)
    }

    /// The argument of this name, with its index.
    pub fn argument(&self, name: &str) -> Option<(usize, &SchemaArgument)> {
        self.arguments.iter().enumerate().find(|(_, argument)| argument.name == name)
    }

    /// Whether a call writes to this argument. `flag` says which value a bool has in the call. The statistics of a batch norm in
    /// training mode are written to, although the schema does not say so.
    pub(crate) fn writes_to(&self, argument: &SchemaArgument, flag: impl Fn(&str) -> Option<bool>) -> bool {
        let named = |names: &[&str], name: &str| names.contains(&name);
        let mut unsaid =
            WRITTEN.iter().filter(|(ops, arguments, _)| named(ops, self.op.name()) && named(arguments, &argument.name));
        argument.mutated || unsaid.any(|(_, _, when)| when.is_none_or(|when| flag(when) != Some(false)))
    }

    /// Whether the op writes to one of its arguments.
    pub fn mutates(&self) -> bool {
        self.arguments.iter().any(|argument| argument.mutated)
    }

    /// Puts named arguments into schema order and fills absent ones with their defaults, as [`call`](super::call()) takes
    /// them.
    ///
    /// # Errors
    /// [`DispatchError::BadArgument`] for a name that the op does not have or that is given twice, and for an absent
    /// argument without a default.
    pub fn arrange<'n, T>(
        &self,
        named: impl IntoIterator<Item = (&'n str, Value<T>)>,
    ) -> Result<Vec<Value<T>>, DispatchError> {
        let bad = |argument: &str, expected: &str, given: &str| DispatchError::BadArgument {
            op: self.op.clone(),
            argument: argument.to_owned(),
            expected: expected.to_owned(),
            given: given.to_owned(),
        };
        let mut slots: Vec<Option<Value<T>>> = self.arguments.iter().map(|_| None).collect();
        for (name, value) in named {
            let place = self.argument(name).and_then(|(index, _)| slots.get_mut(index));
            match place {
                None => return Err(bad(name, "an argument of the schema", "an unknown name")),
                Some(Some(_)) => return Err(bad(name, "given once", "twice")),
                Some(slot) => *slot = Some(value),
            }
        }
        slots
            .into_iter()
            .zip(&self.arguments)
            .map(|(slot, argument)| match (slot, &argument.default) {
                (Some(value), _) => Ok(value),
                (None, Some(default)) => Ok(default.clone().map(|never| match never {})),
                (None, None) => Err(bad(&argument.name, &argument.type_name, "absent")),
            })
            .collect()
    }
}

fn read(op: &OpName) -> Result<Schema, DispatchError> {
    let (name, overload) = op.dispatcher_names();
    let bytes = ffi::schema(&name, &overload).map_err(|error| match error {
        ShimError::NoSuchOp => DispatchError::NoSuchOp { op: op.clone() },
        other => DispatchError::tensor(other),
    })?;
    let mut reader = Reader::new(&bytes);
    let mut side = || reader.list(entry).map_err(|e| DispatchError::wire(op, "schema", &e));
    let (arguments, returns) = (side()?, side()?);
    let mut flag = || reader.flag().map_err(|e| DispatchError::wire(op, "schema", &e));
    let (tagged, reads_data, composite, random) = (flag()?, flag()?, flag()?, flag()?);
    let returns = returns
        .into_iter()
        .map(|entry| SchemaReturn {
            aliases: arguments.iter().position(|a| a.aliases.iter().any(|set| entry.aliases.contains(set))),
            name: entry.argument.name,
            type_name: entry.argument.type_name,
            mutated: entry.argument.mutated,
        })
        .collect();
    let arguments = arguments.into_iter().map(|entry| entry.argument).collect();
    let sizes_from_data = tagged || SIZES_FROM_DATA.contains(&op.to_string().as_str());
    Ok(Schema { op: op.clone(), arguments, returns, sizes_from_data, reads_data, composite, random })
}

/// An argument or return, with the letters of its alias sets.
struct Entry {
    argument: SchemaArgument,
    aliases: Vec<String>,
}

fn entry(reader: &mut Reader<'_>) -> Result<Entry, WireError> {
    let name = reader.text()?;
    let type_name = reader.text()?;
    let kwarg_only = reader.flag()?;
    let mutated = reader.flag()?;
    let aliases = reader.list(Reader::text)?;
    let default = if reader.flag()? { Some(reader.value(|_| Err(WireError::Garbled))?) } else { None };
    Ok(Entry { argument: SchemaArgument { name, type_name, kwarg_only, mutated, default }, aliases })
}
