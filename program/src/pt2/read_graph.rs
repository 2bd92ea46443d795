//! Reads a graph of a file.

use super::error::{ContentError, LoadError};
use super::fx_names::{FxNames, snake_case};
use super::schema::{self, Arg, KEYWORD, OptionalTensor, POSITIONAL, SymBoolArg, SymFloatArg, SymIntArg};
use super::values::{self, Unread, Values};
use crate::check::schema::schema as schema_of;
use crate::graph::{
    Argument, Frame, Graph, GraphOutput, HIGHER_ORDER, Literal, Metadata, NamedArgument, Node, NodeId, NodeKind,
    NodeValue, PREDISPATCH, PythonFunction, Sym, Target,
};
use crate::op::OpName;
use std::collections::HashMap;

/// The names of inputs that are plain values: a graph has their values only. Those of the outer graph are in the signature.
pub(super) type ConstantNames<'s> = &'s dyn Fn(usize) -> Option<String>;

/// Reads one graph; those inside of it are read by readers of their own.
pub(super) struct GraphReader<'s> {
    values: &'s mut Values,
    constants: ConstantNames<'s>,
    /// The way to the graph: empty, or `true_graph_0 of cond: `.
    path: String,
    tables: Tables,
    names: FxNames,
    ids: HashMap<String, NodeId>,
    graph: Graph,
}

/// The values of a graph by name, as in the file.
struct Tables {
    tensors: schema::Named<schema::TensorMeta>,
    ints: schema::Named<schema::SymInt>,
    floats: schema::Named<schema::SymFloat>,
    bools: schema::Named<schema::SymBool>,
    objects: schema::Named<schema::CustomObject>,
}

/// What a name in a file refers to.
#[derive(Clone, Copy)]
enum Kind {
    Tensor,
    Int,
    Float,
    Bool,
    Object,
}

/// A node of the file, without its results.
struct Call {
    target: Target,
    arguments: Vec<NamedArgument>,
    metadata: Metadata,
    frame: Option<Frame>,
}

impl<'s> GraphReader<'s> {
    /// Reads a graph and the graphs inside of it.
    pub(super) fn read(
        graph: schema::Graph<Unread<'_>>,
        values: &'s mut Values,
        constants: ConstantNames<'s>,
        path: String,
    ) -> Result<(Graph, HashMap<String, NodeId>), LoadError> {
        let schema::Graph { inputs, outputs, nodes, is_single_tensor_return, .. } = graph;
        let tables = Tables {
            tensors: graph.tensor_values,
            ints: graph.sym_int_values,
            floats: graph.sym_float_values,
            bools: graph.sym_bool_values,
            objects: graph.custom_obj_values,
        };
        let (names, ids) = (FxNames::default(), HashMap::new());
        let mut reader = GraphReader { values, constants, path, tables, names, ids, graph: Graph::default() };
        for (index, input) in inputs.into_iter().enumerate() {
            let place = format!("{}input {index}", reader.path);
            reader.input(index, input).map_err(|e| e.at(place))?;
        }
        for node in nodes {
            reader.node(node)?;
        }
        for (index, output) in outputs.iter().enumerate() {
            let output = reader.output(output).map_err(|e| e.at(format!("{}output {index}", reader.path)))?;
            reader.graph.outputs.push(output);
        }
        if is_single_tensor_return && reader.graph.outputs.len() != 1 {
            let found = reader.graph.outputs.len().to_string();
            let error = ContentError::Mismatch { what: "the number of outputs", expected: "1".to_owned(), found };
            return Err(error.at(format!("{}the outputs", reader.path)));
        }
        reader.graph.returns_single = is_single_tensor_return;
        Ok((reader.graph, reader.ids))
    }

    fn input(&mut self, index: usize, input: Arg<Unread<'_>>) -> Result<(), ContentError> {
        let (name, kind) = match input {
            Arg::AsTensor(name) => (name.name, Kind::Tensor),
            Arg::AsCustomObj(object) => (object.name, Kind::Object),
            Arg::AsSymInt(SymIntArg::AsName(name)) => (name, Kind::Int),
            Arg::AsSymFloat(SymFloatArg::AsName(name)) => (name, Kind::Float),
            Arg::AsSymBool(SymBoolArg::AsName(name)) => (name, Kind::Bool),
            constant => {
                let Some(literal) = values::literal(&constant) else {
                    return Err(ContentError::unsupported("an input that is not a tensor, a number, a str or None"));
                };
                let name = (self.constants)(index).filter(|name| !name.is_empty());
                let name = name.unwrap_or_else(|| format!("arg{index}"));
                self.names.create(&name);
                self.push(Node::new(name, NodeKind::Placeholder, NodeValue::Literal(literal)))?;
                return Ok(());
            }
        };
        self.names.create(&name);
        let value = self.value(&name, kind)?;
        self.push(Node::new(name, NodeKind::Placeholder, value))?;
        Ok(())
    }

    /// Adds a node, whose name is new.
    fn push(&mut self, node: Node) -> Result<NodeId, ContentError> {
        let name = node.name.clone();
        let id = self.graph.push(node);
        match self.ids.insert(name.clone(), id) {
            None => Ok(id),
            Some(_) => Err(ContentError::DuplicateName { name }),
        }
    }

    fn id(&self, name: &str) -> Result<NodeId, ContentError> {
        self.ids.get(name).copied().ok_or_else(|| ContentError::UndefinedName { name: name.to_owned() })
    }

    /// Takes the value with this name out of the table of its kind: every value has one node.
    fn value(&mut self, name: &str, kind: Kind) -> Result<NodeValue, ContentError> {
        let missing = |table| ContentError::NoValue { name: name.to_owned(), table };
        match kind {
            Kind::Tensor => {
                let meta = self.tables.tensors.swap_remove(name).ok_or_else(|| missing("tensor_values"))?;
                Ok(NodeValue::Tensor(self.values.tensor_type(&meta)?))
            }
            Kind::Int => {
                let value = self.tables.ints.get(name).ok_or_else(|| missing("sym_int_values"))?;
                self.values.int_value(value)
            }
            Kind::Float => {
                let value = self.tables.floats.get(name).ok_or_else(|| missing("sym_float_values"))?;
                self.values.float_value(value)
            }
            Kind::Bool => {
                let value = self.tables.bools.get(name).ok_or_else(|| missing("sym_bool_values"))?;
                self.values.bool_value(value)
            }
            Kind::Object => {
                let object = self.tables.objects.get(name).ok_or_else(|| missing("custom_obj_values"))?;
                Ok(NodeValue::Object { class: object.class_fqn.clone() })
            }
        }
    }

    fn node(&mut self, node: schema::Node<Unread<'_>>) -> Result<(), LoadError> {
        let schema::Node { target, inputs, outputs, metadata, is_hop_single_tensor_return, name } = node;
        let place = {
            let first = outputs.first().and_then(named::<Unread<'_>>).map(|(name, _)| name.to_owned());
            let shown = name.clone().or(first).unwrap_or_else(|| target.clone());
            format!("{}node `{shown}`", self.path)
        };
        let target = parse_target(&target).map_err(|e| e.at(place.clone()))?;
        let mut arguments = Vec::with_capacity(inputs.len());
        for schema::NamedArg { name, arg, kind } in inputs {
            let at = || match name.as_str() {
                "" => place.clone(),
                name => format!("{place}, argument `{name}`"),
            };
            let keyword = match (&target, kind) {
                (Target::HigherOrder(_) | Target::Predispatch(_), kind) => kind != Some(POSITIONAL) && !name.is_empty(),
                (Target::Python(_), _) => false,
                (Target::Op(_), Some(POSITIONAL)) => false,
                (Target::Op(_), Some(KEYWORD)) => true,
                // As in PyTorch: an argument that has to be given is positional, and every other one a keyword.
                (Target::Op(op), kind) => {
                    let number = kind.map_or(-1, i64::from);
                    let schema = schema_of(op).filter(|_| number <= 0);
                    let known = schema.and_then(|schema| schema.arguments.into_iter().find(|known| known.name == name));
                    match known {
                        Some(known) => known.keyword_only || known.has_default,
                        None => return Err(ContentError::Number { number, what: "an ArgumentKind" }.at(at())),
                    }
                }
            };
            let value = self.argument(arg, &place).map_err(|e| match e {
                Failure::Here(e) => e.at(at()),
                Failure::Inside(e) => e,
            })?;
            arguments.push(NamedArgument { name, keyword, value });
        }
        let (metadata, frame) = self.values.metadata(metadata).map_err(|e| e.at(place.clone()))?;
        let call = Call { target, arguments, metadata, frame };
        self.results(call, name, outputs, is_hop_single_tensor_return).map_err(|e| e.at(place))
    }

    /// Adds the node of a call, and those of its results.
    fn results(
        &mut self,
        call: Call,
        name: Option<String>,
        mut outputs: Vec<Arg<Unread<'_>>>,
        single: Option<bool>,
    ) -> Result<(), ContentError> {
        let higher_order = matches!(call.target, Target::HigherOrder(_));
        // A result that stands alone in the list is a tuple of one, if a higher-order op does not say otherwise.
        let tuple_of_one = higher_order && single != Some(true);
        if let [output] = outputs.as_slice() {
            if let Some((own, kind)) = named(output)
                && !tuple_of_one
            {
                let own = own.to_owned();
                // PyTorch takes the name of the node first, and then gives it that of the result.
                self.call_name(name.as_deref(), &call.target, Some(&own));
                let value = self.value(&own, kind)?;
                self.push(call.node(own, value))?;
                return Ok(());
            }
            if matches!(output, Arg::AsNone(_)) {
                self.call_name(name.as_deref(), &call.target, None);
                let name = self.names.create(&format!("{}_unused", snake_case(&function_name(&call.target))));
                self.push(call.node(name, NodeValue::Literal(Literal::None)))?;
                return Ok(());
            }
        }
        if outputs.is_empty() {
            let name = self.call_name(name.as_deref(), &call.target, None);
            self.push(call.node(name, NodeValue::Nothing))?;
            return Ok(());
        }
        let name = self.call_name(name.as_deref(), &call.target, None);
        let (metadata, frame) = (call.metadata.clone(), call.frame.clone());
        if outputs.len() == 1
            && let Some(Arg::AsTensors(names)) = outputs.first_mut()
        {
            let names = std::mem::take(names);
            let of = self.push(call.node(name, NodeValue::Several { count: names.len(), list: true }))?;
            for (index, name) in names.into_iter().enumerate() {
                self.item(of, index, name.name, Kind::Tensor, &metadata, &frame)?;
            }
            return Ok(());
        }
        let of = self.push(call.node(name, NodeValue::Several { count: outputs.len(), list: false }))?;
        for (index, output) in outputs.into_iter().enumerate() {
            match output {
                Arg::AsNone(_) => {
                    let name = self.names.create("as_none");
                    self.add_item(of, index, name, NodeValue::Literal(Literal::None), &metadata, &frame)?;
                }
                Arg::AsTensors(names) => {
                    let list = self.names.create("getitem");
                    let value = NodeValue::Several { count: names.len(), list: true };
                    let list = self.add_item(of, index, list, value, &metadata, &frame)?;
                    for (index, name) in names.into_iter().enumerate() {
                        self.item(list, index, name.name, Kind::Tensor, &metadata, &frame)?;
                    }
                }
                output => {
                    let Some((name, kind)) = named(&output) else {
                        return Err(ContentError::unsupported(
                            "a result that is not a tensor, a list of them or a number",
                        ));
                    };
                    self.item(of, index, name.to_owned(), kind, &metadata, &frame)?;
                }
            }
        }
        Ok(())
    }

    /// The name of the node of a call, where the file may not have one.
    fn call_name(&mut self, name: Option<&str>, target: &Target, result: Option<&str>) -> String {
        let op_with_tensor = matches!(target, Target::Op(_) | Target::Python(_)) || result.is_some();
        match (name.filter(|name| !name.is_empty()), result) {
            (Some(name), _) => self.names.create(name),
            (None, Some(result)) if op_with_tensor => self.names.create(result),
            (None, _) => self.names.of_function(&function_name(target)),
        }
    }

    fn item(
        &mut self,
        of: NodeId,
        index: usize,
        name: String,
        kind: Kind,
        metadata: &Metadata,
        frame: &Option<Frame>,
    ) -> Result<NodeId, ContentError> {
        self.names.create(&name);
        let value = self.value(&name, kind)?;
        self.add_item(of, index, name, value, metadata, frame)
    }

    fn add_item(
        &mut self,
        of: NodeId,
        index: usize,
        name: String,
        value: NodeValue,
        metadata: &Metadata,
        frame: &Option<Frame>,
    ) -> Result<NodeId, ContentError> {
        let mut node = Node::new(name, NodeKind::Item { of, index }, value).at(frame.clone());
        node.metadata = metadata.clone();
        self.push(node)
    }

    fn output(&self, output: &Arg<Unread<'_>>) -> Result<GraphOutput, ContentError> {
        output_of(output, &self.ids)
    }

    fn argument(&mut self, arg: Arg<Unread<'_>>, place: &str) -> Result<Argument, Failure> {
        let ids = |names: Vec<schema::Name>, this: &Self| {
            names.iter().map(|name| this.id(&name.name)).collect::<Result<Vec<_>, _>>()
        };
        Ok(match arg {
            Arg::AsNone(_) => Argument::None,
            Arg::AsTensor(name) => Argument::Tensor(self.id(&name.name)?),
            Arg::AsTensors(names) => Argument::Tensors(ids(names, self)?),
            Arg::AsNestedTensors(lists) => {
                let lists = lists.into_iter().map(|names| ids(names, self));
                Argument::NestedTensors(lists.collect::<Result<_, _>>()?)
            }
            Arg::AsOptionalTensor(_) => {
                return Err(
                    ContentError::unsupported("an optional tensor as an argument, which PyTorch cannot load").into()
                );
            }
            Arg::AsOptionalTensors(names) => {
                let ids = names.iter().map(|name| match name {
                    OptionalTensor::AsNone(_) => Ok(None),
                    OptionalTensor::AsTensor(name) => self.id(&name.name).map(Some),
                });
                Argument::OptionalTensors(ids.collect::<Result<_, _>>()?)
            }
            Arg::AsInt(value) => Argument::Int(Sym::Value(value)),
            Arg::AsInts(values) => Argument::Ints(values.into_iter().map(Sym::Value).collect()),
            Arg::AsIntLists(lists) => Argument::IntLists(lists),
            Arg::AsFloat(value) => Argument::Float(Sym::Value(value.0)),
            Arg::AsFloats(values) => Argument::Floats(values.into_iter().map(|value| Sym::Value(value.0)).collect()),
            Arg::AsFloatLists(lists) => {
                let lists = lists.into_iter().map(|list| list.into_iter().map(|value| value.0).collect());
                Argument::FloatLists(lists.collect())
            }
            Arg::AsBool(value) => Argument::Bool(Sym::Value(value)),
            Arg::AsBools(values) => Argument::Bools(values.into_iter().map(Sym::Value).collect()),
            Arg::AsString(text) => Argument::Str(text),
            Arg::AsStrings(texts) => Argument::Strs(texts),
            Arg::AsStringToArgument(entries) => {
                let mut arguments = indexmap::IndexMap::new();
                for (key, arg) in entries {
                    arguments.insert(key, self.argument(arg, place)?);
                }
                Argument::Dict(arguments)
            }
            Arg::AsSymInt(value) => Argument::Int(self.sym_int(value)?),
            Arg::AsSymInts(values) => {
                Argument::Ints(values.into_iter().map(|value| self.sym_int(value)).collect::<Result<_, _>>()?)
            }
            Arg::AsSymFloat(value) => Argument::Float(self.sym_float(value)?),
            Arg::AsSymFloats(values) => {
                Argument::Floats(values.into_iter().map(|value| self.sym_float(value)).collect::<Result<_, _>>()?)
            }
            Arg::AsSymBool(value) => Argument::Bool(self.sym_bool(value)?),
            Arg::AsSymBools(values) => {
                Argument::Bools(values.into_iter().map(|value| self.sym_bool(value)).collect::<Result<_, _>>()?)
            }
            Arg::AsScalarType(number) => Argument::DType(values::dtype(number)?),
            Arg::AsDevice(device) => Argument::Device(values::device(&device)?),
            Arg::AsLayout(number) => Argument::Layout(values::layout(number)?),
            Arg::AsMemoryFormat(number) => Argument::MemoryFormat(values::memory_format(number)?),
            Arg::AsComplex(value) => Argument::Complex(value.real.0, value.imag.0),
            Arg::AsCustomObj(object) => Argument::CustomObject(self.id(&object.name)?),
            Arg::AsOperator(target) => Argument::Operator(parse_target(&target)?),
            Arg::AsGraph(subgraph) => {
                self.names.create(&subgraph.name);
                let path = format!("{} of {place}: ", subgraph.name);
                let (graph, _) = GraphReader::read(*subgraph.graph, self.values, self.constants, path)?;
                Argument::Graph { name: subgraph.name, graph: Box::new(graph) }
            }
        })
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

impl Call {
    fn node(self, name: String, value: NodeValue) -> Node {
        let mut node = Node::new(name, NodeKind::Call { target: self.target, arguments: self.arguments }, value);
        (node.metadata, node.frame) = (self.metadata, self.frame);
        node
    }
}

/// An argument could not be read.
enum Failure {
    /// It is wrong itself.
    Here(ContentError),
    /// A graph in it is wrong, and the error has its place.
    Inside(LoadError),
}

impl From<ContentError> for Failure {
    fn from(error: ContentError) -> Self {
        Failure::Here(error)
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Failure::Inside(error)
    }
}

/// The name and kind of a value that an argument refers to, if it does.
fn named<M>(arg: &Arg<M>) -> Option<(&str, Kind)> {
    Some(match arg {
        Arg::AsTensor(name) => (&name.name, Kind::Tensor),
        Arg::AsSymInt(SymIntArg::AsName(name)) => (name, Kind::Int),
        Arg::AsSymFloat(SymFloatArg::AsName(name)) => (name, Kind::Float),
        Arg::AsSymBool(SymBoolArg::AsName(name)) => (name, Kind::Bool),
        Arg::AsOptionalTensor(OptionalTensor::AsTensor(name)) => (&name.name, Kind::Tensor),
        _ => return None,
    })
}

/// A reference to a value, or a plain value.
pub(super) fn output_of<M>(arg: &Arg<M>, ids: &HashMap<String, NodeId>) -> Result<GraphOutput, ContentError> {
    let name = match arg {
        Arg::AsCustomObj(object) => &object.name,
        Arg::AsSymInt(SymIntArg::AsInt(value)) => return Ok(GraphOutput::Literal(Literal::Int(*value))),
        Arg::AsSymFloat(SymFloatArg::AsFloat(value)) => return Ok(GraphOutput::Literal(Literal::Float(value.0))),
        Arg::AsSymBool(SymBoolArg::AsBool(value)) => return Ok(GraphOutput::Literal(Literal::Bool(*value))),
        arg => match (named(arg), values::literal(arg)) {
            (Some((name, _)), _) => name,
            (None, Some(literal)) => return Ok(GraphOutput::Literal(literal)),
            (None, None) => return Err(ContentError::unsupported("an output that is not a tensor or a plain value")),
        },
    };
    ids.get(name).map(|id| GraphOutput::Node(*id)).ok_or_else(|| ContentError::UndefinedName { name: name.to_owned() })
}

fn parse_target(text: &str) -> Result<Target, ContentError> {
    let unknown = || ContentError::Target { target: text.to_owned() };
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

/// The name of a function in Python (`target.__name__`).
pub(super) fn function_name(target: &Target) -> String {
    match target {
        Target::Op(op) => format!("{}.{}", op.name(), op.overload()),
        Target::HigherOrder(name) | Target::Predispatch(name) => name.clone(),
        Target::Python(function) => function.base_name().to_owned(),
    }
}
