//! The JSON of a program in a `.pt2` file: `torch/_export/serde/schema.py`, version 8.20.
//!
//! Only what a written program needs. Names and order of the fields are the file's.

use indexmap::IndexMap;
use pytree_core::{DType, Device};
use serde::Serialize;

/// The schema version that is written.
pub(crate) const SCHEMA_VERSION: (u32, u32) = (8, 20);

#[derive(Serialize)]
pub(crate) struct Program {
    pub(crate) graph_module: GraphModule,
    pub(crate) opset_version: Opset,
    pub(crate) range_constraints: IndexMap<String, Range>,
    pub(crate) schema_version: Version,
    pub(crate) verifiers: [&'static str; 1],
    pub(crate) torch_version: &'static str,
    pub(crate) guards_code: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct Opset {
    pub(crate) aten: u32,
}

#[derive(Serialize)]
pub(crate) struct Version {
    pub(crate) major: u32,
    pub(crate) minor: u32,
}

#[derive(Serialize)]
pub(crate) struct Range {
    pub(crate) min_val: Option<i64>,
    pub(crate) max_val: Option<i64>,
}

#[derive(Serialize)]
pub(crate) struct GraphModule {
    pub(crate) graph: Graph,
    pub(crate) signature: Signature,
    pub(crate) module_call_graph: Vec<ModuleCall>,
    pub(crate) metadata: Empty,
    pub(crate) treespec_namedtuple_fields: IndexMap<String, NamedTupleFields>,
}

/// A map that this writer always leaves empty.
#[derive(Serialize, Default)]
pub(crate) struct Empty {}

/// The fields of a namedtuple class, by its serialized name.
#[derive(Serialize)]
pub(crate) struct NamedTupleFields {
    pub(crate) field_names: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct Graph {
    pub(crate) inputs: Vec<Arg>,
    pub(crate) outputs: Vec<Arg>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) tensor_values: IndexMap<String, TensorMeta>,
    pub(crate) sym_int_values: IndexMap<String, SymInt>,
    pub(crate) sym_bool_values: Empty,
    pub(crate) is_single_tensor_return: bool,
    pub(crate) custom_obj_values: Empty,
    pub(crate) sym_float_values: Empty,
}

#[derive(Serialize)]
pub(crate) struct Node {
    pub(crate) target: String,
    pub(crate) inputs: Vec<NamedArg>,
    pub(crate) outputs: Vec<Arg>,
    pub(crate) metadata: IndexMap<&'static str, String>,
    pub(crate) is_hop_single_tensor_return: Option<bool>,
    pub(crate) name: String,
}

#[derive(Serialize)]
pub(crate) struct NamedArg {
    pub(crate) name: String,
    pub(crate) arg: Arg,
    pub(crate) kind: u8,
}

/// `ArgumentKind`
pub(crate) const POSITIONAL: u8 = 1;
pub(crate) const KEYWORD: u8 = 2;

// The variants are the file's own words.
#[allow(clippy::enum_variant_names)]
#[derive(Serialize, Clone, Debug)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Arg {
    AsNone(bool),
    AsTensor(Name),
    AsTensors(Vec<Name>),
    AsOptionalTensors(Vec<OptionalTensor>),
    AsInt(i64),
    AsInts(Vec<i64>),
    AsFloat(Float),
    AsFloats(Vec<Float>),
    AsBool(bool),
    AsBools(Vec<bool>),
    AsString(String),
    AsStrings(Vec<String>),
    AsSymInt(SymIntArg),
    AsSymInts(Vec<SymIntArg>),
    AsScalarType(u8),
    AsDevice(DeviceArg),
    AsLayout(u8),
    AsMemoryFormat(u8),
    AsComplex(Complex),
}

#[derive(Serialize, Clone, Debug)]
pub(crate) struct Name {
    pub(crate) name: String,
}

#[derive(Serialize, Clone, Debug)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OptionalTensor {
    AsNone(bool),
    AsTensor(Name),
}

#[derive(Serialize, Clone, Debug)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SymIntArg {
    AsName(String),
    AsInt(i64),
}

/// A float; those that JSON has no number for are written as texts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Float(pub(crate) f64);

impl Serialize for Float {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            v if v.is_nan() => serializer.serialize_str("NaN"),
            f64::INFINITY => serializer.serialize_str("Infinity"),
            f64::NEG_INFINITY => serializer.serialize_str("-Infinity"),
            v => serializer.serialize_f64(v),
        }
    }
}

#[derive(Serialize, Clone, Debug)]
pub(crate) struct Complex {
    pub(crate) real: Float,
    pub(crate) imag: Float,
}

#[derive(Serialize, Clone, Debug)]
pub(crate) struct DeviceArg {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) index: Option<usize>,
}

impl From<Device> for DeviceArg {
    fn from(device: Device) -> Self {
        let (kind, index) = device.parts();
        DeviceArg { kind, index }
    }
}

#[derive(Serialize, Clone, Debug)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SymInt {
    AsInt(i64),
    AsExpr(SymExpr),
}

#[derive(Serialize, Clone, Debug)]
pub(crate) struct SymExpr {
    pub(crate) expr_str: String,
    pub(crate) hint: Option<Hint>,
}

#[derive(Serialize, Clone, Debug)]
pub(crate) struct Hint {
    pub(crate) as_int: i64,
}

#[derive(Serialize, Clone, Debug)]
pub(crate) struct TensorMeta {
    pub(crate) dtype: u8,
    pub(crate) sizes: Vec<SymInt>,
    pub(crate) requires_grad: bool,
    pub(crate) device: DeviceArg,
    pub(crate) strides: Vec<SymInt>,
    pub(crate) storage_offset: SymInt,
    pub(crate) layout: u8,
}

#[derive(Serialize)]
pub(crate) struct Signature {
    pub(crate) input_specs: Vec<InputSpec>,
    pub(crate) output_specs: Vec<OutputSpec>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum InputSpec {
    UserInput { arg: Arg },
    Parameter { arg: Name, parameter_name: String },
    Buffer { arg: Name, buffer_name: String, persistent: bool },
    TensorConstant { arg: Name, tensor_constant_name: String },
    ConstantInput { name: String, value: Arg },
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OutputSpec {
    UserOutput { arg: Arg },
    BufferMutation { arg: Name, buffer_name: String },
    UserInputMutation { arg: Name, user_input_name: String },
}

#[derive(Serialize)]
pub(crate) struct ModuleCall {
    pub(crate) fqn: &'static str,
    pub(crate) signature: Option<ModuleCallSignature>,
}

#[derive(Serialize)]
pub(crate) struct ModuleCallSignature {
    pub(crate) inputs: [Empty; 0],
    pub(crate) outputs: [Empty; 0],
    pub(crate) in_spec: String,
    pub(crate) out_spec: String,
    pub(crate) forward_arg_names: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct PayloadConfig {
    pub(crate) config: IndexMap<String, Payload>,
}

#[derive(Serialize)]
pub(crate) struct Payload {
    pub(crate) path_name: String,
    pub(crate) is_param: bool,
    pub(crate) use_pickle: bool,
    pub(crate) tensor_meta: TensorMeta,
}

/// The number of an element type in a file. These are not libtorch's own numbers.
pub(crate) fn dtype_number(dtype: DType) -> Option<u8> {
    Some(match dtype {
        DType::UInt8 => 1,
        DType::Int8 => 2,
        DType::Int16 => 3,
        DType::Int32 => 4,
        DType::Int64 => 5,
        DType::Float16 => 6,
        DType::Float32 => 7,
        DType::Float64 => 8,
        DType::Complex32 => 9,
        DType::Complex64 => 10,
        DType::Complex128 => 11,
        DType::Bool => 12,
        DType::BFloat16 => 13,
        DType::UInt16 => 28,
        DType::Float8E4M3Fn => 29,
        DType::Float8E5M2 => 30,
        DType::Float8E4M3Fnuz => 31,
        DType::Float8E5M2Fnuz => 32,
        DType::Float8E8M0Fnu => 33,
        DType::UInt32 => 34,
        DType::UInt64 => 35,
        _ => return None,
    })
}
