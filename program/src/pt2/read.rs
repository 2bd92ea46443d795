//! Reads a program from an archive.

use super::budget::Budget;
use super::error::{ContentError, Failure, LoadError, cut};
use super::json::{self, Json};
use super::open::Archive;
use super::payload::{Payloads, check_bounds};
use super::pickle;
use super::read_graph::{GraphReader, output_of};
use super::schema;
use super::unread::{self, Arg, Raw};
use super::values::{Values, literal};
use crate::ExportedProgram;
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
    let text = std::str::from_utf8(bytes.as_bytes());
    let text = text.map_err(|e| ContentError::Form { problem: format!("it is not UTF-8: {e}") }.at(member.clone()))?;
    let mut json = Json::new(Budget::of(archive.unpacked()));
    let read: unread::Program<'_> = match json.text(text, "") {
        Ok(read) => read,
        // A file of another version may have another form: the version is the better message.
        Err(source) => {
            if let Ok(OnlyVersion { schema_version }) = serde_json::from_str(text) {
                check_version(&schema_version)?;
            }
            return Err(LoadError::Json { member, source });
        }
    };
    check_version(&read.schema_version)?;
    let minor = read.schema_version.minor;
    let program = if minor > NEWEST_MINOR {
        json.note_unknown_fields();
        let program = json.text(text, "").map_err(|source| LoadError::Json { member, source });
        program.and_then(|read| decode(&json, read, name))
    } else {
        decode(&json, read, name)
    };
    // That a field is not known is the better message for what follows from it.
    if let Some(field) = json.unknown_field() {
        return Err(LoadError::UnknownField { minor, field });
    }
    let mut program = program?;
    drop(bytes);
    for kind in ["weights", "constants"] {
        let Payloads { tensors, pickled } = payloads(archive, &json, name, kind)?;
        let into = if kind == "weights" { &mut program.state_dict } else { &mut program.constants };
        *into = tensors;
        // Objects of both tables are in one, which a name must find.
        if let Some(name) = pickled.keys().find(|name| program.pickled.contains_key(*name)) {
            return Err(ContentError::DuplicateName { name: cut(name) }.at(format!("the {kind}")));
        }
        program.pickled.extend(pickled);
    }
    let tensors = [&program.state_dict, &program.constants];
    if let Some(name) = program.pickled.keys().find(|name| tensors.iter().any(|tensors| tensors.contains_key(*name))) {
        return Err(ContentError::DuplicateName { name: cut(name) }.at("the objects that are not tensors"));
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

fn check_version(version: &schema::Version) -> Result<(), LoadError> {
    let schema::Version { major, minor } = *version;
    if major == MAJOR { Ok(()) } else { Err(LoadError::SchemaVersion { major, minor }) }
}

fn decode(json: &Json, read: unread::Program<'_>, name: &str) -> Result<ExportedProgram, LoadError> {
    let module = read.graph_module;
    let mut values = Values::new(json);
    let mut specs = 0;
    let inputs = json.list(module.signature.input_specs, "graph_module.signature.input_specs.", |spec| {
        specs += 1;
        Ok::<unread::InputSpec<'_>, Failure>(spec)
    });
    let inputs = inputs.map_err(|e| e.at(|| format!("input spec {specs}")))?;
    let own = inputs.len() * size_of::<unread::InputSpec<'_>>();
    let constant = |index: usize| match inputs.get(index)? {
        unread::InputSpec::ConstantInput { name, .. } => Some(name.clone()),
        _ => None,
    };
    let (graph, ids) = GraphReader::read(&module.graph, &mut values, &constant, String::new(), 0)?;
    let outputs = output_specs(json, module.signature.output_specs, &graph, &ids)?;
    let signature = GraphSignature { inputs: input_specs(json, inputs, &graph)?, outputs };
    json.budget.give(own);
    let at = |place: &'static str| move |e: ContentError| e.at(place);
    let fields = fields(json, module.treespec_namedtuple_fields).map_err(at("treespec_namedtuple_fields"))?;
    let mut index = 0;
    let calls = json.list(module.module_call_graph, "graph_module.module_call_graph.", |call| {
        index += 1;
        module_call(json, call, &ids, &fields).map_err(Failure::from)
    });
    let mut calls = calls.map_err(|e| e.at(|| format!("entry {index} of the module call graph")))?;
    drop(ids);
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
    (program.range_constraints, program.offset_ranges) = ranges(json, read.range_constraints, &values)?;
    (program.hints, program.expression_hints) = values.into_hints();
    let texts = |list: Option<Raw<'_>>| list.map_or(Ok(Vec::new()), |list| json.texts(list));
    let guards = texts(read.guards_code).map_err(at("guards_code"))?;
    json.budget.take(guards.len() * size_of::<Guard>()).map_err(at("guards_code"))?;
    program.guards = guards.into_iter().map(Guard::of_code).collect();
    program.module_calls = calls;
    program.metadata = module.metadata.map_or(Ok(IndexMap::new()), |part| json.table(part)).map_err(at("metadata"))?;
    program.verifiers = texts(read.verifiers).map_err(at("verifiers"))?;
    program.origin = Some(Origin {
        name: name.to_owned(),
        torch_version: read.torch_version,
        schema_version: (read.schema_version.major, read.schema_version.minor),
        opset_version: json.table(read.opset_version).map_err(at("opset_version"))?,
    });
    Ok(program)
}

/// The fields of namedtuple classes, by the serialized name of the class.
fn fields(json: &Json, part: Option<Raw<'_>>) -> Result<Fields, ContentError> {
    let mut fields = Fields::new();
    let Some(part) = part else { return Ok(fields) };
    json.entries(part, "graph_module.treespec_namedtuple_fields.", |name, class: unread::NamedTupleFields<'_>| {
        json.budget.take(name.len())?;
        json.budget.entry::<(String, Vec<String>)>()?;
        fields.insert(name.into_owned(), json.texts(class.field_names)?);
        Ok::<_, ContentError>(())
    })?;
    Ok(fields)
}

type Ranges = Vec<(Expr, ValueRange)>;

/// The ranges of the expressions that occur in values, and of those that occur in offsets only, in the order of the file.
///
/// Keys are printed expressions. As in PyTorch, one that is not a part of any value says nothing and is dropped.
fn ranges(json: &Json, part: Raw<'_>, values: &Values<'_>) -> Result<(Ranges, Ranges), LoadError> {
    let read: schema::Named<schema::Range> = json.table(part).map_err(|e| e.at("range_constraints"))?;
    let keys: IndexSet<&str> = read.keys().map(String::as_str).collect();
    let (found, in_offsets) = values.printed(&keys);
    let (mut ranges, mut rest) = (Ranges::with_capacity(found.len()), Ranges::new());
    for (key, range) in &read {
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

fn input_specs(json: &Json, specs: Vec<unread::InputSpec<'_>>, graph: &Graph) -> Result<Vec<InputSpec>, LoadError> {
    let placeholders: Vec<NodeId> = graph.placeholders().map(|(id, _)| id).collect();
    if specs.len() != placeholders.len() {
        let (expected, found) = (placeholders.len().to_string(), specs.len().to_string());
        let error = ContentError::Mismatch { what: "the number of input specs", expected, found };
        return Err(error.at("the signature"));
    }
    let mut read = json.budget.list(specs.len()).map_err(|e| e.at("the signature"))?;
    for (index, (spec, node)) in specs.into_iter().zip(placeholders).enumerate() {
        let placeholder = graph.node(node);
        let at = || format!("input spec {index}");
        let (name, kind) = match spec {
            unread::InputSpec::UserInput { arg } => {
                let name = match &arg {
                    Arg::AsTensor(name) => name.name.to_string(),
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
            unread::InputSpec::ConstantInput { name, value } => {
                let same =
                    matches!(&placeholder.value, NodeValue::Literal(known) if literal(&value).as_ref() == Some(known));
                let nan = matches!(&value, Arg::AsFloat(value) if value.0.is_nan());
                if !same && !nan {
                    let (expected, found) = (format!("{:?}", placeholder.value), format!("{:?}", literal(&value)));
                    return Err(ContentError::Mismatch { what: "the value of the input", expected, found }.at(at()));
                }
                (if name.is_empty() { placeholder.name.clone() } else { name }, InputKind::UserInput)
            }
            unread::InputSpec::Parameter { arg, parameter_name } => {
                (arg.name.into_owned(), InputKind::Parameter { name: parameter_name })
            }
            unread::InputSpec::Buffer { arg, buffer_name, persistent } => {
                (arg.name.into_owned(), InputKind::Buffer { name: buffer_name, persistent })
            }
            unread::InputSpec::TensorConstant { arg, tensor_constant_name } => {
                (arg.name.into_owned(), InputKind::ConstantTensor { name: tensor_constant_name })
            }
            unread::InputSpec::CustomObj { arg, custom_obj_name } => {
                (arg.name, InputKind::CustomObject { name: custom_obj_name })
            }
            unread::InputSpec::Token { arg } => (arg.name.into_owned(), InputKind::Token),
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
    json: &Json,
    part: Raw<'_>,
    graph: &Graph,
    ids: &HashMap<String, NodeId>,
) -> Result<Vec<OutputSpec>, LoadError> {
    let mut index = 0;
    let specs = json.list(part, "graph_module.signature.output_specs.", |spec| {
        let spec = output_spec(spec, graph.outputs.get(index), ids)?;
        index += 1;
        Ok::<_, Failure>(spec)
    });
    let specs = specs.map_err(|e| e.at(|| format!("output spec {index}")))?;
    if specs.len() != graph.outputs.len() {
        let (expected, found) = (graph.outputs.len().to_string(), specs.len().to_string());
        let error = ContentError::Mismatch { what: "the number of output specs", expected, found };
        return Err(error.at("the signature"));
    }
    Ok(specs)
}

/// Reads the spec of an output of the graph, if there is one.
fn output_spec(
    spec: unread::OutputSpec<'_>,
    output: Option<&GraphOutput>,
    ids: &HashMap<String, NodeId>,
) -> Result<OutputSpec, ContentError> {
    let tensor = |name: unread::Name<'_>| output_of(&Arg::AsTensor(name), ids);
    let (value, kind) = match spec {
        unread::OutputSpec::UserOutput { arg } => (output_of(&arg, ids), OutputKind::UserOutput),
        unread::OutputSpec::LossOutput { arg } => (tensor(arg), OutputKind::LossOutput),
        unread::OutputSpec::BufferMutation { arg, buffer_name } => {
            (tensor(arg), OutputKind::BufferMutation { buffer: buffer_name })
        }
        unread::OutputSpec::ParameterMutation { arg, parameter_name } => {
            (tensor(arg), OutputKind::ParameterMutation { parameter: parameter_name })
        }
        unread::OutputSpec::GradientToParameter { arg, parameter_name } => {
            (tensor(arg), OutputKind::GradientToParameter { parameter: parameter_name })
        }
        unread::OutputSpec::GradientToUserInput { arg, user_input_name } => {
            (tensor(arg), OutputKind::GradientToUserInput { input: user_input_name })
        }
        unread::OutputSpec::UserInputMutation { arg, user_input_name } => {
            (tensor(arg), OutputKind::UserInputMutation { input: user_input_name })
        }
        unread::OutputSpec::Token { arg } => (tensor(arg), OutputKind::Token),
    };
    let value = value?;
    match output {
        Some(output) if !same_output(&value, output) => {
            let (expected, found) = (format!("{output:?}"), format!("{value:?}"));
            Err(ContentError::Mismatch { what: "the value of the output", expected, found })
        }
        _ => Ok(OutputSpec { value, kind }),
    }
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
    json: &Json,
    call: unread::ModuleCall<'_>,
    ids: &HashMap<String, NodeId>,
    fields: &Fields,
) -> Result<ModuleCall, LoadError> {
    let unread::ModuleCall { fqn, signature } = call;
    let Some(signature) = signature else { return Ok(ModuleCall { fqn, signature: None }) };
    let place = "graph_module.module_call_graph.signature.";
    let leaves = |part| json.list(part, place, |arg: Arg<'_>| output_of(&arg, ids));
    let spec = |text: &str| {
        // A structure has no more parts than its text has values; while it is read, each of them is a JSON value.
        json.budget.for_a_moment(text.len() + 120 * json::values(text))?;
        json.budget.take(text.len())?;
        let names = |name: &str| fields.get(name).map(|names| names.iter().cloned().map(Cow::Owned).collect());
        TreeSpec::from_json_with(text, names).map_err(|e| ContentError::TreeSpec(Box::new(e)))
    };
    let read = || {
        Ok(ModuleCallSignature {
            inputs: leaves(signature.inputs)?,
            outputs: leaves(signature.outputs)?,
            in_spec: spec(&signature.in_spec)?,
            out_spec: spec(&signature.out_spec)?,
            argument_names: signature.forward_arg_names.map(|part| json.texts(part)).transpose()?,
        })
    };
    let signature = read().map_err(|e: ContentError| e.at(format!("the call of the module {fqn:?}")))?;
    Ok(ModuleCall { fqn, signature: Some(signature) })
}

/// The weights or the constants of a program.
fn payloads(archive: &Archive, json: &Json, name: &str, kind: &str) -> Result<Payloads, LoadError> {
    let config = format!("data/{kind}/{name}_{kind}_config.json");
    if let Some(bytes) = archive.member(&config)? {
        let form = |problem: String| ContentError::Form { problem }.at(format!("{config:?}"));
        let text = std::str::from_utf8(bytes.as_bytes()).map_err(|e| form(format!("it is not UTF-8: {e}")))?;
        let read: unread::PayloadConfig<'_> =
            json.text(text, "").map_err(|source| LoadError::Json { member: config.clone(), source })?;
        return Payloads::read(json, read.config, kind, |path| {
            let member = format!("data/{kind}/{path}");
            archive.payload(&member)?.ok_or(LoadError::Missing { name: member })
        });
    }
    // Torch 2.8 has one pickle instead.
    let pickle = format!("data/{kind}/{name}.pt");
    let Some(bytes) = archive.payload(&pickle)? else { return Err(LoadError::Missing { name: config }) };
    let tensors = pickle::tensors(bytes, archive.limits(), &json.budget);
    let tensors = tensors.map_err(|e| e.at(format!("the {kind} in {pickle:?}")))?;
    for (name, data) in &tensors {
        check_bounds(data, &pickle).map_err(|e| e.at(format!("the entry `{name}` of the {kind}")))?;
    }
    Ok(Payloads { tensors, pickled: IndexMap::new() })
}
