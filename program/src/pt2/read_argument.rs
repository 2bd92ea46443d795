//! Reads the arguments of calls.

use super::error::{ContentError, Failure, cut};
use super::json::is_deep;
use super::read_graph::{DEEPEST, GraphReader};
use super::schema::{Float, SymBoolArg, SymFloatArg, SymIntArg};
use super::unread::{self, Arg, Name, OptionalTensor, Raw};
use super::values;
use crate::graph::{Argument, HIGHER_ORDER, NodeId, PREDISPATCH, PythonFunction, Sym, Target};
use crate::op::OpName;
use indexmap::IndexMap;

/// The path of the fields of an argument.
const PLACE: &str = "graph_module.graph.nodes.inputs.arg.";

impl<'j> GraphReader<'_, '_, 'j> {
    /// Reads an argument of the node at `place`, which is inside of this many dicts.
    pub(super) fn argument(&mut self, arg: Arg<'j>, place: &str, depth: usize) -> Result<Argument, Failure> {
        let json = self.json();
        Ok(match arg {
            Arg::AsNone(_) => Argument::None,
            Arg::AsTensor(name) => Argument::Tensor(self.id(&name.name)?),
            Arg::AsTensors(names) => Argument::Tensors(self.named(names)?),
            Arg::AsNestedTensors(lists) => Argument::NestedTensors(json.list(lists, PLACE, |names| self.named(names))?),
            Arg::AsOptionalTensor(_) => {
                return Err(
                    ContentError::unsupported("an optional tensor as an argument, which PyTorch cannot load").into()
                );
            }
            Arg::AsOptionalTensors(names) => {
                let ids = json.list(names, PLACE, |name| match name {
                    OptionalTensor::AsNone(_) => Ok(None),
                    OptionalTensor::AsTensor(name) => self.id(&name.name).map(Some),
                });
                Argument::OptionalTensors(ids?)
            }
            Arg::AsInt(value) => Argument::Int(Sym::Value(value)),
            Arg::AsInts(values) => Argument::Ints(json.list(values, PLACE, plain)?),
            Arg::AsIntLists(lists) => Argument::IntLists(json.list(lists, PLACE, |list| json.list(list, PLACE, same))?),
            Arg::AsFloat(value) => Argument::Float(Sym::Value(value.0)),
            Arg::AsFloats(values) => Argument::Floats(json.list(values, PLACE, |value: Float| plain(value.0))?),
            Arg::AsFloatLists(lists) => {
                let list = |list| json.list(list, PLACE, |value: Float| same(value.0));
                Argument::FloatLists(json.list(lists, PLACE, list)?)
            }
            Arg::AsBool(value) => Argument::Bool(Sym::Value(value)),
            Arg::AsBools(values) => Argument::Bools(json.list(values, PLACE, plain)?),
            Arg::AsString(text) => {
                json.budget.take(text.len())?;
                Argument::Str(text)
            }
            Arg::AsStrings(texts) => Argument::Strs(json.texts(texts)?),
            Arg::AsStringToArgument(entries) => {
                if depth == DEEPEST || depth == 0 && is_deep(entries) {
                    return Err(ContentError::unsupported("a dict that is nested as deeply").into());
                }
                let mut arguments = IndexMap::new();
                json.entries(entries, PLACE, |key, arg| {
                    json.budget.take(key.len())?;
                    json.budget.entry::<(String, Argument)>()?;
                    arguments.insert(key.into_owned(), self.argument(arg, place, depth + 1)?);
                    Ok::<_, Failure>(())
                })?;
                Argument::Dict(arguments)
            }
            Arg::AsSymInt(value) => Argument::Int(self.sym_int(value)?),
            Arg::AsSymInts(values) => Argument::Ints(json.list(values, PLACE, |value| self.sym_int(value))?),
            Arg::AsSymFloat(value) => Argument::Float(self.sym_float(value)?),
            Arg::AsSymFloats(values) => Argument::Floats(json.list(values, PLACE, |value| self.sym_float(value))?),
            Arg::AsSymBool(value) => Argument::Bool(self.sym_bool(value)?),
            Arg::AsSymBools(values) => Argument::Bools(json.list(values, PLACE, |value| self.sym_bool(value))?),
            Arg::AsScalarType(number) => Argument::DType(values::dtype(number)?),
            Arg::AsDevice(device) => Argument::Device(values::device(&device)?),
            Arg::AsLayout(number) => Argument::Layout(values::layout(number)?),
            Arg::AsMemoryFormat(number) => Argument::MemoryFormat(values::memory_format(number)?),
            Arg::AsComplex(value) => Argument::Complex(value.real.0, value.imag.0),
            Arg::AsCustomObj(object) => Argument::CustomObject(self.id(&object.name)?),
            Arg::AsOperator(target) => Argument::Operator(parse_target(&target)?),
            Arg::AsGraph(subgraph) => {
                let is_outermost = self.depth == 0;
                if self.depth == DEEPEST || is_outermost && is_deep(subgraph.graph) {
                    return Err(ContentError::unsupported("a graph that is nested as deeply").into());
                }
                json.budget.take(subgraph.name.len())?;
                self.create(&subgraph.name)?;
                let graph: unread::Graph<'j> =
                    json.part(subgraph.graph, "graph_module.graph.nodes.inputs.arg.graph.")?;
                let path = format!("{} of {place}: ", cut(&subgraph.name));
                let (graph, _) = GraphReader::read(&graph, self.values, self.constants, path, self.depth + 1)?;
                Argument::Graph { name: subgraph.name, graph: Box::new(graph) }
            }
        })
    }

    /// The nodes with the names of a list.
    fn named(&self, names: Raw<'j>) -> Result<Vec<NodeId>, ContentError> {
        self.json().list(names, PLACE, |name: Name<'j>| self.id(&name.name))
    }

    fn sym_int(&self, value: SymIntArg) -> Result<Sym<i64>, ContentError> {
        Ok(match value {
            SymIntArg::AsInt(value) => Sym::Value(value),
            SymIntArg::AsName(name) => Sym::Node(self.id(&name)?),
        })
    }

    fn sym_float(&self, value: SymFloatArg) -> Result<Sym<f64>, ContentError> {
        Ok(match value {
            SymFloatArg::AsFloat(value) => Sym::Value(value.0),
            SymFloatArg::AsName(name) => Sym::Node(self.id(&name)?),
        })
    }

    fn sym_bool(&self, value: SymBoolArg) -> Result<Sym<bool>, ContentError> {
        Ok(match value {
            SymBoolArg::AsBool(value) => Sym::Value(value),
            SymBoolArg::AsName(name) => Sym::Node(self.id(&name)?),
        })
    }
}

fn plain<T>(value: T) -> Result<Sym<T>, ContentError> {
    Ok(Sym::Value(value))
}

fn same<T>(value: T) -> Result<T, ContentError> {
    Ok(value)
}

/// The function with this name in a file.
pub(super) fn parse_target(text: &str) -> Result<Target, ContentError> {
    let unknown = || ContentError::Target { target: cut(text) };
    let is_word = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if let Some(name) = text.strip_prefix(HIGHER_ORDER) {
        return if is_word(name) { Ok(Target::HigherOrder(name.to_owned())) } else { Err(unknown()) };
    }
    if let Some(name) = text.strip_prefix(PREDISPATCH) {
        return if is_word(name) { Ok(Target::Predispatch(name.to_owned())) } else { Err(unknown()) };
    }
    if text.starts_with("torch.ops.") && text.matches('.').count() == 4 {
        return text.parse::<OpName>().map(Target::Op).map_err(|_| unknown());
    }
    PythonFunction::from_path(text).map(Target::Python).ok_or_else(unknown)
}
