//! Renaming nodes.

use crate::ExportedProgram;
use crate::signature::OutputKind;
use std::collections::{HashMap, HashSet};

/// Nodes could not be renamed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RenameError {
    /// No node has the name.
    #[error("there is no node `{name}`")]
    Unknown {
        /// The name.
        name: String,
    },
    /// A new name is not a Python identifier.
    #[error("`{name}` is not a Python identifier, so a node cannot have this name")]
    NotAName {
        /// The name.
        name: String,
    },
    /// Two nodes would have one name.
    #[error("two nodes would be called `{name}`; give one of them another name")]
    Taken {
        /// The name.
        name: String,
    },
}

/// Gives nodes of the outer graph new names, all at once, so that two nodes can exchange theirs.
///
/// ```
/// # use program::{ExportedProgram, Graph, GraphSignature, Node, NodeKind, NodeValue};
/// # use pytree_core::TreeSpec;
/// # let mut graph = Graph::default();
/// # graph.push(Node::new("x", NodeKind::Placeholder, NodeValue::Nothing));
/// # let mut program = ExportedProgram::new(graph, GraphSignature::default(), TreeSpec::leaf(), TreeSpec::leaf());
/// program::passes::rename(&mut program, [("x", "tokens")])?;
/// assert_eq!(program.graph.nodes[0].name, "tokens");
/// # Ok::<(), program::passes::RenameError>(())
/// ```
///
/// # Errors
/// [`RenameError`]; then no name has changed.
pub fn rename<'n>(
    program: &mut ExportedProgram,
    names: impl IntoIterator<Item = (&'n str, &'n str)>,
) -> Result<(), RenameError> {
    let names: HashMap<&str, &str> = names.into_iter().collect();
    let known: HashSet<&str> = program.graph.nodes.iter().map(|node| node.name.as_str()).collect();
    if let Some(name) = names.keys().find(|name| !known.contains(*name)) {
        return Err(RenameError::Unknown { name: (*name).to_owned() });
    }
    let is_name = |name: &str| {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        !name.is_empty() && name.chars().all(word) && !name.starts_with(|c: char| c.is_ascii_digit())
    };
    if let Some(name) = names.values().find(|name| !is_name(name)) {
        return Err(RenameError::NotAName { name: (*name).to_owned() });
    }
    let mut used = HashSet::new();
    for node in &program.graph.nodes {
        let name = names.get(node.name.as_str()).copied().unwrap_or(node.name.as_str());
        if !used.insert(name) {
            return Err(RenameError::Taken { name: name.to_owned() });
        }
    }
    let renamed = |name: &mut String| {
        if let Some(new) = names.get(name.as_str()) {
            (*new).clone_into(name);
        }
    };
    // The signature names inputs that are written to.
    for spec in &mut program.signature.outputs {
        if let OutputKind::UserInputMutation { input } | OutputKind::GradientToUserInput { input } = &mut spec.kind {
            renamed(input);
        }
    }
    program.graph.nodes.iter_mut().for_each(|node| renamed(&mut node.name));
    Ok(())
}
