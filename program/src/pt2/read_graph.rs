//! Reads a graph of a file.

use super::error::{ContentError, Failure, LoadError, cut};
use super::fx_names::{FxNames, snake_case};
use super::json::{Json, count};
use super::read_argument::parse_target;
use super::schema::{self, KEYWORD, POSITIONAL, SymBoolArg, SymFloatArg, SymIntArg};
use super::unread::{self, Arg, Name, OptionalTensor, Raw};
use super::values::{self, Values};
use crate::check::schema::schema as schema_of;
use crate::graph::{
    Frame, Graph, GraphOutput, Literal, Metadata, NamedArgument, Node, NodeId, NodeKind, NodeValue, Target,
};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// The names of inputs that are plain values: a graph has their values only. Those of the outer graph are in the signature.
pub(super) type ConstantNames<'s> = &'s dyn Fn(usize) -> Option<String>;

/// Reads one graph; those inside of it are read by readers of their own.
pub(super) struct GraphReader<'s, 'b, 'j> {
    pub(super) values: &'s mut Values<'b>,
    pub(super) constants: ConstantNames<'s>,
    /// The way to the graph: empty, or `true_graph_0 of cond: `.
    path: String,
    /// How many graphs it is inside of.
    pub(super) depth: usize,
    tables: Tables<'j>,
    names: FxNames,
    ids: HashMap<String, NodeId>,
    graph: Graph,
}

/// The values of a graph by name. They are read where they are used.
struct Tables<'j> {
    tensors: Table<'j>,
    ints: Table<'j>,
    floats: Table<'j>,
    bools: Table<'j>,
    objects: Table<'j>,
}

type Table<'j> = HashMap<Cow<'j, str>, Raw<'j>>;

/// The deepest nest of graphs. PyTorch writes two or three.
pub(super) const DEEPEST: usize = 32;

impl<'j> Tables<'j> {
    fn of(graph: &unread::Graph<'j>, json: &Json) -> Result<Self, ContentError> {
        let table = |part: Option<Raw<'j>>| {
            let mut table = Table::new();
            let Some(part) = part else { return Ok::<_, ContentError>(table) };
            json.entries(part, "", |name, value: Raw<'j>| {
                json.budget.entry::<(Cow<'j, str>, Raw<'j>)>()?;
                table.insert(name, value);
                Ok::<_, ContentError>(())
            })?;
            Ok(table)
        };
        Ok(Tables {
            tensors: table(Some(graph.tensor_values))?,
            ints: table(Some(graph.sym_int_values))?,
            floats: table(graph.sym_float_values)?,
            bools: table(Some(graph.sym_bool_values))?,
            objects: table(graph.custom_obj_values)?,
        })
    }

    /// Checks the form of the values that no node has, and gives back the memory of the tables.
    fn close(self, json: &Json) -> Result<(), ContentError> {
        let place = "graph_module.graph.tensor_values.";
        self.tensors.values().try_for_each(|value| json.part::<schema::TensorMeta>(value, place).map(drop))?;
        let tables = [&self.tensors, &self.ints, &self.floats, &self.bools, &self.objects];
        let entries: usize = tables.iter().map(|table| table.capacity() / 2).sum();
        json.budget.give(entries * size_of::<(Cow<'_, str>, Raw<'_>)>());
        Ok(())
    }
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
    frame: Option<Arc<Frame>>,
}

impl<'s, 'b, 'j> GraphReader<'s, 'b, 'j> {
    /// Reads a graph and the graphs inside of it.
    pub(super) fn read(
        graph: &unread::Graph<'j>,
        values: &'s mut Values<'b>,
        constants: ConstantNames<'s>,
        path: String,
        depth: usize,
    ) -> Result<(Graph, HashMap<String, NodeId>), LoadError> {
        let json = values.json();
        let tables = Tables::of(graph, json).map_err(|e| e.at(format!("{path}the values")))?;
        let (names, ids) = (FxNames::default(), HashMap::new());
        let mut reader = GraphReader { values, constants, path, depth, tables, names, ids, graph: Graph::default() };
        let mut index = 0;
        let read = json.each(graph.inputs, "graph_module.graph.inputs.", |input| {
            reader.input(index, input)?;
            index += 1;
            Ok::<_, Failure>(())
        });
        read.map_err(|e| e.at(|| format!("{}input {index}", reader.path)))?;
        let mut index = 0;
        let read = json.each(graph.nodes, "graph_module.graph.nodes.", |node| {
            reader.node(node)?;
            index += 1;
            Ok::<_, Failure>(())
        });
        read.map_err(|e| e.at(|| format!("{}node number {index}", reader.path)))?;
        let mut index = 0;
        let outputs = json.list(graph.outputs, "graph_module.graph.outputs.", |output: Arg<'j>| {
            let output = output_of(&output, &reader.ids)?;
            index += 1;
            Ok::<_, Failure>(output)
        });
        reader.graph.outputs = outputs.map_err(|e| e.at(|| format!("{}output {index}", reader.path)))?;
        let is_single_tensor_return = graph.is_single_tensor_return;
        if is_single_tensor_return && reader.graph.outputs.len() != 1 {
            let found = reader.graph.outputs.len().to_string();
            let error = ContentError::Mismatch { what: "the number of outputs", expected: "1".to_owned(), found };
            return Err(error.at(format!("{}the outputs", reader.path)));
        }
        reader.graph.returns_single = is_single_tensor_return;
        reader.graph.nodes.shrink_to_fit();
        let GraphReader { tables, graph, ids, path, .. } = reader;
        tables.close(json).map_err(|e| e.at(format!("{path}the values")))?;
        Ok((graph, ids))
    }

    /// What it reads with.
    pub(super) fn json(&self) -> &'b Json {
        self.values.json()
    }

    fn input(&mut self, index: usize, input: Arg<'j>) -> Result<(), ContentError> {
        let (name, kind) = match input {
            Arg::AsTensor(name) => (name.name.into_owned(), Kind::Tensor),
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
                self.create(&name)?;
                self.push(Node::new(name, NodeKind::Placeholder, NodeValue::Literal(literal)))?;
                return Ok(());
            }
        };
        self.create(&name)?;
        let value = self.value(&name, kind)?;
        self.push(Node::new(name, NodeKind::Placeholder, value))?;
        Ok(())
    }

    /// Adds a node, whose name is new.
    fn push(&mut self, node: Node) -> Result<NodeId, ContentError> {
        let budget = &self.json().budget;
        budget.entry::<(String, NodeId)>()?;
        let (name, id) = (node.name.clone(), NodeId(self.graph.nodes.len()));
        budget.push(&mut self.graph.nodes, node)?;
        match self.ids.insert(name, id) {
            None => Ok(id),
            Some(_) => {
                let name = self.graph.nodes.pop().map(|node| node.name).unwrap_or_default();
                Err(ContentError::DuplicateName { name: cut(&name) })
            }
        }
    }

    pub(super) fn id(&self, name: &str) -> Result<NodeId, ContentError> {
        self.ids.get(name).copied().ok_or_else(|| ContentError::UndefinedName { name: cut(name) })
    }

    /// Takes the value with this name out of the table of its kind: every value has one node.
    fn value(&mut self, name: &str, kind: Kind) -> Result<NodeValue, ContentError> {
        let json = self.json();
        let missing = |table| ContentError::NoValue { name: cut(name), table };
        match kind {
            Kind::Tensor => {
                let part = self.tables.tensors.remove(name).ok_or_else(|| missing("tensor_values"))?;
                let meta = json.part(part, "graph_module.graph.tensor_values.")?;
                Ok(NodeValue::Tensor(self.values.tensor_type(&meta)?))
            }
            Kind::Int => {
                let part = self.tables.ints.get(name).ok_or_else(|| missing("sym_int_values"))?;
                self.values.int_value(&json.part(part, "graph_module.graph.sym_int_values.")?)
            }
            Kind::Float => {
                let part = self.tables.floats.get(name).ok_or_else(|| missing("sym_float_values"))?;
                self.values.float_value(&json.part(part, "graph_module.graph.sym_float_values.")?)
            }
            Kind::Bool => {
                let part = self.tables.bools.get(name).ok_or_else(|| missing("sym_bool_values"))?;
                self.values.bool_value(&json.part(part, "graph_module.graph.sym_bool_values.")?)
            }
            Kind::Object => {
                let part = self.tables.objects.get(name).ok_or_else(|| missing("custom_obj_values"))?;
                let object: schema::CustomObject = json.part(part, "graph_module.graph.custom_obj_values.")?;
                json.budget.take(object.class_fqn.len())?;
                Ok(NodeValue::Object { class: object.class_fqn })
            }
        }
    }

    fn node(&mut self, node: unread::Node<'j>) -> Result<(), LoadError> {
        let unread::Node { target, inputs, outputs, metadata, is_hop_single_tensor_return, name } = node;
        let json = self.json();
        let unnamed = |e: ContentError| e.at(format!("{}a node that calls `{}`", self.path, cut(&target)));
        let outputs: Vec<Arg<'j>> = json.list(outputs, "graph_module.graph.nodes.outputs.", Ok).map_err(unnamed)?;
        let own = outputs.len() * size_of::<Arg<'_>>();
        let place = {
            let first = || outputs.first().and_then(named).map(|(name, _)| name);
            let shown = name.as_deref().or_else(first).unwrap_or(&target);
            format!("{}node `{}`", self.path, cut(shown))
        };
        let target = parse_target(&target).map_err(|e| e.at(place.clone()))?;
        let arguments = json.list(inputs, "graph_module.graph.nodes.inputs.", |argument: unread::NamedArg<'j>| {
            let unread::NamedArg { name, arg, kind } = argument;
            let at = || match name.as_str() {
                "" => place.clone(),
                name => format!("{place}, argument `{}`", cut(name)),
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
                        None => return Err(ContentError::Number { number, what: "an ArgumentKind" }.at(at()).into()),
                    }
                }
            };
            let value = self.argument(arg, &place, 0).map_err(|e| e.at(at))?;
            json.budget.take(name.len())?;
            Ok::<_, Failure>(NamedArgument { name, keyword, value })
        });
        let arguments = arguments.map_err(|e| e.at(|| place.clone()))?;
        let (metadata, frame) = self.values.metadata(metadata).map_err(|e| e.at(place.clone()))?;
        let call = Call { target, arguments, metadata, frame };
        self.results(call, name, outputs, is_hop_single_tensor_return).map_err(|e| e.at(place))?;
        json.budget.give(own);
        Ok(())
    }

    /// Adds the node of a call, and those of its results.
    fn results(
        &mut self,
        call: Call,
        name: Option<String>,
        outputs: Vec<Arg<'j>>,
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
                self.call_name(name.as_deref(), &call.target, Some(&own))?;
                let value = self.value(&own, kind)?;
                self.push(call.node(own, value))?;
                return Ok(());
            }
            if matches!(output, Arg::AsNone(_)) {
                self.call_name(name.as_deref(), &call.target, None)?;
                let name = self.create(&format!("{}_unused", snake_case(&function_name(&call.target))))?;
                self.push(call.node(name, NodeValue::Literal(Literal::None)))?;
                return Ok(());
            }
        }
        if outputs.is_empty() {
            let name = self.call_name(name.as_deref(), &call.target, None)?;
            self.push(call.node(name, NodeValue::Nothing))?;
            return Ok(());
        }
        let name = self.call_name(name.as_deref(), &call.target, None)?;
        let (metadata, frame) = (call.metadata.clone(), call.frame.clone());
        if let [Arg::AsTensors(names)] = outputs.as_slice() {
            let value = NodeValue::Several { count: count(names), list: true };
            let of = self.push(call.node(name, value))?;
            return self.list_items(of, names, &metadata, &frame);
        }
        let of = self.push(call.node(name, NodeValue::Several { count: outputs.len(), list: false }))?;
        for (index, output) in outputs.into_iter().enumerate() {
            match output {
                Arg::AsNone(_) => {
                    let name = self.create("as_none")?;
                    self.add_item(of, index, name, NodeValue::Literal(Literal::None), &metadata, &frame)?;
                }
                Arg::AsTensors(names) => {
                    let list = self.create("getitem")?;
                    let value = NodeValue::Several { count: count(names), list: true };
                    let list = self.add_item(of, index, list, value, &metadata, &frame)?;
                    self.list_items(list, names, &metadata, &frame)?;
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
    fn call_name(&mut self, name: Option<&str>, target: &Target, result: Option<&str>) -> Result<String, ContentError> {
        let op_with_tensor = matches!(target, Target::Op(_) | Target::Python(_)) || result.is_some();
        match (name.filter(|name| !name.is_empty()), result) {
            (Some(name), _) => self.create(name),
            (None, Some(result)) if op_with_tensor => self.create(result),
            (None, _) => self.create(&snake_case(&function_name(target))),
        }
    }

    /// A free name from a wish. It is stored among the names in use, with its base, in the node and among the ids.
    pub(super) fn create(&mut self, wish: &str) -> Result<String, ContentError> {
        let budget = &self.json().budget;
        budget.take(4 * wish.len())?;
        budget.entry::<String>()?;
        budget.entry::<(String, u64)>()?;
        Ok(self.names.create(wish))
    }

    /// Adds the items of a list of tensors.
    fn list_items(
        &mut self,
        of: NodeId,
        names: Raw<'j>,
        metadata: &Metadata,
        frame: &Option<Arc<Frame>>,
    ) -> Result<(), ContentError> {
        let mut index = 0;
        self.json().each(names, "graph_module.graph.nodes.outputs.", |name: Name<'j>| {
            self.item(of, index, name.name.into_owned(), Kind::Tensor, metadata, frame)?;
            index += 1;
            Ok(())
        })
    }

    fn item(
        &mut self,
        of: NodeId,
        index: usize,
        name: String,
        kind: Kind,
        metadata: &Metadata,
        frame: &Option<Arc<Frame>>,
    ) -> Result<NodeId, ContentError> {
        self.create(&name)?;
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
        frame: &Option<Arc<Frame>>,
    ) -> Result<NodeId, ContentError> {
        let mut node = Node::new(name, NodeKind::Item { of, index }, value);
        (node.metadata, node.frame) = (metadata.clone(), frame.clone());
        self.push(node)
    }
}

impl Call {
    fn node(self, name: String, value: NodeValue) -> Node {
        let mut node = Node::new(name, NodeKind::Call { target: self.target, arguments: self.arguments }, value);
        (node.metadata, node.frame) = (self.metadata, self.frame);
        node
    }
}

/// The name and kind of a value that an argument refers to, if it does.
fn named<'a>(arg: &'a Arg<'_>) -> Option<(&'a str, Kind)> {
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
pub(super) fn output_of(arg: &Arg<'_>, ids: &HashMap<String, NodeId>) -> Result<GraphOutput, ContentError> {
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
    ids.get(name).map(|id| GraphOutput::Node(*id)).ok_or_else(|| ContentError::UndefinedName { name: cut(name) })
}

/// The name of a function in Python (`target.__name__`).
pub(super) fn function_name(target: &Target) -> String {
    match target {
        Target::Op(op) => format!("{}.{}", op.name(), op.overload()),
        Target::HigherOrder(name) | Target::Predispatch(name) => name.clone(),
        Target::Python(function) => function.base_name().to_owned(),
    }
}
