//! Writes a program as the members of a `.pt2` file.

use super::SaveError;
use super::archive::Archive;
use super::schema::{self, Arg, Complex, Float, Hint, Name, OptionalTensor, SymExpr, SymInt};
use super::schema::{SymBoolArg, SymFloatArg, SymIntArg};
use super::symbols;
use crate::ExportedProgram;
use crate::data::{Storage, TensorData};
use crate::graph::{Argument, Graph, GraphOutput, Literal, Node, NodeId, NodeKind, NodeValue, Sym};
use crate::signature::{InputKind, OutputKind};
use indexmap::IndexMap;
use pytree_core::{DType, Layout, Leaf, TensorType, TreeSpec};
use std::collections::HashMap;
use std::path::Path;
use symbolic::{Expr, ExprKind, Number, Real, Symbol};

/// The version of PyTorch whose files are written.
const TORCH_VERSION: &str = "2.13.0";

impl ExportedProgram {
    /// Writes the program to a file that `torch.export.load` opens (`torch.export.save`).
    ///
    /// The file is written atomically, and the same program gives the same bytes. It holds JSON and raw tensors, and no
    /// pickle.
    ///
    /// # Errors
    /// [`SaveError`] when the file cannot be written, or when the format cannot hold a part of the program.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SaveError> {
        archive(self)?.write(path.as_ref())
    }

    /// The bytes of the file that [`save`](ExportedProgram::save) writes.
    ///
    /// # Errors
    /// The same as [`save`](ExportedProgram::save), except those of the file system.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SaveError> {
        archive(self)?.to_bytes()
    }
}

fn archive(program: &ExportedProgram) -> Result<Archive, SaveError> {
    symbols::check(program)?;
    let mut archive = Archive::new();
    archive.add("models/model.json", json(&model(program)?)?);
    let values = Values { hints: &program.hints };
    for (kind, prefix, tensors) in
        [("weights", "weight", &program.state_dict), ("constants", "tensor", &program.constants)]
    {
        let (config, files) = values.payloads(prefix, tensors)?;
        archive.add(format!("data/{kind}/model_{kind}_config.json"), json(&config)?);
        for (i, storage) in files.into_iter().enumerate() {
            archive.add(format!("data/{kind}/{prefix}_{i}"), storage);
        }
    }
    // The member has to exist and may be empty: then nothing is unpickled when the file is loaded.
    archive.add("data/sample_inputs/model.pt", Vec::new());
    Ok(archive)
}

fn json(value: &impl serde::Serialize) -> Result<Vec<u8>, SaveError> {
    Ok(serde_json::to_vec(value)?)
}

/// The member `models/model.json`.
fn model(program: &ExportedProgram) -> Result<schema::Program, SaveError> {
    let writer = GraphWriter { graph: &program.graph, values: Values { hints: &program.hints } };
    Ok(schema::Program {
        graph_module: schema::GraphModule {
            graph: writer.graph()?,
            signature: writer.signature(program)?,
            module_call_graph: vec![schema::ModuleCall {
                fqn: String::new(),
                signature: Some(schema::ModuleCallSignature {
                    inputs: Vec::new(),
                    outputs: Vec::new(),
                    in_spec: program.in_spec.to_json()?,
                    out_spec: program.out_spec.to_json()?,
                    forward_arg_names: Some(program.argument_names.clone()),
                }),
            }],
            metadata: IndexMap::new(),
            treespec_namedtuple_fields: namedtuple_fields([&program.in_spec, &program.out_spec]),
        },
        opset_version: IndexMap::from([("aten".to_owned(), 10)]),
        range_constraints: symbols::ranges(program),
        schema_version: schema::SCHEMA_VERSION,
        verifiers: vec!["TRAINING".to_owned()],
        torch_version: TORCH_VERSION.to_owned(),
        guards_code: program.guards.iter().map(|guard| guard.code.clone()).collect(),
    })
}

/// Writes one graph and its sub-graphs.
struct GraphWriter<'p> {
    graph: &'p Graph,
    values: Values<'p>,
}

impl<'p> GraphWriter<'p> {
    fn name(&self, id: NodeId) -> Name {
        Name { name: self.graph.node(id).name.clone() }
    }

    fn graph(&self) -> Result<schema::Graph, SaveError> {
        let items = self.items();
        let mut graph = schema::Graph::default();
        for (id, node) in self.graph.enumerate() {
            let name = || node.name.clone();
            match &node.value {
                NodeValue::Tensor(tensor) => {
                    graph.tensor_values.insert(name(), self.values.tensor_meta(&node.name, tensor)?);
                }
                NodeValue::Int(expr) => {
                    graph.sym_int_values.insert(name(), self.values.sym_int(&node.name, expr)?);
                }
                NodeValue::Float(expr) => {
                    graph.sym_float_values.insert(name(), self.values.sym_float(&node.name, expr)?);
                }
                NodeValue::Bool(rel) => {
                    let expr = SymExpr { expr_str: rel.srepr(), hint: None };
                    graph.sym_bool_values.insert(name(), schema::SymBool::AsExpr(expr));
                }
                NodeValue::Several { .. } | NodeValue::Literal(_) | NodeValue::Nothing => {}
            }
            if let NodeKind::Call { target, arguments } = &node.kind {
                let inputs = arguments.iter().map(|argument| {
                    let kind = if argument.keyword { schema::KEYWORD } else { schema::POSITIONAL };
                    let arg = self.argument(node, &argument.value)?;
                    Ok(schema::NamedArg { name: argument.name.clone(), arg, kind: Some(kind) })
                });
                graph.nodes.push(schema::Node {
                    target: target.to_string(),
                    inputs: inputs.collect::<Result<_, SaveError>>()?,
                    outputs: self.results(id, node, &items),
                    metadata: node.frame.iter().map(|f| ("stack_trace".to_owned(), f.stack_trace())).collect(),
                    is_hop_single_tensor_return: None,
                    name: Some(node.name.clone()),
                });
            }
        }
        graph.inputs = self.graph.placeholders().map(|(id, _)| self.reference(id)).collect();
        let outputs = self.graph.outputs.iter().enumerate().map(|(i, output)| self.output(i, output));
        graph.outputs = outputs.collect::<Result<_, _>>()?;
        Ok(graph)
    }

    /// The names of the items of every call, by the call and the index of the result.
    fn items(&self) -> HashMap<(NodeId, usize), &'p str> {
        let item = |node: &'p Node| match node.kind {
            NodeKind::Item { of, index } => Some(((of, index), node.name.as_str())),
            _ => None,
        };
        self.graph.nodes.iter().rev().filter_map(item).collect()
    }

    /// A reference to the value of a node: its name, or the plain value of a constant input.
    fn reference(&self, id: NodeId) -> Arg {
        let Name { name } = self.name(id);
        match &self.graph.node(id).value {
            NodeValue::Int(_) => Arg::AsSymInt(SymIntArg::AsName(name)),
            NodeValue::Float(_) => Arg::AsSymFloat(SymFloatArg::AsName(name)),
            NodeValue::Bool(_) => Arg::AsSymBool(SymBoolArg::AsName(name)),
            NodeValue::Literal(literal) => literal_arg(literal),
            NodeValue::Tensor(_) | NodeValue::Several { .. } | NodeValue::Nothing => Arg::AsTensor(Name { name }),
        }
    }

    fn output(&self, index: usize, output: &GraphOutput) -> Result<Arg, SaveError> {
        match output {
            GraphOutput::Node(id) => Ok(self.reference(*id)),
            GraphOutput::Literal(Leaf::Str(_)) => Err(SaveError::StrOutput(index)),
            GraphOutput::Literal(literal) => Ok(literal_arg(literal)),
        }
    }

    /// The results of a call. If it returns several, each has the name of its item.
    fn results(&self, id: NodeId, node: &Node, items: &HashMap<(NodeId, usize), &str>) -> Vec<Arg> {
        match &node.value {
            NodeValue::Several { count, list } => {
                let names = (0..*count).map(|i| {
                    let item = items.get(&(id, i)).map(|name| (*name).to_owned());
                    Name { name: item.unwrap_or_else(|| format!("{}_unused_{i}", node.name)) }
                });
                if *list { vec![Arg::AsTensors(names.collect())] } else { names.map(Arg::AsTensor).collect() }
            }
            NodeValue::Literal(_) | NodeValue::Nothing => Vec::new(),
            _ => vec![self.reference(id)],
        }
    }

    fn argument(&self, node: &Node, argument: &Argument) -> Result<Arg, SaveError> {
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
            Argument::Graph { name, graph } => {
                let inner = GraphWriter { graph, values: self.values };
                Arg::AsGraph(schema::Subgraph { name: name.clone(), graph: Box::new(inner.graph()?) })
            }
        })
    }

    fn sym<T>(&self, sym: &Sym<T>, value: impl FnOnce(&T) -> Arg, named: impl FnOnce(String) -> Arg) -> Arg {
        match sym {
            Sym::Value(v) => value(v),
            Sym::Node(id) => named(self.name(*id).name),
        }
    }

    fn syms<T: Copy, A>(&self, syms: &[Sym<T>], value: impl Fn(T) -> A, named: impl Fn(String) -> A) -> Vec<A> {
        let one = |sym: &Sym<T>| match sym {
            Sym::Value(v) => value(*v),
            Sym::Node(id) => named(self.name(*id).name),
        };
        syms.iter().map(one).collect()
    }

    fn signature(&self, program: &ExportedProgram) -> Result<schema::Signature, SaveError> {
        let signature = &program.signature;
        let inputs = signature.inputs.iter().map(|spec| {
            let arg = self.name(spec.node);
            match (&spec.kind, &self.graph.node(spec.node).value) {
                (InputKind::UserInput, NodeValue::Literal(literal)) => {
                    schema::InputSpec::ConstantInput { name: arg.name, value: literal_arg(literal) }
                }
                (InputKind::UserInput, _) => schema::InputSpec::UserInput { arg: self.reference(spec.node) },
                (InputKind::Parameter { name }, _) => {
                    schema::InputSpec::Parameter { arg, parameter_name: name.clone() }
                }
                (InputKind::Buffer { name, persistent }, _) => {
                    schema::InputSpec::Buffer { arg, buffer_name: name.clone(), persistent: *persistent }
                }
                (InputKind::ConstantTensor { name }, _) => {
                    schema::InputSpec::TensorConstant { arg, tensor_constant_name: name.clone() }
                }
            }
        });
        let outputs = signature.outputs.iter().enumerate().map(|(i, spec)| {
            let arg = match &spec.value {
                GraphOutput::Node(id) => self.name(*id),
                GraphOutput::Literal(_) => Name { name: String::new() },
            };
            Ok(match &spec.kind {
                OutputKind::UserOutput => match self.output(i, &spec.value)? {
                    // The signature has no kind for it.
                    Arg::AsSymBool(_) => return Err(SaveError::BoolOutput(i)),
                    arg => schema::OutputSpec::UserOutput { arg },
                },
                OutputKind::BufferMutation { buffer } => {
                    schema::OutputSpec::BufferMutation { arg, buffer_name: buffer.clone() }
                }
                OutputKind::UserInputMutation { input } => {
                    schema::OutputSpec::UserInputMutation { arg, user_input_name: input.clone() }
                }
            })
        });
        Ok(schema::Signature {
            input_specs: inputs.collect(),
            output_specs: outputs.collect::<Result<_, SaveError>>()?,
        })
    }
}

/// The numbers of a list, if none of them is computed by a node.
fn plain<T: Copy>(syms: &[Sym<T>]) -> Option<Vec<T>> {
    syms.iter().map(|sym| sym.value().copied()).collect()
}

/// Writes expressions, with their values in the example as hints.
#[derive(Clone, Copy)]
struct Values<'p> {
    hints: &'p IndexMap<Symbol, i64>,
}

impl Values<'_> {
    fn sym_int(self, name: &str, expr: &Expr) -> Result<SymInt, SaveError> {
        if let Some(value) = expr.as_int() {
            return Ok(SymInt::AsInt(value));
        }
        let hint = self.hint(name, expr)?.map(|hint| match hint {
            Number::Int(v) => Hint::AsInt(v),
            Number::Real(v) => Hint::AsFloat(Float(v)),
        });
        Ok(SymInt::AsExpr(SymExpr { expr_str: expr.srepr(), hint }))
    }

    fn sym_float(self, name: &str, expr: &Expr) -> Result<schema::SymFloat, SaveError> {
        if let ExprKind::Real(Real(value)) = expr.kind() {
            return Ok(schema::SymFloat::AsFloat(Float(*value)));
        }
        let hint = self.hint(name, expr)?.map(|hint| Hint::AsFloat(Float(hint.to_real())));
        Ok(schema::SymFloat::AsExpr(SymExpr { expr_str: expr.srepr(), hint }))
    }

    /// The value of an expression in the example; `None` if it follows from values that are read from tensors.
    fn hint(self, name: &str, expr: &Expr) -> Result<Option<Number>, SaveError> {
        let read = |symbol: &Symbol| !symbol.is_positive() && !self.hints.contains_key(symbol);
        if expr.has_symbol(read) {
            return Ok(None);
        }
        let hint = expr.eval_number(&|symbol| self.hints.get(symbol).copied().map(Number::Int));
        hint.map(Some).map_err(|source| SaveError::Expr { name: name.to_owned(), source })
    }

    fn tensor_meta(self, name: &str, tensor: &TensorType<Expr>) -> Result<schema::TensorMeta, SaveError> {
        let TensorType { sizes, strides, storage_offset, .. } = tensor.try_map(|expr| self.sym_int(name, expr))?;
        Ok(schema::TensorMeta {
            dtype: dtype_number(name, tensor.dtype)?,
            sizes,
            requires_grad: tensor.requires_grad,
            device: tensor.device.into(),
            strides,
            storage_offset,
            layout: layout_number(name, tensor.layout)?,
        })
    }

    /// The table of stored tensors and the storages that it names: one file per distinct storage and element type.
    fn payloads(
        self,
        prefix: &str,
        tensors: &IndexMap<String, TensorData>,
    ) -> Result<(schema::PayloadConfig, Vec<Storage>), SaveError> {
        let mut files: IndexMap<(*const u8, DType), Storage> = IndexMap::new();
        let mut config = IndexMap::new();
        for (name, data) in tensors {
            let dtype = data.tensor.dtype;
            let entry = files.entry((data.storage.0.as_ptr(), dtype));
            let path_name = format!("{prefix}_{}", entry.index());
            entry.or_insert_with(|| data.storage.clone());
            let tensor_meta = self.tensor_meta(name, &data.tensor.map(|n| Expr::int(*n)))?;
            let payload = schema::Payload {
                path_name,
                is_param: data.is_parameter,
                use_pickle: false,
                tensor_meta: Some(tensor_meta),
            };
            config.insert(name.clone(), payload);
        }
        Ok((schema::PayloadConfig { config }, files.into_values().collect()))
    }
}

fn dtype_number(name: &str, dtype: DType) -> Result<u8, SaveError> {
    dtype.to_pt2().ok_or_else(|| SaveError::DType { name: name.to_owned(), dtype })
}

fn layout_number(name: &str, layout: Layout) -> Result<u8, SaveError> {
    layout.to_pt2().ok_or_else(|| SaveError::NoNumber { name: name.to_owned(), what: format!("torch.{layout}") })
}

fn literal_arg(literal: &Literal) -> Arg {
    match literal {
        Leaf::None => Arg::AsNone(true),
        Leaf::Int(v) => Arg::AsInt(*v),
        Leaf::Float(v) => Arg::AsFloat(Float(*v)),
        Leaf::Bool(v) => Arg::AsBool(*v),
        Leaf::Str(v) => Arg::AsString(v.clone()),
        Leaf::Tensor(never) => match *never {},
    }
}

/// The field names of every namedtuple in these specs, since treespec JSON has only the names of the classes.
fn namedtuple_fields(specs: [&TreeSpec; 2]) -> IndexMap<String, schema::NamedTupleFields> {
    let classes = specs.into_iter().flat_map(TreeSpec::namedtuples);
    classes
        .filter_map(|class| {
            let field_names = class.fields.as_ref()?.iter().map(str::to_owned).collect();
            Some((class.name.to_string(), schema::NamedTupleFields { field_names }))
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;
    use crate::graph::{NamedArgument, Target};
    use crate::signature::{GraphSignature, InputSpec};

    #[test]
    fn a_written_program_is_read_as_the_same_json() {
        let size = Expr::size("s0");
        let value = NodeValue::Tensor(TensorType::contiguous(DType::Float32, [2]).map(|_| size.clone()));
        let mut inner = Graph::default();
        inner.push(Node::new("x", NodeKind::Placeholder, value.clone()));
        let mut graph = Graph::default();
        let x = graph.push(Node::new("x", NodeKind::Placeholder, value));
        let argument = |value| NamedArgument::positional("", value);
        let arguments = vec![
            argument(Argument::Graph { name: "body_graph_0".to_owned(), graph: Box::new(inner) }),
            argument(Argument::OptionalTensors(vec![None, Some(x)])),
            argument(Argument::Floats(vec![Sym::Value(f64::NAN)])),
        ];
        let target = Target::HigherOrder("scan".to_owned());
        graph.push(Node::new("scan", NodeKind::Call { target, arguments }, NodeValue::Int(size.clone())));
        graph.outputs = vec![GraphOutput::Node(x), GraphOutput::Literal(Literal::None)];
        let inputs = vec![InputSpec { node: x, kind: InputKind::Buffer { name: "b".to_owned(), persistent: true } }];
        let signature = GraphSignature { inputs, outputs: Vec::new() };
        let mut program = ExportedProgram::new(graph, signature, TreeSpec::leaf(), TreeSpec::leaf());
        program.hints.insert(size.as_symbol().unwrap().clone(), 5);
        let written = json(&model(&program).unwrap()).unwrap();
        let read: schema::Program = serde_json::from_slice(&written).unwrap();
        assert_eq!(String::from_utf8(json(&read).unwrap()).unwrap(), String::from_utf8(written).unwrap());
    }
}
