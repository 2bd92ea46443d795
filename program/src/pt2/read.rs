//! Reads a program from an archive.

use super::error::{ContentError, LoadError};
use super::open::Archive;
use super::payload::{Payloads, check_bounds};
use super::pickle;
use super::read_graph::{GraphReader, output_of};
use super::schema::{self, Arg};
use super::values::{Unread, Values, literal};
use crate::ExportedProgram;
use crate::data::Storage;
use crate::exported::{Guard, ModuleCall, ModuleCallSignature, Origin};
use crate::graph::{Graph, GraphOutput, NodeId, NodeValue};
use crate::signature::{GraphSignature, InputKind, InputSpec, OutputKind, OutputSpec};
use indexmap::{IndexMap, IndexSet};
use pytree_core::TreeSpec;
use std::borrow::Cow;
use std::collections::HashMap;
use symbolic::{Expr, ValueRange};

/// The major version of the schema.
const MAJOR: u32 = 8;

/// The newest minor version whose fields are all known.
const NEWEST_MINOR: u32 = schema::SCHEMA_VERSION.minor;

/// Loads the program of this name, which the archive has.
pub(super) fn program(archive: &Archive, name: &str) -> Result<ExportedProgram, LoadError> {
    let member = format!("models/{name}.json");
    let bytes = archive.member(&member)?.ok_or_else(|| LoadError::Missing { name: member.clone() })?;
    let read: schema::Program<Unread<'_>> = match json(&bytes, &member) {
        Ok(read) => read,
        // A file of another version may have another form: the version is the better message.
        Err(error) => {
            if let Ok(OnlyVersion { schema_version }) = json(&bytes, &member) {
                check_version(&schema_version)?;
            }
            return Err(error);
        }
    };
    check_version(&read.schema_version)?;
    if read.schema_version.minor > NEWEST_MINOR {
        no_unknown_fields(&bytes, &member, read.schema_version.minor)?;
    }
    let mut program = decode(read, name)?;
    drop(bytes);
    for kind in ["weights", "constants"] {
        let Payloads { tensors, pickled } = payloads(archive, name, kind)?;
        let into = if kind == "weights" { &mut program.state_dict } else { &mut program.constants };
        *into = tensors;
        program.pickled.extend(pickled);
    }
    program.sample_inputs =
        archive.payload(&format!("data/sample_inputs/{name}.pt"))?.filter(|b| !b.as_bytes().is_empty());
    let extra: Vec<String> =
        archive.members().filter_map(|(name, _)| name.strip_prefix("extra/").map(str::to_owned)).collect();
    for name in extra {
        if let Some(bytes) = archive.payload(&format!("extra/{name}"))? {
            program.extra_files.insert(name, bytes);
        }
    }
    match program.check().findings.into_iter().next() {
        Some(finding) => Err(finding.into()),
        None => Ok(program),
    }
}

#[derive(serde::Deserialize)]
struct OnlyVersion {
    schema_version: schema::Version,
}

fn json<'b, T: serde::Deserialize<'b>>(bytes: &'b Storage, member: &str) -> Result<T, LoadError> {
    serde_json::from_slice(bytes.as_bytes()).map_err(|source| LoadError::Json { member: member.to_owned(), source })
}

fn check_version(version: &schema::Version) -> Result<(), LoadError> {
    let schema::Version { major, minor } = *version;
    if major == MAJOR { Ok(()) } else { Err(LoadError::SchemaVersion { major, minor }) }
}

/// Checks that a program of a newer schema has no field that this library does not know.
fn no_unknown_fields(bytes: &Storage, member: &str, minor: u32) -> Result<(), LoadError> {
    let mut unknown = None;
    let mut deserializer = serde_json::Deserializer::from_slice(bytes.as_bytes());
    let read: Result<schema::Program, _> = serde_ignored::deserialize(&mut deserializer, |path| {
        unknown.get_or_insert_with(|| path.to_string());
    });
    read.map_err(|source| LoadError::Json { member: member.to_owned(), source })?;
    match unknown {
        Some(field) => Err(LoadError::UnknownField { minor, field }),
        None => Ok(()),
    }
}

fn decode(read: schema::Program<Unread<'_>>, name: &str) -> Result<ExportedProgram, LoadError> {
    let schema::GraphModule { graph, signature, module_call_graph, metadata, treespec_namedtuple_fields } =
        read.graph_module;
    let mut values = Values::default();
    let constant = |index: usize| match signature.input_specs.get(index)? {
        schema::InputSpec::ConstantInput { name, .. } => Some(name.clone()),
        _ => None,
    };
    let (graph, ids) = GraphReader::read(graph, &mut values, &constant, String::new())?;
    let signature = GraphSignature {
        inputs: input_specs(signature.input_specs, &graph)?,
        outputs: output_specs(&signature.output_specs, &graph, &ids)?,
    };
    let fields: Fields =
        treespec_namedtuple_fields.into_iter().map(|(name, fields)| (name, fields.field_names)).collect();
    let mut calls = Vec::with_capacity(module_call_graph.len());
    for call in module_call_graph {
        calls.push(module_call(call, &ids, &fields)?);
    }
    let root = match calls.first() {
        Some(call) if call.fqn.is_empty() => calls.remove(0).signature,
        _ => None,
    };
    let Some(root) = root else {
        let error = ContentError::UndefinedName { name: "module_call_graph[0].signature".to_owned() };
        return Err(error.at("the module call graph"));
    };
    let mut program = ExportedProgram::new(graph, signature, root.in_spec, root.out_spec);
    program.argument_names = root.argument_names.unwrap_or_default();
    (program.range_constraints, program.offset_ranges) = ranges(&read.range_constraints, &values)?;
    (program.hints, program.expression_hints) = values.into_hints();
    program.guards = read.guards_code.into_iter().map(Guard::of_code).collect();
    program.module_calls = calls;
    program.metadata = metadata;
    program.verifiers = read.verifiers;
    program.origin = Some(Origin {
        name: name.to_owned(),
        torch_version: read.torch_version,
        schema_version: (read.schema_version.major, read.schema_version.minor),
        opset_version: read.opset_version,
    });
    Ok(program)
}

type Ranges = Vec<(Expr, ValueRange)>;

/// The ranges of the expressions that occur in values, and of those that occur in offsets only, in the order of the file.
///
/// Keys are printed expressions. As in PyTorch, one that is not a part of any value says nothing and is dropped.
fn ranges(read: &schema::Named<schema::Range>, values: &Values) -> Result<(Ranges, Ranges), LoadError> {
    let keys: IndexSet<&str> = read.keys().map(String::as_str).collect();
    let (found, in_offsets) = values.printed(&keys);
    let (mut ranges, mut rest) = (Ranges::with_capacity(read.len()), Ranges::new());
    for (key, range) in read {
        let range = ValueRange::new(range.min_val, range.max_val);
        if range.is_empty() {
            let error = ContentError::unsupported(format!("the empty range {range}"));
            return Err(error.at(format!("the range of `{key}`")));
        }
        match (found.get(key), in_offsets.get(key)) {
            (Some(expr), _) => ranges.push((expr.clone(), range)),
            (None, Some(expr)) => rest.push((expr.clone(), range)),
            (None, None) => {}
        }
    }
    Ok((ranges, rest))
}

fn input_specs(specs: Vec<schema::InputSpec>, graph: &Graph) -> Result<Vec<InputSpec>, LoadError> {
    let placeholders: Vec<NodeId> = graph.placeholders().map(|(id, _)| id).collect();
    if specs.len() != placeholders.len() {
        let (expected, found) = (placeholders.len().to_string(), specs.len().to_string());
        let error = ContentError::Mismatch { what: "the number of input specs", expected, found };
        return Err(error.at("the signature"));
    }
    let mut read = Vec::with_capacity(specs.len());
    for (index, (spec, node)) in specs.into_iter().zip(placeholders).enumerate() {
        let placeholder = graph.node(node);
        let at = || format!("input spec {index}");
        let (name, kind) = match spec {
            schema::InputSpec::UserInput { arg } => {
                let name = match &arg {
                    Arg::AsTensor(name) => name.name.clone(),
                    Arg::AsCustomObj(object) => object.name.clone(),
                    Arg::AsSymInt(schema::SymIntArg::AsName(name))
                    | Arg::AsSymFloat(schema::SymFloatArg::AsName(name))
                    | Arg::AsSymBool(schema::SymBoolArg::AsName(name)) => name.clone(),
                    arg if literal(arg).is_some() => placeholder.name.clone(),
                    _ => {
                        return Err(
                            ContentError::unsupported("an input that is not a tensor or a plain value").at(at())
                        );
                    }
                };
                (name, InputKind::UserInput)
            }
            schema::InputSpec::ConstantInput { name, value } => {
                let same =
                    matches!(&placeholder.value, NodeValue::Literal(known) if literal(&value).as_ref() == Some(known));
                let nan = matches!(&value, Arg::AsFloat(value) if value.0.is_nan());
                if !same && !nan {
                    let (expected, found) = (format!("{:?}", placeholder.value), format!("{:?}", literal(&value)));
                    return Err(ContentError::Mismatch { what: "the value of the input", expected, found }.at(at()));
                }
                (if name.is_empty() { placeholder.name.clone() } else { name }, InputKind::UserInput)
            }
            schema::InputSpec::Parameter { arg, parameter_name } => {
                (arg.name, InputKind::Parameter { name: parameter_name })
            }
            schema::InputSpec::Buffer { arg, buffer_name, persistent } => {
                (arg.name, InputKind::Buffer { name: buffer_name, persistent })
            }
            schema::InputSpec::TensorConstant { arg, tensor_constant_name } => {
                (arg.name, InputKind::ConstantTensor { name: tensor_constant_name })
            }
            schema::InputSpec::CustomObj { arg, custom_obj_name } => {
                (arg.name, InputKind::CustomObject { name: custom_obj_name })
            }
            schema::InputSpec::Token { arg } => (arg.name, InputKind::Token),
        };
        if name != placeholder.name {
            let (expected, found) = (placeholder.name.clone(), name);
            return Err(ContentError::Mismatch { what: "the name of the input", expected, found }.at(at()));
        }
        read.push(InputSpec { node, kind });
    }
    Ok(read)
}

fn output_specs(
    specs: &[schema::OutputSpec],
    graph: &Graph,
    ids: &HashMap<String, NodeId>,
) -> Result<Vec<OutputSpec>, LoadError> {
    if specs.len() != graph.outputs.len() {
        let (expected, found) = (graph.outputs.len().to_string(), specs.len().to_string());
        let error = ContentError::Mismatch { what: "the number of output specs", expected, found };
        return Err(error.at("the signature"));
    }
    let mut read = Vec::with_capacity(specs.len());
    for (index, (spec, output)) in specs.iter().zip(&graph.outputs).enumerate() {
        let tensor = |name: &schema::Name| output_of(&Arg::<schema::NodeMetadata>::AsTensor(name.clone()), ids);
        let (value, kind) = match spec {
            schema::OutputSpec::UserOutput { arg } => (output_of(arg, ids), OutputKind::UserOutput),
            schema::OutputSpec::LossOutput { arg } => (tensor(arg), OutputKind::LossOutput),
            schema::OutputSpec::BufferMutation { arg, buffer_name } => {
                (tensor(arg), OutputKind::BufferMutation { buffer: buffer_name.clone() })
            }
            schema::OutputSpec::ParameterMutation { arg, parameter_name } => {
                (tensor(arg), OutputKind::ParameterMutation { parameter: parameter_name.clone() })
            }
            schema::OutputSpec::GradientToParameter { arg, parameter_name } => {
                (tensor(arg), OutputKind::GradientToParameter { parameter: parameter_name.clone() })
            }
            schema::OutputSpec::GradientToUserInput { arg, user_input_name } => {
                (tensor(arg), OutputKind::GradientToUserInput { input: user_input_name.clone() })
            }
            schema::OutputSpec::UserInputMutation { arg, user_input_name } => {
                (tensor(arg), OutputKind::UserInputMutation { input: user_input_name.clone() })
            }
            schema::OutputSpec::Token { arg } => (tensor(arg), OutputKind::Token),
        };
        let at = || format!("output spec {index}");
        let value = value.map_err(|e| e.at(at()))?;
        if !same_output(&value, output) {
            let (expected, found) = (format!("{output:?}"), format!("{value:?}"));
            return Err(ContentError::Mismatch { what: "the value of the output", expected, found }.at(at()));
        }
        read.push(OutputSpec { value, kind });
    }
    Ok(read)
}

/// Whether two outputs are the same; NaN is itself.
fn same_output(a: &GraphOutput, b: &GraphOutput) -> bool {
    use crate::graph::Literal;
    match (a, b) {
        (GraphOutput::Literal(Literal::Float(a)), GraphOutput::Literal(Literal::Float(b))) => {
            a == b || a.is_nan() && b.is_nan()
        }
        _ => a == b,
    }
}

type Fields = IndexMap<String, Vec<String>>;

fn module_call(
    call: schema::ModuleCall,
    ids: &HashMap<String, NodeId>,
    fields: &Fields,
) -> Result<ModuleCall, LoadError> {
    let place = || format!("the call of the module {:?}", call.fqn);
    let signature = match call.signature {
        None => None,
        Some(signature) => {
            let leaves = |args: &[Arg]| args.iter().map(|arg| output_of(arg, ids)).collect::<Result<Vec<_>, _>>();
            let spec = |text: &str| {
                let names = |name: &str| fields.get(name).map(|names| names.iter().cloned().map(Cow::Owned).collect());
                TreeSpec::from_json_with(text, names).map_err(|e| ContentError::TreeSpec(Box::new(e)))
            };
            let read = || {
                Ok(ModuleCallSignature {
                    inputs: leaves(&signature.inputs)?,
                    outputs: leaves(&signature.outputs)?,
                    in_spec: spec(&signature.in_spec)?,
                    out_spec: spec(&signature.out_spec)?,
                    argument_names: signature.forward_arg_names.clone(),
                })
            };
            Some(read().map_err(|e: ContentError| e.at(place()))?)
        }
    };
    Ok(ModuleCall { fqn: call.fqn, signature })
}

/// The weights or the constants of a program.
fn payloads(archive: &Archive, name: &str, kind: &str) -> Result<Payloads, LoadError> {
    let config = format!("data/{kind}/{name}_{kind}_config.json");
    if let Some(bytes) = archive.member(&config)? {
        let config: schema::PayloadConfig = json(&bytes, &config)?;
        return Payloads::read(config, kind, |path| {
            let member = format!("data/{kind}/{path}");
            archive.payload(&member)?.ok_or(LoadError::Missing { name: member })
        });
    }
    // Torch 2.8 has one pickle instead.
    let pickle = format!("data/{kind}/{name}.pt");
    let Some(bytes) = archive.payload(&pickle)? else { return Err(LoadError::Missing { name: config }) };
    let tensors = pickle::tensors(bytes, archive.limits()).map_err(|e| e.at(format!("the {kind} in {pickle:?}")))?;
    for (name, data) in &tensors {
        check_bounds(data, &pickle).map_err(|e| e.at(format!("the entry `{name}` of the {kind}")))?;
    }
    Ok(Payloads { tensors, pickled: IndexMap::new() })
}
