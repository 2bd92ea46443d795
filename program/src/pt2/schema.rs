//! The JSON of a program in a `.pt2` file: `torch/_export/serde/schema.py`, version 8.20. It is written from these types and
//! read by those of `unread`, which share the small ones.
//!
//! The names and the order of the fields are those of the file.

use indexmap::IndexMap;
use pytree_core::Device;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The schema version that is written.
pub(crate) const SCHEMA_VERSION: Version = Version { major: 8, minor: 20 };

/// Values by name, in the order of the file.
pub(crate) type Named<T> = IndexMap<String, T>;

/// A program.
#[derive(Serialize)]
#[cfg_attr(test, derive(Deserialize))]
pub(crate) struct Program {
    pub(crate) graph_module: GraphModule,
    pub(crate) opset_version: Named<i64>,
    pub(crate) range_constraints: Named<Range>,
    pub(crate) schema_version: Version,
    #[serde(default)]
    pub(crate) verifiers: Vec<String>,
    #[serde(default)]
    pub(crate) torch_version: String,
    #[serde(default)]
    pub(crate) guards_code: Vec<String>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) major: u32,
    pub(crate) minor: u32,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Range {
    pub(crate) min_val: Option<i64>,
    pub(crate) max_val: Option<i64>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(Deserialize))]
pub(crate) struct GraphModule {
    pub(crate) graph: Graph,
    pub(crate) signature: Signature,
    pub(crate) module_call_graph: Vec<ModuleCall>,
    #[serde(default)]
    pub(crate) metadata: Named<String>,
    #[serde(default)]
    pub(crate) treespec_namedtuple_fields: Named<NamedTupleFields>,
}

/// The fields of a namedtuple class, by its serialized name.
#[derive(Serialize)]
#[cfg_attr(test, derive(Deserialize))]
pub(crate) struct NamedTupleFields {
    pub(crate) field_names: Vec<String>,
}

#[derive(Serialize, Clone, Debug, Default)]
#[cfg_attr(test, derive(Deserialize))]
pub(crate) struct Graph {
    pub(crate) inputs: Vec<Arg>,
    pub(crate) outputs: Vec<Arg>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) tensor_values: Named<TensorMeta>,
    pub(crate) sym_int_values: Named<SymInt>,
    pub(crate) sym_bool_values: Named<SymBool>,
    #[serde(default)]
    pub(crate) is_single_tensor_return: bool,
    #[serde(default)]
    pub(crate) custom_obj_values: Named<CustomObject>,
    #[serde(default)]
    pub(crate) sym_float_values: Named<SymFloat>,
}

#[derive(Serialize, Clone, Debug)]
#[cfg_attr(test, derive(Deserialize))]
pub(crate) struct Node {
    pub(crate) target: String,
    pub(crate) inputs: Vec<NamedArg>,
    pub(crate) outputs: Vec<Arg>,
    #[serde(default)]
    pub(crate) metadata: Named<String>,
    #[serde(default)]
    pub(crate) is_hop_single_tensor_return: Option<bool>,
    /// Absent in files of PyTorch 2.10 and before.
    #[serde(default)]
    pub(crate) name: Option<String>,
}

#[derive(Serialize, Clone, Debug)]
#[cfg_attr(test, derive(Deserialize))]
pub(crate) struct NamedArg {
    pub(crate) name: String,
    pub(crate) arg: Arg,
    #[serde(default)]
    pub(crate) kind: Option<u8>,
}

/// `ArgumentKind`
pub(crate) const POSITIONAL: u8 = 1;
pub(crate) const KEYWORD: u8 = 2;

// The names of the variants are those of the file.
#[allow(clippy::enum_variant_names)]
#[derive(Serialize, Clone, Debug)]
#[cfg_attr(test, derive(Deserialize))]
#[serde(rename_all = "snake_case")]
pub(crate) enum Arg {
    AsNone(bool),
    AsTensor(Name),
    AsTensors(Vec<Name>),
    AsNestedTensors(Vec<Vec<Name>>),
    AsOptionalTensors(Vec<OptionalTensor>),
    AsInt(i64),
    AsInts(Vec<i64>),
    AsIntLists(Vec<Vec<i64>>),
    AsFloat(Float),
    AsFloats(Vec<Float>),
    AsFloatLists(Vec<Vec<Float>>),
    AsBool(bool),
    AsBools(Vec<bool>),
    AsString(String),
    AsStrings(Vec<String>),
    AsStringToArgument(Named<Arg>),
    AsSymInt(SymIntArg),
    AsSymInts(Vec<SymIntArg>),
    AsSymFloat(SymFloatArg),
    AsSymFloats(Vec<SymFloatArg>),
    AsSymBool(SymBoolArg),
    AsSymBools(Vec<SymBoolArg>),
    AsScalarType(u8),
    AsDevice(DeviceArg),
    AsLayout(u8),
    AsMemoryFormat(u8),
    AsComplex(Complex),
    AsGraph(Subgraph),
    AsCustomObj(CustomObject),
    AsOperator(String),
}

#[derive(Serialize, Clone, Debug)]
#[cfg_attr(test, derive(Deserialize))]
pub(crate) struct Name {
    pub(crate) name: String,
}

#[derive(Serialize, Clone, Debug)]
#[cfg_attr(test, derive(Deserialize))]
pub(crate) struct Subgraph {
    pub(crate) name: String,
    pub(crate) graph: Box<Graph>,
}

#[derive(Serialize, Deserialize, Clone, Debug)]
pub(crate) struct CustomObject {
    pub(crate) name: String,
    pub(crate) class_fqn: String,
}

#[derive(Serialize, Clone, Debug)]
#[cfg_attr(test, derive(Deserialize))]
#[serde(rename_all = "snake_case")]
pub(crate) enum OptionalTensor {
    AsNone(bool),
    AsTensor(Name),
}

#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SymIntArg {
    AsName(String),
    AsInt(i64),
}

#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SymFloatArg {
    AsName(String),
    AsFloat(Float),
}

#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SymBoolArg {
    AsName(String),
    AsBool(bool),
}

/// A float. Those that are not JSON numbers are written as strings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Float(pub(crate) f64);

impl Serialize for Float {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            v if v.is_nan() => serializer.serialize_str("NaN"),
            f64::INFINITY => serializer.serialize_str("Infinity"),
            f64::NEG_INFINITY => serializer.serialize_str("-Infinity"),
            v => serializer.serialize_f64(v),
        }
    }
}

impl<'de> Deserialize<'de> for Float {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Expecting;
        impl Visitor<'_> for Expecting {
            type Value = Float;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number, \"NaN\", \"Infinity\" or \"-Infinity\"")
            }

            fn visit_f64<E>(self, v: f64) -> Result<Float, E> {
                Ok(Float(v))
            }

            fn visit_i64<E>(self, v: i64) -> Result<Float, E> {
                Ok(Float(v as f64))
            }

            fn visit_u64<E>(self, v: u64) -> Result<Float, E> {
                Ok(Float(v as f64))
            }

            fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<Float, E> {
                match v {
                    "NaN" => Ok(Float(f64::NAN)),
                    "Infinity" => Ok(Float(f64::INFINITY)),
                    "-Infinity" => Ok(Float(f64::NEG_INFINITY)),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(v), &self)),
                }
            }
        }
        deserializer.deserialize_any(Expecting)
    }
}

#[derive(Serialize, Deserialize, Clone, Debug)]
pub(crate) struct Complex {
    pub(crate) real: Float,
    pub(crate) imag: Float,
}

#[derive(Serialize, Deserialize, Clone, Debug)]
pub(crate) struct DeviceArg {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) index: Option<usize>,
}

impl From<Device> for DeviceArg {
    fn from(device: Device) -> Self {
        let (kind, index) = device.parts();
        DeviceArg { kind: kind.to_owned(), index }
    }
}

#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SymInt {
    AsInt(i64),
    AsExpr(SymExpr),
}

#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SymFloat {
    AsFloat(Float),
    AsExpr(SymExpr),
}

#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SymBool {
    AsBool(bool),
    AsExpr(SymExpr),
}

#[derive(Serialize, Deserialize, Clone, Debug)]
pub(crate) struct SymExpr {
    pub(crate) expr_str: String,
    #[serde(default)]
    pub(crate) hint: Option<Hint>,
}

/// An example value of an expression.
// The names of the variants are those of the file.
#[allow(clippy::enum_variant_names)]
#[derive(Serialize, Deserialize, Clone, Copy, Debug)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Hint {
    AsInt(i64),
    AsFloat(Float),
    AsBool(bool),
}

#[derive(Serialize, Deserialize, Clone, Debug)]
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
#[cfg_attr(test, derive(Deserialize))]
pub(crate) struct Signature {
    pub(crate) input_specs: Vec<InputSpec>,
    pub(crate) output_specs: Vec<OutputSpec>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(Deserialize))]
#[serde(rename_all = "snake_case")]
pub(crate) enum InputSpec {
    UserInput { arg: Arg },
    Parameter { arg: Name, parameter_name: String },
    Buffer { arg: Name, buffer_name: String, persistent: bool },
    TensorConstant { arg: Name, tensor_constant_name: String },
    CustomObj { arg: CustomObject, custom_obj_name: String },
    Token { arg: Name },
    ConstantInput { name: String, value: Arg },
}

#[derive(Serialize)]
#[cfg_attr(test, derive(Deserialize))]
#[serde(rename_all = "snake_case")]
pub(crate) enum OutputSpec {
    UserOutput { arg: Arg },
    LossOutput { arg: Name },
    BufferMutation { arg: Name, buffer_name: String },
    ParameterMutation { arg: Name, parameter_name: String },
    GradientToParameter { arg: Name, parameter_name: String },
    GradientToUserInput { arg: Name, user_input_name: String },
    UserInputMutation { arg: Name, user_input_name: String },
    Token { arg: Name },
}

#[derive(Serialize)]
#[cfg_attr(test, derive(Deserialize))]
pub(crate) struct ModuleCall {
    pub(crate) fqn: String,
    #[serde(default)]
    pub(crate) signature: Option<ModuleCallSignature>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(Deserialize))]
pub(crate) struct ModuleCallSignature {
    pub(crate) inputs: Vec<Arg>,
    pub(crate) outputs: Vec<Arg>,
    pub(crate) in_spec: String,
    pub(crate) out_spec: String,
    #[serde(default)]
    pub(crate) forward_arg_names: Option<Vec<String>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(Deserialize))]
pub(crate) struct PayloadConfig {
    pub(crate) config: Named<Payload>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(Deserialize))]
pub(crate) struct Payload {
    pub(crate) path_name: String,
    pub(crate) is_param: bool,
    pub(crate) use_pickle: bool,
    /// `None` for a pickled object.
    pub(crate) tensor_meta: Option<TensorMeta>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// Reads the JSON as a `T`, which must write the same JSON again.
    fn same<T: Serialize + for<'de> Deserialize<'de>>(json: Value) {
        let read: T = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), json);
    }

    #[test]
    fn arguments_are_written_as_they_are_read() {
        let name = || json!({"name": "x"});
        for arg in [
            json!({"as_none": true}),
            json!({"as_tensor": name()}),
            json!({"as_tensors": [name(), name()]}),
            json!({"as_nested_tensors": [[name()], []]}),
            json!({"as_optional_tensors": [{"as_none": true}, {"as_tensor": name()}]}),
            json!({"as_int": -3}),
            json!({"as_ints": [1, 2]}),
            json!({"as_int_lists": [[1], [2, 3]]}),
            json!({"as_float": 2.5}),
            json!({"as_floats": ["NaN", "Infinity", "-Infinity", 0.1]}),
            json!({"as_float_lists": [[0.5], []]}),
            json!({"as_bool": false}),
            json!({"as_bools": [true]}),
            json!({"as_string": "mean"}),
            json!({"as_strings": ["a"]}),
            json!({"as_string_to_argument": {"k": {"as_int": 1}}}),
            json!({"as_sym_int": {"as_name": "n"}}),
            json!({"as_sym_ints": [{"as_name": "n"}, {"as_int": -1}]}),
            json!({"as_sym_float": {"as_float": 0.5}}),
            json!({"as_sym_floats": [{"as_name": "f"}]}),
            json!({"as_sym_bool": {"as_bool": true}}),
            json!({"as_sym_bools": [{"as_name": "b"}]}),
            json!({"as_scalar_type": 6}),
            json!({"as_device": {"type": "cuda", "index": 1}}),
            json!({"as_layout": 7}),
            json!({"as_memory_format": 1}),
            json!({"as_complex": {"real": 1.0, "imag": "Infinity"}}),
            json!({"as_custom_obj": {"name": "o", "class_fqn": "a.B"}}),
            json!({"as_operator": "aten.add"}),
        ] {
            same::<Arg>(arg);
        }
    }

    /// A graph with a node, a sub-graph and a value of every kind.
    fn graph() -> Value {
        let symbol = json!({"as_expr": {"expr_str": "Symbol('s0')", "hint": {"as_int": 5}}});
        let meta = json!({
            "dtype": 7, "sizes": [symbol, {"as_int": 4}], "requires_grad": true, "device": {"type": "cpu", "index": null},
            "strides": [{"as_int": 4}, {"as_int": 1}], "storage_offset": {"as_int": 0}, "layout": 7,
        });
        let empty = json!({
            "inputs": [], "outputs": [], "nodes": [], "tensor_values": {}, "sym_int_values": {}, "sym_bool_values": {},
            "is_single_tensor_return": false, "custom_obj_values": {}, "sym_float_values": {},
        });
        json!({
            "inputs": [{"as_tensor": {"name": "x"}}],
            "outputs": [{"as_tensor": {"name": "x"}}],
            "nodes": [{
                "target": "torch.ops.higher_order.cond",
                "inputs": [{"name": "", "arg": {"as_graph": {"name": "true_graph_0", "graph": empty}}, "kind": 1}],
                "outputs": [{"as_tensor": {"name": "y"}}],
                "metadata": {"stack_trace": "  File"},
                "is_hop_single_tensor_return": false,
                "name": "cond",
            }],
            "tensor_values": {"x": meta},
            "sym_int_values": {"n": symbol, "m": {"as_int": 3}},
            "sym_bool_values": {"b": {"as_expr": {"expr_str": "t", "hint": {"as_bool": true}}}, "c": {"as_bool": false}},
            "is_single_tensor_return": false,
            "custom_obj_values": {"o": {"name": "o", "class_fqn": "a.B"}},
            "sym_float_values": {"f": {"as_expr": {"expr_str": "f", "hint": {"as_float": 0.5}}}, "g": {"as_float": "NaN"}},
        })
    }

    #[test]
    fn a_program_is_written_as_it_is_read() {
        let name = || json!({"name": "x"});
        same::<Program>(json!({
            "graph_module": {
                "graph": graph(),
                "signature": {
                    "input_specs": [
                        {"user_input": {"arg": {"as_tensor": name()}}},
                        {"parameter": {"arg": name(), "parameter_name": "w"}},
                        {"buffer": {"arg": name(), "buffer_name": "b", "persistent": false}},
                        {"tensor_constant": {"arg": name(), "tensor_constant_name": "c"}},
                        {"custom_obj": {"arg": {"name": "o", "class_fqn": "a.B"}, "custom_obj_name": "o"}},
                        {"token": {"arg": name()}},
                        {"constant_input": {"name": "n", "value": {"as_int": 3}}},
                    ],
                    "output_specs": [
                        {"user_output": {"arg": {"as_none": true}}},
                        {"loss_output": {"arg": name()}},
                        {"buffer_mutation": {"arg": name(), "buffer_name": "b"}},
                        {"parameter_mutation": {"arg": name(), "parameter_name": "w"}},
                        {"gradient_to_parameter": {"arg": name(), "parameter_name": "w"}},
                        {"gradient_to_user_input": {"arg": name(), "user_input_name": "x"}},
                        {"user_input_mutation": {"arg": name(), "user_input_name": "x"}},
                        {"token": {"arg": name()}},
                    ],
                },
                "module_call_graph": [
                    {"fqn": "", "signature": {
                        "inputs": [], "outputs": [], "in_spec": "[1]", "out_spec": "[1]", "forward_arg_names": ["x"],
                    }},
                    {"fqn": "fc", "signature": null},
                ],
                "metadata": {"k": "v"},
                "treespec_namedtuple_fields": {"my.P": {"field_names": ["x", "y"]}},
            },
            "opset_version": {"aten": 10},
            "range_constraints": {"s0": {"min_val": 2, "max_val": null}},
            "schema_version": {"major": 8, "minor": 20},
            "verifiers": ["TRAINING"],
            "torch_version": "2.13.0",
            "guards_code": ["L['x'].size()[0] == 5"],
        }));
    }

    #[test]
    fn fields_that_older_files_lack_have_defaults() {
        let node: Node = serde_json::from_value(json!({"target": "t", "inputs": [], "outputs": []})).unwrap();
        assert!(node.name.is_none() && node.metadata.is_empty() && node.is_hop_single_tensor_return.is_none());
        let arg: NamedArg = serde_json::from_value(json!({"name": "a", "arg": {"as_none": true}})).unwrap();
        assert_eq!(arg.kind, None);
    }

    #[test]
    fn a_text_that_is_not_a_float_is_refused() {
        let error = serde_json::from_value::<Float>(json!("inf")).unwrap_err().to_string();
        assert!(error.contains("a number, \"NaN\", \"Infinity\" or \"-Infinity\""), "{error}");
    }
}
