//! Checks of a whole program, so that whoever uses it next meets nothing broken.

mod arguments;
mod graph;
pub(crate) mod schema;
mod signature;
mod subgraphs;

use crate::ExportedProgram;
use std::fmt;
use symbolic::Symbol;

/// A broken rule: where, and what is wrong.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{place}: {problem}")]
#[non_exhaustive]
pub struct Finding {
    /// The part of the program: a node with its argument, an entry of the signature.
    pub place: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a part of a program.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A node refers to itself, to a later node, or to none.
    #[error("it uses node number {id}, which is not before it")]
    NotBefore {
        /// The number of the node.
        id: usize,
    },
    /// Two nodes have one name.
    #[error("the name `{name}` is used twice")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// A placeholder stands behind a call.
    #[error("it is a placeholder behind a call")]
    LatePlaceholder,
    /// A value has another kind than its use needs.
    #[error("`{name}` is {found}, and {expected} is needed")]
    Kind {
        /// The name of the value.
        name: String,
        /// What is needed: `a tensor`.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A result is taken that the call does not have.
    #[error("it takes result {index} of `{of}`, which has {count}")]
    NoResult {
        /// The index.
        index: usize,
        /// The name of the call.
        of: String,
        /// The number of results.
        count: usize,
    },
    /// An operator has no argument of this name, or has it twice.
    #[error("{op} has no such argument, or it is given twice")]
    UnknownArgument {
        /// The operator.
        op: String,
    },
    /// An argument that has to be given is missing.
    #[error("the argument `{argument}` of {op} is missing")]
    MissingArgument {
        /// The operator.
        op: String,
        /// The argument.
        argument: &'static str,
    },
    /// An argument is passed by position that can only be passed by keyword, or stands in another order.
    #[error("{op} does not take this argument here: it is out of order, or has to be passed by keyword")]
    Order {
        /// The operator.
        op: String,
    },
    /// An argument has another type than the operator takes.
    #[error("{op} takes {expected}, and this is {found}")]
    Type {
        /// The operator.
        op: String,
        /// The type in the schema.
        expected: String,
        /// The kind of the argument.
        found: &'static str,
    },
    /// A call has other results than its operator returns.
    #[error("{op} returns {expected}, and the node has {found}")]
    Results {
        /// The operator.
        op: String,
        /// What the schema says.
        expected: String,
        /// What the node has.
        found: String,
    },
    /// A function on numbers has another number of operands.
    #[error("{function} takes {expected} operands, and has {found}")]
    Operands {
        /// The function.
        function: &'static str,
        /// How many it takes.
        expected: usize,
        /// How many it has.
        found: usize,
    },
    /// A symbol has no range.
    #[error("the symbol `{symbol}` has no range")]
    NoRange {
        /// The symbol.
        symbol: Symbol,
    },
    /// The graph of a higher-order op does not fit its operands or results.
    #[error("the graph `{graph}` has {found} {what}, and {expected} are needed")]
    Subgraph {
        /// The name of the graph.
        graph: String,
        /// `inputs` or `outputs`.
        what: &'static str,
        /// How many are needed.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A higher-order op has arguments of another form.
    #[error("a call of `{op}` has the form {form}")]
    Form {
        /// The op.
        op: String,
        /// Its arguments.
        form: &'static str,
    },
    /// A tensor of the signature has no data.
    #[error("there is no {kind} `{name}`")]
    NoData {
        /// `parameter`, `buffer` or `constant`.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// A stored tensor has another type than its placeholder.
    #[error("the stored tensor is {found}, and the placeholder is {expected}")]
    OtherData {
        /// The type of the placeholder.
        expected: String,
        /// The type of the stored tensor.
        found: String,
    },
    /// A number of entries does not fit.
    #[error("there are {found} {what}, and {expected} are needed")]
    Count {
        /// What was counted.
        what: &'static str,
        /// How many are needed.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// An entry of the signature names nothing.
    #[error("it names `{name}`, which is not {what}")]
    Dangling {
        /// The name.
        name: String,
        /// What it should be: `a buffer`.
        what: &'static str,
    },
    /// The elements of a stored tensor are outside of its bytes.
    #[error("its elements need {needed} bytes, and it has {available}")]
    Bounds {
        /// The smallest sufficient number of bytes.
        needed: i128,
        /// The number of bytes.
        available: usize,
    },
}

/// Something that is not wrong, and that a reader should know.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Remark {
    /// An operator that libtorch 2.13 does not have, so that its arguments were not checked.
    UnknownOp {
        /// The operator.
        op: String,
        /// The first node that calls it.
        node: String,
    },
    /// An object that is a pickle. It was not read.
    Pickled {
        /// Its name.
        name: String,
    },
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Remark::UnknownOp { op, node } => {
                write!(f, "node `{node}`: {op} is not an operator of libtorch 2.13; its arguments were not checked")
            }
            Remark::Pickled { name } => write!(f, "`{name}` is a pickle, which was not read"),
        }
    }
}

/// How many broken rules a report has at most: the first ones.
const MOST_FINDINGS: usize = 1000;

/// What [`ExportedProgram::check`] found.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// The broken rules; of more than a thousand, the first ones.
    pub findings: Vec<Finding>,
    /// What else a reader should know.
    pub remarks: Vec<Remark>,
}

impl Report {
    /// Notes a broken rule.
    fn add(&mut self, place: impl Into<String>, problem: Problem) {
        if self.findings.len() == MOST_FINDINGS {
            return;
        }
        self.findings.push(Finding { place: place.into(), problem });
    }
}

impl ExportedProgram {
    /// Checks all rules that a program keeps: names, order, the types of arguments by the schemas of libtorch 2.13, ranges of
    /// symbols, graphs of higher-order ops, the signature and the stored tensors.
    ///
    /// A loaded program has been checked. Check a program that was built or changed by hand.
    ///
    /// ```
    /// # use program::{ExportedProgram, Graph, GraphSignature, Node, NodeId, NodeKind, NodeValue};
    /// # use pytree_core::TreeSpec;
    /// let mut graph = Graph::default();
    /// let kind = NodeKind::Item { of: NodeId(7), index: 0 };
    /// graph.push(Node::new("getitem", kind, NodeValue::Nothing));
    /// let args = TreeSpec::tuple([TreeSpec::tuple([]), TreeSpec::dict::<&str>([])]);
    /// let program = ExportedProgram::new(graph, GraphSignature::default(), args, TreeSpec::tuple([]));
    /// let report = program.check();
    /// assert_eq!(report.findings[0].to_string(), "node `getitem`: it uses node number 7, which is not before it");
    /// ```
    pub fn check(&self) -> Report {
        let mut report = Report::default();
        if graph::check(&self.graph, "", self, &mut report) {
            signature::check(self, &mut report);
        }
        report.remarks.extend(self.pickled.keys().map(|name| Remark::Pickled { name: name.clone() }));
        report
    }
}
