//! Writes a program as the members of a `.pt2` file.

use super::SaveError;
use super::archive::Members;
use super::schema;
use super::symbols;
use super::write_graph::GraphWriter;
use super::write_values::{Values, checked};
use crate::ExportedProgram;
use indexmap::IndexMap;
use pytree_core::TreeSpec;
use std::path::Path;

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
        let path = path.as_ref();
        let _span = tracing::info_span!("save", path = %path.display()).entered();
        archive(self).and_then(|archive| archive.write(path)).map_err(|error| error.in_file(path))
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
    use crate::graph::{Argument, Graph, GraphOutput, Literal, NamedArgument, Node, NodeKind, NodeValue, Sym, Target};
    use crate::signature::{GraphSignature, InputKind, InputSpec};
    use pytree_core::{DType, TensorType};
    use symbolic::Expr;

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
