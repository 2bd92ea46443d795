//! Writes a graph: its nodes, their values and results.

use super::SaveError;
use super::fx_names::snake_case;
use super::read_graph::function_name;
use super::schema::{self, Arg, Float, Name, SymBoolArg, SymExpr, SymFloatArg, SymInt, SymIntArg};
use super::write_values::Values;
use crate::graph::{Graph, GraphOutput, Literal, Node, NodeId, NodeKind, NodeValue, Target};
use pytree_core::Leaf;
use std::collections::HashMap;

/// Writes one graph and its sub-graphs.
pub(super) struct GraphWriter<'p> {
    pub(super) graph: &'p Graph,
    pub(super) values: Values<'p>,
}

impl<'p> GraphWriter<'p> {
    pub(super) fn name(&self, id: NodeId) -> Name {
        Name { name: self.graph.node(id).name.clone() }
    }

    pub(super) fn graph(&self) -> Result<schema::Graph, SaveError> {
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
    pub(super) fn items(&self) -> HashMap<(NodeId, usize), NodeId> {
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
    pub(super) fn reference(&self, id: NodeId) -> Arg {
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

    pub(super) fn output(&self, index: usize, output: &GraphOutput) -> Result<Arg, SaveError> {
        match output {
            GraphOutput::Node(id) => Ok(self.reference(*id)),
            GraphOutput::Literal(Leaf::Str(_)) => Err(SaveError::StrOutput(index)),
            GraphOutput::Literal(literal) => Ok(literal_arg(literal)),
        }
    }

    /// The results of a call. If it returns several, each has the name of its item.
    pub(super) fn results(&self, id: NodeId, node: &Node, items: &HashMap<(NodeId, usize), NodeId>) -> Vec<Arg> {
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
}

/// The metadata of a node. A node of a new program has a stack trace of one frame.
pub(super) fn metadata(node: &Node) -> schema::Named<String> {
    if node.metadata.is_empty() {
        return node.frame.iter().map(|frame| ("stack_trace".to_owned(), frame.stack_trace())).collect();
    }
    node.metadata.iter().map(|(key, text)| (key.to_owned(), text.to_owned())).collect()
}

/// A plain value as an argument.
pub(super) fn literal_arg(literal: &Literal) -> Arg {
    match literal {
        Leaf::None => Arg::AsNone(true),
        Leaf::Int(v) => Arg::AsInt(*v),
        Leaf::Float(v) => Arg::AsFloat(Float(*v)),
        Leaf::Bool(v) => Arg::AsBool(*v),
        Leaf::Str(v) => Arg::AsString(v.clone()),
        Leaf::Tensor(never) => match *never {},
    }
}
