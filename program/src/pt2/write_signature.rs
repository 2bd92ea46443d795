//! Writes what stands around a graph: the signature and the calls of modules.

use super::SaveError;
use super::schema::{self, Arg, Name};
use super::write_graph::{GraphWriter, literal_arg};
use crate::ExportedProgram;
use crate::graph::{GraphOutput, NodeValue};
use crate::signature::{InputKind, OutputKind};

impl GraphWriter<'_> {
    /// The calls of the model and its modules.
    pub(super) fn module_calls(&self, program: &ExportedProgram) -> Result<Vec<schema::ModuleCall>, SaveError> {
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

    pub(super) fn signature(&self, program: &ExportedProgram) -> Result<schema::Signature, SaveError> {
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
