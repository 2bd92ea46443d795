//! The JSON of a program as it is read: the schema of `schema`, in which lists and tables are texts of the file.
//!
//! A reader goes through them one entry at a time, so that a graph is not in memory twice.

use super::schema::{Complex, CustomObject, DeviceArg, Float, SymBoolArg, SymFloatArg, SymIntArg, Version};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A part of the JSON that has not been read.
pub(super) type Raw<'j> = &'j RawValue;

/// Reads a part that may be missing, but not be `null`.
fn given<'de: 'j, 'j, D: Deserializer<'de>>(json: D) -> Result<Option<Raw<'j>>, D::Error> {
    Raw::deserialize(json).map(Some)
}

#[derive(Deserialize)]
pub(super) struct Program<'j> {
    #[serde(borrow)]
    pub(super) graph_module: GraphModule<'j>,
    #[serde(borrow)]
    pub(super) opset_version: Raw<'j>,
    #[serde(borrow)]
    pub(super) range_constraints: Raw<'j>,
    pub(super) schema_version: Version,
    #[serde(borrow, default, deserialize_with = "given")]
    pub(super) verifiers: Option<Raw<'j>>,
    #[serde(default)]
    pub(super) torch_version: String,
    #[serde(borrow, default, deserialize_with = "given")]
    pub(super) guards_code: Option<Raw<'j>>,
}

#[derive(Deserialize)]
pub(super) struct GraphModule<'j> {
    #[serde(borrow)]
    pub(super) graph: Graph<'j>,
    #[serde(borrow)]
    pub(super) signature: Signature<'j>,
    #[serde(borrow)]
    pub(super) module_call_graph: Raw<'j>,
    #[serde(borrow, default, deserialize_with = "given")]
    pub(super) metadata: Option<Raw<'j>>,
    #[serde(borrow, default, deserialize_with = "given")]
    pub(super) treespec_namedtuple_fields: Option<Raw<'j>>,
}

#[derive(Deserialize)]
pub(super) struct Graph<'j> {
    #[serde(borrow)]
    pub(super) inputs: Raw<'j>,
    #[serde(borrow)]
    pub(super) outputs: Raw<'j>,
    #[serde(borrow)]
    pub(super) nodes: Raw<'j>,
    #[serde(borrow)]
    pub(super) tensor_values: Raw<'j>,
    #[serde(borrow)]
    pub(super) sym_int_values: Raw<'j>,
    #[serde(borrow)]
    pub(super) sym_bool_values: Raw<'j>,
    #[serde(default)]
    pub(super) is_single_tensor_return: bool,
    #[serde(borrow, default, deserialize_with = "given")]
    pub(super) custom_obj_values: Option<Raw<'j>>,
    #[serde(borrow, default, deserialize_with = "given")]
    pub(super) sym_float_values: Option<Raw<'j>>,
}

#[derive(Deserialize)]
pub(super) struct Node<'j> {
    #[serde(borrow)]
    pub(super) target: Cow<'j, str>,
    #[serde(borrow)]
    pub(super) inputs: Raw<'j>,
    #[serde(borrow)]
    pub(super) outputs: Raw<'j>,
    #[serde(borrow, default, deserialize_with = "given")]
    pub(super) metadata: Option<Raw<'j>>,
    #[serde(default)]
    pub(super) is_hop_single_tensor_return: Option<bool>,
    /// Absent in files of PyTorch 2.10 and before.
    #[serde(default)]
    pub(super) name: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct NamedArg<'j> {
    pub(super) name: String,
    #[serde(borrow)]
    pub(super) arg: Arg<'j>,
    #[serde(default)]
    pub(super) kind: Option<u8>,
}

// The names of the variants are those of the file.
#[allow(clippy::enum_variant_names)]
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Arg<'j> {
    AsNone(#[allow(dead_code, reason = "it is always true")] bool),
    #[serde(borrow)]
    AsTensor(Name<'j>),
    #[serde(borrow)]
    AsTensors(Raw<'j>),
    #[serde(borrow)]
    AsNestedTensors(Raw<'j>),
    #[serde(borrow)]
    AsOptionalTensor(OptionalTensor<'j>),
    #[serde(borrow)]
    AsOptionalTensors(Raw<'j>),
    AsInt(i64),
    #[serde(borrow)]
    AsInts(Raw<'j>),
    #[serde(borrow)]
    AsIntLists(Raw<'j>),
    AsFloat(Float),
    #[serde(borrow)]
    AsFloats(Raw<'j>),
    #[serde(borrow)]
    AsFloatLists(Raw<'j>),
    AsBool(bool),
    #[serde(borrow)]
    AsBools(Raw<'j>),
    AsString(String),
    #[serde(borrow)]
    AsStrings(Raw<'j>),
    #[serde(borrow)]
    AsStringToArgument(Raw<'j>),
    AsSymInt(SymIntArg),
    #[serde(borrow)]
    AsSymInts(Raw<'j>),
    AsSymFloat(SymFloatArg),
    #[serde(borrow)]
    AsSymFloats(Raw<'j>),
    AsSymBool(SymBoolArg),
    #[serde(borrow)]
    AsSymBools(Raw<'j>),
    AsScalarType(u8),
    AsDevice(DeviceArg),
    AsLayout(u8),
    AsMemoryFormat(u8),
    AsComplex(Complex),
    #[serde(borrow)]
    AsGraph(Subgraph<'j>),
    AsCustomObj(CustomObject),
    AsOperator(String),
}

#[derive(Deserialize)]
pub(super) struct Name<'j> {
    #[serde(borrow)]
    pub(super) name: Cow<'j, str>,
}

#[derive(Deserialize)]
pub(super) struct Subgraph<'j> {
    pub(super) name: String,
    #[serde(borrow)]
    pub(super) graph: Raw<'j>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OptionalTensor<'j> {
    AsNone(#[allow(dead_code, reason = "it is always true")] bool),
    #[serde(borrow)]
    AsTensor(Name<'j>),
}

#[derive(Deserialize)]
pub(super) struct TensorMeta<'j> {
    pub(super) dtype: u8,
    #[serde(borrow)]
    pub(super) sizes: Raw<'j>,
    pub(super) requires_grad: bool,
    pub(super) device: DeviceArg,
    #[serde(borrow)]
    pub(super) strides: Raw<'j>,
    pub(super) storage_offset: super::schema::SymInt,
    pub(super) layout: u8,
}

#[derive(Deserialize)]
pub(super) struct Signature<'j> {
    #[serde(borrow)]
    pub(super) input_specs: Raw<'j>,
    #[serde(borrow)]
    pub(super) output_specs: Raw<'j>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum InputSpec<'j> {
    UserInput {
        #[serde(borrow)]
        arg: Arg<'j>,
    },
    Parameter {
        #[serde(borrow)]
        arg: Name<'j>,
        parameter_name: String,
    },
    Buffer {
        #[serde(borrow)]
        arg: Name<'j>,
        buffer_name: String,
        persistent: bool,
    },
    TensorConstant {
        #[serde(borrow)]
        arg: Name<'j>,
        tensor_constant_name: String,
    },
    CustomObj {
        arg: CustomObject,
        custom_obj_name: String,
    },
    Token {
        #[serde(borrow)]
        arg: Name<'j>,
    },
    ConstantInput {
        name: String,
        #[serde(borrow)]
        value: Arg<'j>,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OutputSpec<'j> {
    UserOutput {
        #[serde(borrow)]
        arg: Arg<'j>,
    },
    LossOutput {
        #[serde(borrow)]
        arg: Name<'j>,
    },
    BufferMutation {
        #[serde(borrow)]
        arg: Name<'j>,
        buffer_name: String,
    },
    ParameterMutation {
        #[serde(borrow)]
        arg: Name<'j>,
        parameter_name: String,
    },
    GradientToParameter {
        #[serde(borrow)]
        arg: Name<'j>,
        parameter_name: String,
    },
    GradientToUserInput {
        #[serde(borrow)]
        arg: Name<'j>,
        user_input_name: String,
    },
    UserInputMutation {
        #[serde(borrow)]
        arg: Name<'j>,
        user_input_name: String,
    },
    Token {
        #[serde(borrow)]
        arg: Name<'j>,
    },
}

#[derive(Deserialize)]
pub(super) struct ModuleCall<'j> {
    pub(super) fqn: String,
    #[serde(borrow, default)]
    pub(super) signature: Option<ModuleCallSignature<'j>>,
}

#[derive(Deserialize)]
pub(super) struct ModuleCallSignature<'j> {
    #[serde(borrow)]
    pub(super) inputs: Raw<'j>,
    #[serde(borrow)]
    pub(super) outputs: Raw<'j>,
    #[serde(borrow)]
    pub(super) in_spec: Cow<'j, str>,
    #[serde(borrow)]
    pub(super) out_spec: Cow<'j, str>,
    /// `null` for the signature of a module that was kept.
    #[serde(borrow, default)]
    pub(super) forward_arg_names: Option<Raw<'j>>,
}

/// The fields of a namedtuple class, by its serialized name.
#[derive(Deserialize)]
pub(super) struct NamedTupleFields<'j> {
    #[serde(borrow)]
    pub(super) field_names: Raw<'j>,
}

#[derive(Deserialize)]
pub(super) struct PayloadConfig<'j> {
    #[serde(borrow)]
    pub(super) config: Raw<'j>,
}

#[derive(Deserialize)]
pub(super) struct Payload<'j> {
    #[serde(borrow)]
    pub(super) path_name: Cow<'j, str>,
    pub(super) is_param: bool,
    pub(super) use_pickle: bool,
    /// `None` for a pickled object.
    #[serde(borrow)]
    pub(super) tensor_meta: Option<TensorMeta<'j>>,
}
