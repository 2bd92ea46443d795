//! Writes the arguments of calls.

use super::SaveError;
use super::schema::{self, Arg, Complex, Float, OptionalTensor, SymBoolArg, SymFloatArg, SymIntArg};
use super::write_graph::GraphWriter;
use super::write_values::{dtype_number, layout_number};
use crate::graph::{Argument, Node, NodeId, Sym};

impl GraphWriter<'_> {
    pub(super) fn argument(&self, node: &Node, argument: &Argument) -> Result<Arg, SaveError> {
        let names = |ids: &[NodeId]| ids.iter().map(|id| self.name(*id)).collect();
        Ok(match argument {
            Argument::None => Arg::AsNone(true),
            Argument::Tensor(id) => Arg::AsTensor(self.name(*id)),
            Argument::Tensors(ids) => Arg::AsTensors(names(ids)),
            Argument::OptionalTensors(ids) => {
                let optional = |id: &Option<NodeId>| {
                    id.map_or(OptionalTensor::AsNone(true), |id| OptionalTensor::AsTensor(self.name(id)))
                };
                Arg::AsOptionalTensors(ids.iter().map(optional).collect())
            }
            Argument::Int(v) => self.sym(v, |v| Arg::AsInt(*v), |name| Arg::AsSymInt(SymIntArg::AsName(name))),
            Argument::Float(v) => {
                self.sym(v, |v| Arg::AsFloat(Float(*v)), |name| Arg::AsSymFloat(SymFloatArg::AsName(name)))
            }
            Argument::Bool(v) => self.sym(v, |v| Arg::AsBool(*v), |name| Arg::AsSymBool(SymBoolArg::AsName(name))),
            // A list that holds a symbol is another kind of argument than one that holds numbers only.
            Argument::Ints(v) => match plain(v) {
                Some(numbers) => Arg::AsInts(numbers),
                None => Arg::AsSymInts(self.syms(v, SymIntArg::AsInt, SymIntArg::AsName)),
            },
            Argument::Floats(v) => match plain(v) {
                Some(numbers) => Arg::AsFloats(numbers.into_iter().map(Float).collect()),
                None => Arg::AsSymFloats(self.syms(v, |v| SymFloatArg::AsFloat(Float(v)), SymFloatArg::AsName)),
            },
            Argument::Bools(v) => match plain(v) {
                Some(numbers) => Arg::AsBools(numbers),
                None => Arg::AsSymBools(self.syms(v, SymBoolArg::AsBool, SymBoolArg::AsName)),
            },
            Argument::Str(v) => Arg::AsString(v.clone()),
            Argument::Strs(v) => Arg::AsStrings(v.clone()),
            Argument::Complex(real, imag) => Arg::AsComplex(Complex { real: Float(*real), imag: Float(*imag) }),
            Argument::DType(dtype) => Arg::AsScalarType(dtype_number(&node.name, *dtype)?),
            Argument::Layout(layout) => Arg::AsLayout(layout_number(&node.name, *layout)?),
            Argument::MemoryFormat(format) => match format.to_pt2() {
                Some(number) => Arg::AsMemoryFormat(number),
                None => return Err(SaveError::NoNumber { name: node.name.clone(), what: format!("torch.{format}") }),
            },
            Argument::Device(device) => Arg::AsDevice((*device).into()),
            Argument::NestedTensors(lists) => Arg::AsNestedTensors(lists.iter().map(|ids| names(ids)).collect()),
            Argument::IntLists(lists) => Arg::AsIntLists(lists.clone()),
            Argument::FloatLists(lists) => {
                Arg::AsFloatLists(lists.iter().map(|list| list.iter().copied().map(Float).collect()).collect())
            }
            Argument::Dict(entries) => {
                let entries = entries.iter().map(|(key, value)| Ok((key.clone(), self.argument(node, value)?)));
                Arg::AsStringToArgument(entries.collect::<Result<_, SaveError>>()?)
            }
            Argument::CustomObject(id) => self.reference(*id),
            Argument::Operator(target) => Arg::AsOperator(target.to_string()),
            Argument::Graph { name, graph } => {
                let inner = GraphWriter { graph, values: self.values };
                Arg::AsGraph(schema::Subgraph { name: name.clone(), graph: Box::new(inner.graph()?) })
            }
        })
    }

    pub(super) fn sym<T>(&self, sym: &Sym<T>, value: impl FnOnce(&T) -> Arg, named: impl FnOnce(String) -> Arg) -> Arg {
        match sym {
            Sym::Value(v) => value(v),
            Sym::Node(id) => named(self.name(*id).name),
        }
    }

    pub(super) fn syms<T: Copy, A>(
        &self,
        syms: &[Sym<T>],
        value: impl Fn(T) -> A,
        named: impl Fn(String) -> A,
    ) -> Vec<A> {
        let one = |sym: &Sym<T>| match sym {
            Sym::Value(v) => value(*v),
            Sym::Node(id) => named(self.name(*id).name),
        };
        syms.iter().map(one).collect()
    }
}

/// The numbers of a list, if none of them is computed by a node.
pub(super) fn plain<T: Copy>(syms: &[Sym<T>]) -> Option<Vec<T>> {
    syms.iter().map(|sym| sym.value().copied()).collect()
}
