//! Writes a program as the members of a `.pt2` file.

use super::SaveError;
use super::archive::Members;
use super::fx_names::snake_case;
use super::read_graph::function_name;
use super::schema::{self, Arg, Complex, Float, Hint, Name, OptionalTensor, SymExpr, SymInt};
use super::schema::{SymBoolArg, SymFloatArg, SymIntArg};
use super::symbols;
use crate::ExportedProgram;
use crate::data::{Pickled, Storage, TensorData};
use crate::graph::{Argument, Graph, GraphOutput, Literal, Node, NodeId, NodeKind, NodeValue, Sym, Target};
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
    /// The file is written atomically: it is replaced when all is written, and keeps its mode. A link stays and what it points
    /// to is replaced; a pipe or a device is written to in order. The same program gives the same bytes. The file holds JSON
    /// and raw tensors, and no pickle.
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

fn archive(program: &ExportedProgram) -> Result<Members, SaveError> {
    symbols::check(program)?;
    let mut archive = Members::new();
    archive.add("models/model.json", json(&model(program)?)?);
    let values = Values { program };
    for (kind, prefix, tensors) in
        [("weights", "weight", &program.state_dict), ("constants", "tensor", &program.constants)]
    {
        let (config, files) = values.payloads(prefix, tensors)?;
        archive.add(format!("data/{kind}/model_{kind}_config.json"), json(&config)?);
        for (path, storage) in files {
            archive.add(format!("data/{kind}/{path}"), storage);
        }
    }
    // The member has to exist and may be empty: then nothing is unpickled when the file is loaded.
    match &program.sample_inputs {
        Some(pickle) => archive.add("data/sample_inputs/model.pt", checked("the sample inputs", pickle)?),
        None => archive.add("data/sample_inputs/model.pt", Vec::new()),
    }
    for (name, bytes) in &program.extra_files {
        archive.add(format!("extra/{name}"), checked(name, bytes)?);
    }
    Ok(archive)
}

/// Bytes to copy, if they are those that were written to the file that they are from.
fn checked(name: &str, bytes: &Storage) -> Result<Storage, SaveError> {
    bytes.verify().map_err(|source| SaveError::Damaged { name: name.to_owned(), source })?;
    Ok(bytes.clone())
}

fn json(value: &impl serde::Serialize) -> Result<Vec<u8>, SaveError> {
    Ok(serde_json::to_vec(value)?)
}

/// The member `models/model.json`.
fn model(program: &ExportedProgram) -> Result<schema::Program, SaveError> {
    let writer = GraphWriter { graph: &program.graph, values: Values { program } };
    Ok(schema::Program {
        graph_module: schema::GraphModule {
            graph: writer.graph()?,
            signature: writer.signature(program)?,
            module_call_graph: writer.module_calls(program)?,
            metadata: program.metadata.clone(),
            treespec_namedtuple_fields: namedtuple_fields(specs(program)),
        },
        opset_version: IndexMap::from([("aten".to_owned(), 10)]),
        range_constraints: symbols::ranges(program),
        schema_version: schema::SCHEMA_VERSION,
        verifiers: program.verifiers.clone(),
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
                NodeValue::Bool(condition) => {
                    let expr = SymExpr { expr_str: condition.srepr(), hint: None };
                    graph.sym_bool_values.insert(name(), schema::SymBool::AsExpr(expr));
                }
                NodeValue::Object { class } => {
                    let object = schema::CustomObject { name: name(), class_fqn: class.clone() };
                    graph.custom_obj_values.insert(name(), object);
                }
                // A number that a call computes has an entry, one that is an input stands in its place.
                NodeValue::Literal(literal) if !matches!(node.kind, NodeKind::Placeholder) => match literal {
                    Leaf::Int(value) => drop(graph.sym_int_values.insert(name(), SymInt::AsInt(*value))),
                    Leaf::Float(value) => {
                        graph.sym_float_values.insert(name(), schema::SymFloat::AsFloat(Float(*value)));
                    }
                    Leaf::Bool(value) => drop(graph.sym_bool_values.insert(name(), schema::SymBool::AsBool(*value))),
                    _ => {}
                },
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
                    metadata: metadata(node),
                    is_hop_single_tensor_return: match (target, &node.value) {
                        (Target::HigherOrder(_), NodeValue::Several { .. } | NodeValue::Nothing) => Some(false),
                        (Target::HigherOrder(_), _) => Some(true),
                        _ => None,
                    },
                    name: Some(match &node.value {
                        // PyTorch makes a new name with `_unused` at its end when it loads the node.
                        NodeValue::Literal(Leaf::None) => snake_case(&function_name(target)).replace('.', "_"),
                        _ => node.name.clone(),
                    }),
                });
            }
        }
        graph.is_single_tensor_return = self.graph.returns_single;
        graph.inputs = self.graph.placeholders().map(|(id, _)| self.reference(id)).collect();
        let outputs = self.graph.outputs.iter().enumerate().map(|(i, output)| self.output(i, output));
        graph.outputs = outputs.collect::<Result<_, _>>()?;
        Ok(graph)
    }

    /// The items of every call, by the call and the index of the result.
    fn items(&self) -> HashMap<(NodeId, usize), NodeId> {
        let item = |(id, node): (NodeId, &Node)| match node.kind {
            NodeKind::Item { of, index } => Some(((of, index), id)),
            _ => None,
        };
        let mut items = HashMap::new();
        for (key, id) in self.graph.enumerate().filter_map(item) {
            items.entry(key).or_insert(id);
        }
        items
    }

    /// A reference to the value of a node: its name, or the plain value of a constant input.
    fn reference(&self, id: NodeId) -> Arg {
        let Name { name } = self.name(id);
        let node = self.graph.node(id);
        match &node.value {
            NodeValue::Literal(Leaf::Int(_)) if !matches!(node.kind, NodeKind::Placeholder) => {
                Arg::AsSymInt(SymIntArg::AsName(name))
            }
            NodeValue::Literal(Leaf::Float(_)) if !matches!(node.kind, NodeKind::Placeholder) => {
                Arg::AsSymFloat(SymFloatArg::AsName(name))
            }
            NodeValue::Literal(Leaf::Bool(_)) if !matches!(node.kind, NodeKind::Placeholder) => {
                Arg::AsSymBool(SymBoolArg::AsName(name))
            }
            NodeValue::Object { class } => Arg::AsCustomObj(schema::CustomObject { name, class_fqn: class.clone() }),
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
    fn results(&self, id: NodeId, node: &Node, items: &HashMap<(NodeId, usize), NodeId>) -> Vec<Arg> {
        match &node.value {
            NodeValue::Several { count, list } => {
                let unused = |i: usize| Name { name: format!("{}_unused_{i}", node.name) };
                let item = |i: usize| items.get(&(id, i)).copied();
                if *list {
                    let names = (0..*count).map(|i| item(i).map_or_else(|| unused(i), |item| self.name(item)));
                    return vec![Arg::AsTensors(names.collect())];
                }
                let result = |i: usize| match item(i) {
                    None => Arg::AsTensor(unused(i)),
                    Some(item) => match &self.graph.node(item).value {
                        // A list among several results.
                        NodeValue::Several { .. } => {
                            let inner = self.results(item, self.graph.node(item), items).into_iter().next();
                            inner.unwrap_or(Arg::AsTensors(Vec::new()))
                        }
                        NodeValue::Literal(Leaf::None) | NodeValue::Nothing => Arg::AsNone(true),
                        _ => self.reference(item),
                    },
                };
                (0..*count).map(result).collect()
            }
            NodeValue::Nothing => Vec::new(),
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

    /// The calls of the model and its modules.
    fn module_calls(&self, program: &ExportedProgram) -> Result<Vec<schema::ModuleCall>, SaveError> {
        let root = schema::ModuleCall {
            fqn: String::new(),
            signature: Some(schema::ModuleCallSignature {
                inputs: Vec::new(),
                outputs: Vec::new(),
                in_spec: program.in_spec.to_json()?,
                out_spec: program.out_spec.to_json()?,
                forward_arg_names: Some(program.argument_names.clone()),
            }),
        };
        let leaves = |leaves: &[GraphOutput]| {
            let leaf = |(i, leaf): (usize, &GraphOutput)| self.output(i, leaf);
            leaves.iter().enumerate().map(leaf).collect::<Result<Vec<_>, _>>()
        };
        let mut calls = vec![root];
        for call in &program.module_calls {
            let signature = match &call.signature {
                None => None,
                Some(signature) => Some(schema::ModuleCallSignature {
                    inputs: leaves(&signature.inputs)?,
                    outputs: leaves(&signature.outputs)?,
                    in_spec: signature.in_spec.to_json()?,
                    out_spec: signature.out_spec.to_json()?,
                    forward_arg_names: signature.argument_names.clone(),
                }),
            };
            calls.push(schema::ModuleCall { fqn: call.fqn.clone(), signature });
        }
        Ok(calls)
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
                (InputKind::CustomObject { name }, value) => {
                    let class_fqn = match value {
                        NodeValue::Object { class } => class.clone(),
                        _ => String::new(),
                    };
                    let arg = schema::CustomObject { name: arg.name, class_fqn };
                    schema::InputSpec::CustomObj { arg, custom_obj_name: name.clone() }
                }
                (InputKind::Token, _) => schema::InputSpec::Token { arg },
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
                OutputKind::LossOutput => schema::OutputSpec::LossOutput { arg },
                OutputKind::ParameterMutation { parameter } => {
                    schema::OutputSpec::ParameterMutation { arg, parameter_name: parameter.clone() }
                }
                OutputKind::GradientToParameter { parameter } => {
                    schema::OutputSpec::GradientToParameter { arg, parameter_name: parameter.clone() }
                }
                OutputKind::GradientToUserInput { input } => {
                    schema::OutputSpec::GradientToUserInput { arg, user_input_name: input.clone() }
                }
                OutputKind::Token => schema::OutputSpec::Token { arg },
            })
        });
        Ok(schema::Signature {
            input_specs: inputs.collect(),
            output_specs: outputs.collect::<Result<_, SaveError>>()?,
        })
    }
}

/// The metadata of a node. A node of a new program has a stack trace of one frame.
fn metadata(node: &Node) -> schema::Named<String> {
    if node.metadata.is_empty() {
        return node.frame.iter().map(|frame| ("stack_trace".to_owned(), frame.stack_trace())).collect();
    }
    node.metadata.iter().map(|(key, text)| (key.to_owned(), text.to_owned())).collect()
}

/// The numbers of a list, if none of them is computed by a node.
fn plain<T: Copy>(syms: &[Sym<T>]) -> Option<Vec<T>> {
    syms.iter().map(|sym| sym.value().copied()).collect()
}

/// Writes expressions, with their values in the example as hints.
#[derive(Clone, Copy)]
struct Values<'p> {
    program: &'p ExportedProgram,
}

impl Values<'_> {
    fn sym_int(self, name: &str, expr: &Expr) -> Result<SymInt, SaveError> {
        if let Some(value) = expr.as_int() {
            return Ok(SymInt::AsInt(value));
        }
        let hint = match self.program.expression_hints.get(expr) {
            Some(hint) => Some(*hint),
            None => self.hint(name, expr)?.map(|hint| match hint {
                Number::Int(v) => Hint::AsInt(v),
                Number::Real(v) => Hint::AsFloat(Float(v)),
            }),
        };
        Ok(SymInt::AsExpr(SymExpr { expr_str: expr.srepr(), hint }))
    }

    fn sym_float(self, name: &str, expr: &Expr) -> Result<schema::SymFloat, SaveError> {
        if let ExprKind::Real(Real(value)) = expr.kind() {
            return Ok(schema::SymFloat::AsFloat(Float(*value)));
        }
        let hint = match self.program.expression_hints.get(expr) {
            Some(hint) => Some(*hint),
            None => self.hint(name, expr)?.map(|hint| Hint::AsFloat(Float(hint.to_real()))),
        };
        Ok(schema::SymFloat::AsExpr(SymExpr { expr_str: expr.srepr(), hint }))
    }

    /// The value of an expression in the example; `None` if it follows from values that are read from tensors.
    fn hint(self, name: &str, expr: &Expr) -> Result<Option<Number>, SaveError> {
        // A loaded program has the values that its file has.
        let loaded = self.program.origin.is_some();
        let read = |symbol: &Symbol| (loaded || !symbol.is_positive()) && !self.program.hints.contains_key(symbol);
        if expr.has_symbol(read) {
            return Ok(None);
        }
        let hint = expr.eval_number(&|symbol| self.program.hints.get(symbol).copied().map(Number::Int));
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
    ) -> Result<(schema::PayloadConfig, Vec<(String, Storage)>), SaveError> {
        let mut files: IndexMap<((usize, usize), DType), Storage> = IndexMap::new();
        let mut config = IndexMap::new();
        for (name, data) in tensors {
            let dtype = data.tensor.dtype;
            let entry = files.entry((data.storage.identity(), dtype));
            let path_name = format!("{prefix}_{}", entry.index());
            if let indexmap::map::Entry::Vacant(entry) = entry {
                entry.insert(checked(name, &data.storage)?);
            }
            let tensor_meta = self.tensor_meta(name, &data.tensor.map(|n| Expr::int(*n)))?;
            let payload = schema::Payload {
                path_name,
                is_param: data.is_parameter,
                use_pickle: false,
                tensor_meta: Some(tensor_meta),
            };
            config.insert(name.clone(), payload);
        }
        let mut files: Vec<_> =
            files.into_values().enumerate().map(|(i, storage)| (format!("{prefix}_{i}"), storage)).collect();
        // Objects that were pickled are copied as they are. Those of the state dict have the prefix of weights.
        let own = |pickled: &Pickled| (pickled.prefix == "weight") == (prefix == "weight");
        for (name, pickled) in self.program.pickled.iter().filter(|(_, pickled)| own(pickled)) {
            let used = |path: &str| files.iter().any(|(known, _)| known == path);
            let path = (0..).map(|i| format!("{}_{i}", pickled.prefix)).find(|path| !used(path)).unwrap_or_default();
            files.push((path.clone(), checked(name, &pickled.bytes)?));
            let payload = schema::Payload {
                path_name: path,
                is_param: pickled.is_parameter,
                use_pickle: true,
                tensor_meta: None,
            };
            config.insert(name.clone(), payload);
        }
        Ok((schema::PayloadConfig { config }, files))
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

/// All structures of a program.
fn specs(program: &ExportedProgram) -> impl Iterator<Item = &TreeSpec> {
    let calls = program.module_calls.iter().filter_map(|call| call.signature.as_ref());
    [&program.in_spec, &program.out_spec].into_iter().chain(calls.flat_map(|call| [&call.in_spec, &call.out_spec]))
}

/// The field names of every namedtuple in these specs, since treespec JSON has only the names of the classes.
fn namedtuple_fields<'p>(specs: impl Iterator<Item = &'p TreeSpec>) -> IndexMap<String, schema::NamedTupleFields> {
    let classes = specs.flat_map(TreeSpec::namedtuples);
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
    use crate::graph::NamedArgument;
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
