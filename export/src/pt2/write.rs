//! A program as the members of a `.pt2` file.

use super::SaveError;
use super::archive::Archive;
use super::schema::{self, Arg, Float, Name, SymInt, SymIntArg};
use crate::dispatch::{Layout, MemoryFormat, Value};
use crate::program::{
    Argument, ExportedProgram, GraphOutput, InputKind, Int, Literal, Node, NodeId, NodeKind, NodeValue, OutputKind,
    Storage, TensorData, TensorValue,
};
use indexmap::IndexMap;
use pytree_core::TreeSpec;
use shapes::Expr;
use std::path::Path;

/// The version of PyTorch whose files these are.
const TORCH_VERSION: &str = "2.13.0";

impl ExportedProgram {
    /// Writes the program to a file that `torch.export.load` opens (`torch.export.save`).
    ///
    /// The file appears whole or not at all, and the same program gives the same bytes. It holds JSON and raw tensors;
    /// there is nothing to unpickle in it.
    ///
    /// # Errors
    /// [`SaveError`] when the file cannot be written or cannot hold something of the program.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SaveError> {
        self.archive()?.write(path.as_ref())
    }

    /// The bytes of the file that [`save`](ExportedProgram::save) writes.
    ///
    /// # Errors
    /// As [`save`](ExportedProgram::save).
    pub fn to_bytes(&self) -> Result<Vec<u8>, SaveError> {
        self.archive()?.to_bytes()
    }

    fn archive(&self) -> Result<Archive, SaveError> {
        let writer = Writer { program: self };
        let mut archive = Archive::new();
        archive.add("models/model.json", json(&writer.program()?)?);
        for (kind, prefix, tensors) in
            [("weights", "weight", &self.state_dict), ("constants", "tensor", &self.constants)]
        {
            let (config, files) = writer.payloads(prefix, tensors)?;
            archive.add(format!("data/{kind}/model_{kind}_config.json"), json(&config)?);
            for (i, storage) in files.into_iter().enumerate() {
                archive.add(format!("data/{kind}/{prefix}_{i}"), storage.0.to_vec());
            }
        }
        // The member has to exist and may be empty: then nothing is unpickled when the file is loaded.
        archive.add("data/sample_inputs/model.pt", Vec::new());
        Ok(archive)
    }
}

fn json(value: &impl serde::Serialize) -> Result<Vec<u8>, SaveError> {
    serde_json::to_vec(value).map_err(|e| SaveError::Archive(e.to_string()))
}

struct Writer<'p> {
    program: &'p ExportedProgram,
}

impl Writer<'_> {
    fn program(&self) -> Result<schema::Program, SaveError> {
        let program = self.program;
        let (major, minor) = schema::SCHEMA_VERSION;
        Ok(schema::Program {
            graph_module: schema::GraphModule {
                graph: self.graph()?,
                signature: self.signature()?,
                module_call_graph: vec![schema::ModuleCall {
                    fqn: "",
                    signature: Some(schema::ModuleCallSignature {
                        inputs: [],
                        outputs: [],
                        in_spec: program.in_spec.to_json()?,
                        out_spec: program.out_spec.to_json()?,
                        forward_arg_names: program.argument_names.clone(),
                    }),
                }],
                metadata: schema::Empty {},
                treespec_namedtuple_fields: namedtuple_fields([&program.in_spec, &program.out_spec]),
            },
            opset_version: schema::Opset { aten: 10 },
            range_constraints: self.ranges(),
            schema_version: schema::Version { major, minor },
            verifiers: ["TRAINING"],
            torch_version: TORCH_VERSION,
            guards_code: program.guards.clone(),
        })
    }

    fn ranges(&self) -> IndexMap<String, schema::Range> {
        let bound = |bound: shapes::Bound| bound.finite().and_then(|v| i64::try_from(v).ok());
        let constraints = self.program.range_constraints.iter();
        constraints
            .map(|(expr, range)| {
                (expr.to_string(), schema::Range { min_val: bound(range.lower), max_val: bound(range.upper) })
            })
            .collect()
    }

    fn name(&self, id: NodeId) -> Name {
        Name { name: self.program.graph.node(id).name.clone() }
    }

    fn graph(&self) -> Result<schema::Graph, SaveError> {
        let graph = &self.program.graph;
        let mut tensor_values = IndexMap::new();
        let mut sym_int_values = IndexMap::new();
        let mut nodes = Vec::new();
        for (i, node) in graph.nodes.iter().enumerate() {
            match &node.value {
                NodeValue::Tensor(tensor) => {
                    tensor_values.insert(node.name.clone(), self.tensor_meta(&node.name, tensor)?);
                }
                NodeValue::Int(expr) => {
                    sym_int_values.insert(node.name.clone(), self.sym_int(&node.name, expr)?);
                }
                NodeValue::Many { .. } | NodeValue::Literal(_) | NodeValue::Nothing => {}
            }
            if !matches!(node.kind, NodeKind::Placeholder | NodeKind::Item { .. }) {
                nodes.push(self.node(NodeId(i), node)?);
            }
        }
        let inputs = graph.placeholders().map(|(id, _)| self.input(id)).collect();
        let outputs = graph.outputs.iter().enumerate().map(|(i, o)| self.output(i, o)).collect::<Result<_, _>>()?;
        Ok(schema::Graph {
            inputs,
            outputs,
            nodes,
            tensor_values,
            sym_int_values,
            sym_bool_values: schema::Empty {},
            is_single_tensor_return: false,
            custom_obj_values: schema::Empty {},
            sym_float_values: schema::Empty {},
        })
    }

    /// The value of a node as an argument: by name, or the plain value of a constant input.
    fn input(&self, id: NodeId) -> Arg {
        match &self.program.graph.node(id).value {
            NodeValue::Int(_) => Arg::AsSymInt(SymIntArg::AsName(self.name(id).name)),
            NodeValue::Literal(literal) => literal_arg(literal),
            _ => Arg::AsTensor(self.name(id)),
        }
    }

    fn output(&self, index: usize, output: &GraphOutput) -> Result<Arg, SaveError> {
        match output {
            GraphOutput::Node(id) => Ok(self.input(*id)),
            GraphOutput::Literal(Literal::Str(_)) => Err(SaveError::StrOutput(index)),
            GraphOutput::Literal(literal) => Ok(literal_arg(literal)),
        }
    }

    fn node(&self, id: NodeId, node: &Node) -> Result<schema::Node, SaveError> {
        let (target, inputs) = match &node.kind {
            NodeKind::Call { op, arguments } => {
                let inputs = arguments.iter().map(|a| {
                    let kind = if a.keyword { schema::KEYWORD } else { schema::POSITIONAL };
                    Ok(schema::NamedArg { name: a.name.clone(), arg: self.argument(node, &a.value)?, kind })
                });
                (op.target(), inputs.collect::<Result<_, SaveError>>()?)
            }
            NodeKind::Integer { op, arguments } => {
                let inputs = arguments.iter().zip(["a", "b"]).map(|(int, name)| schema::NamedArg {
                    name: name.to_owned(),
                    arg: self.int(*int),
                    kind: schema::POSITIONAL,
                });
                (op.target().to_owned(), inputs.collect())
            }
            // Placeholders and items are no nodes of the file.
            NodeKind::Placeholder | NodeKind::Item { .. } => (String::new(), Vec::new()),
        };
        let outputs = match &node.value {
            NodeValue::Tensor(_) => vec![Arg::AsTensor(self.name(id))],
            NodeValue::Int(_) => vec![Arg::AsSymInt(SymIntArg::AsName(node.name.clone()))],
            NodeValue::Many { count, list } => self.results(id, node, *count, *list),
            NodeValue::Literal(_) | NodeValue::Nothing => Vec::new(),
        };
        let metadata = node.stack_trace.iter().map(|trace| ("stack_trace", trace.clone())).collect();
        Ok(schema::Node {
            target,
            inputs,
            outputs,
            metadata,
            is_hop_single_tensor_return: None,
            name: node.name.clone(),
        })
    }

    /// The results of a call that gives several, each by the name of its item.
    fn results(&self, id: NodeId, node: &Node, count: usize, list: bool) -> Vec<Arg> {
        let names = (0..count).map(|i| {
            let item = self
                .program
                .graph
                .nodes
                .iter()
                .find(|n| matches!(n.kind, NodeKind::Item { of, index } if of == id && index == i));
            Name { name: item.map_or_else(|| format!("{}_unused_{i}", node.name), |n| n.name.clone()) }
        });
        if list { vec![Arg::AsTensors(names.collect())] } else { names.map(Arg::AsTensor).collect() }
    }

    fn argument(&self, node: &Node, argument: &Argument) -> Result<Arg, SaveError> {
        let optional = |id: &Option<NodeId>| match id {
            Some(id) => schema::OptionalTensor::AsTensor(self.name(*id)),
            None => schema::OptionalTensor::AsNone(true),
        };
        Ok(match argument {
            Value::None => Arg::AsNone(true),
            Value::Tensor(id) => Arg::AsTensor(self.name(*id)),
            Value::Tensors(ids) => Arg::AsTensors(ids.iter().map(|id| self.name(*id)).collect()),
            Value::OptionalTensors(ids) => Arg::AsOptionalTensors(ids.iter().map(optional).collect()),
            Value::Int(int) => self.int(*int),
            Value::Ints(ints) => self.ints(ints),
            Value::Float(v) => Arg::AsFloat(Float(*v)),
            Value::Floats(v) => Arg::AsFloats(v.iter().copied().map(Float).collect()),
            Value::Bool(v) => Arg::AsBool(*v),
            Value::Bools(v) => Arg::AsBools(v.clone()),
            Value::Str(v) => Arg::AsString(v.clone()),
            Value::Strs(v) => Arg::AsStrings(v.clone()),
            Value::DType(dtype) => Arg::AsScalarType(
                schema::dtype_number(*dtype).ok_or(SaveError::DType { name: node.name.clone(), dtype: *dtype })?,
            ),
            Value::Layout(layout) => Arg::AsLayout(layout_number(*layout)),
            Value::MemoryFormat(format) => Arg::AsMemoryFormat(match format {
                MemoryFormat::Contiguous => 1,
                MemoryFormat::ChannelsLast => 2,
                MemoryFormat::ChannelsLast3d => 3,
                MemoryFormat::Preserve => 4,
            }),
            Value::Device(device) => Arg::AsDevice((*device).into()),
            Value::Complex(real, imag) => Arg::AsComplex(schema::Complex { real: Float(*real), imag: Float(*imag) }),
        })
    }

    fn int(&self, int: Int) -> Arg {
        match int {
            Int::Number(v) => Arg::AsInt(v),
            Int::Node(id) => Arg::AsSymInt(SymIntArg::AsName(self.name(id).name)),
        }
    }

    /// A list of integers; one that holds a symbol is another kind of argument than one that holds numbers only.
    fn ints(&self, ints: &[Int]) -> Arg {
        let numbers: Option<Vec<i64>> =
            ints.iter().map(|int| if let Int::Number(v) = int { Some(*v) } else { None }).collect();
        match numbers {
            Some(numbers) => Arg::AsInts(numbers),
            None => Arg::AsSymInts(
                ints.iter()
                    .map(|int| match int {
                        Int::Number(v) => SymIntArg::AsInt(*v),
                        Int::Node(id) => SymIntArg::AsName(self.name(*id).name),
                    })
                    .collect(),
            ),
        }
    }

    fn sym_int(&self, name: &str, expr: &Expr) -> Result<SymInt, SaveError> {
        if let Some(value) = expr.as_int() {
            return Ok(SymInt::AsInt(value));
        }
        let hint = expr.eval(&|symbol| self.program.hints.get(symbol.name()).copied());
        let hint = hint.map_err(|error| SaveError::Expr { name: name.to_owned(), error })?;
        Ok(SymInt::AsExpr(schema::SymExpr { expr_str: expr.srepr(), hint: Some(schema::Hint { as_int: hint }) }))
    }

    fn tensor_meta(&self, name: &str, tensor: &TensorValue) -> Result<schema::TensorMeta, SaveError> {
        let exprs = |items: &[Expr]| items.iter().map(|e| self.sym_int(name, e)).collect::<Result<Vec<_>, _>>();
        let dtype = schema::dtype_number(tensor.dtype)
            .ok_or_else(|| SaveError::DType { name: name.to_owned(), dtype: tensor.dtype })?;
        Ok(schema::TensorMeta {
            dtype,
            sizes: exprs(&tensor.sizes)?,
            requires_grad: tensor.requires_grad,
            device: tensor.device.into(),
            strides: exprs(&tensor.strides)?,
            storage_offset: self.sym_int(name, &tensor.storage_offset)?,
            layout: layout_number(tensor.layout),
        })
    }

    fn signature(&self) -> Result<schema::Signature, SaveError> {
        let target = |target: &Option<String>| target.clone().unwrap_or_default();
        let signature = &self.program.signature;
        let inputs = signature.inputs.iter().map(|spec| {
            let name = self.name(spec.node);
            match (spec.kind, &self.program.graph.node(spec.node).value) {
                (InputKind::UserInput, NodeValue::Literal(literal)) => {
                    schema::InputSpec::ConstantInput { name: name.name, value: literal_arg(literal) }
                }
                (InputKind::UserInput, _) => schema::InputSpec::UserInput { arg: self.input(spec.node) },
                (InputKind::Parameter, _) => {
                    schema::InputSpec::Parameter { arg: name, parameter_name: target(&spec.target) }
                }
                (InputKind::Buffer { persistent }, _) => {
                    schema::InputSpec::Buffer { arg: name, buffer_name: target(&spec.target), persistent }
                }
                (InputKind::ConstantTensor, _) => {
                    schema::InputSpec::TensorConstant { arg: name, tensor_constant_name: target(&spec.target) }
                }
            }
        });
        let outputs = signature.outputs.iter().enumerate().map(|(i, spec)| {
            let name = || match &spec.value {
                GraphOutput::Node(id) => self.name(*id),
                GraphOutput::Literal(_) => Name { name: String::new() },
            };
            Ok(match spec.kind {
                OutputKind::UserOutput => schema::OutputSpec::UserOutput { arg: self.output(i, &spec.value)? },
                OutputKind::BufferMutation => {
                    schema::OutputSpec::BufferMutation { arg: name(), buffer_name: target(&spec.target) }
                }
                OutputKind::UserInputMutation => {
                    schema::OutputSpec::UserInputMutation { arg: name(), user_input_name: target(&spec.target) }
                }
            })
        });
        Ok(schema::Signature {
            input_specs: inputs.collect(),
            output_specs: outputs.collect::<Result<_, SaveError>>()?,
        })
    }

    /// The table of stored tensors and the storages it names: one file per distinct storage and element type.
    fn payloads(
        &self,
        prefix: &str,
        tensors: &IndexMap<String, TensorData>,
    ) -> Result<(schema::PayloadConfig, Vec<Storage>), SaveError> {
        let mut files: Vec<(Storage, pytree_core::DType)> = Vec::new();
        let mut config = IndexMap::new();
        for (name, data) in tensors {
            let known = files.iter().position(|(s, d)| s.same(&data.storage) && *d == data.dtype);
            let file = known.unwrap_or_else(|| {
                files.push((data.storage.clone(), data.dtype));
                files.len() - 1
            });
            let payload = schema::Payload {
                path_name: format!("{prefix}_{file}"),
                is_param: data.is_parameter,
                use_pickle: false,
                tensor_meta: self.tensor_meta(name, &data.value())?,
            };
            config.insert(name.clone(), payload);
        }
        Ok((schema::PayloadConfig { config }, files.into_iter().map(|(storage, _)| storage).collect()))
    }
}

fn literal_arg(literal: &Literal) -> Arg {
    match literal {
        Literal::None => Arg::AsNone(true),
        Literal::Int(v) => Arg::AsInt(*v),
        Literal::Float(v) => Arg::AsFloat(Float(*v)),
        Literal::Bool(v) => Arg::AsBool(*v),
        Literal::Str(v) => Arg::AsString(v.clone()),
    }
}

/// The number of a layout in a file. These are not libtorch's own numbers.
fn layout_number(layout: Layout) -> u8 {
    match layout {
        Layout::SparseCoo => 1,
        Layout::SparseCsr => 2,
        Layout::SparseCsc => 3,
        Layout::SparseBsr => 4,
        Layout::SparseBsc => 5,
        Layout::Mkldnn => 6,
        Layout::Strided => 7,
        Layout::Jagged => 0,
    }
}

/// The field names of every namedtuple in these specs: treespec JSON has only the names of the classes.
fn namedtuple_fields(specs: [&TreeSpec; 2]) -> IndexMap<String, schema::NamedTupleFields> {
    let classes = specs.into_iter().flat_map(TreeSpec::namedtuples);
    classes
        .filter_map(|class| {
            let field_names = class.fields.as_ref()?.iter().map(str::to_owned).collect();
            Some((class.name.to_string(), schema::NamedTupleFields { field_names }))
        })
        .collect()
}
