//! The inputs, specs and options of an export, before the first run.

use crate::ExportError;
use crate::dispatch::tensor_type;
use crate::model_tensors::ModelTensors;
use program::names::{Namer, mapping_key_part, placeholder_base};
use pytree_core::{DType, KeyEntry, KeyPath, Layout, LeafRef, Module, Tch, TensorType, flatten};
use shapes::{DynamicShapes, InputLeaf, InputValue, ModelInputs, Tolerance};
use symbolic::Naming;

/// The inputs and options of an export.
pub(crate) struct Setup {
    /// One per leaf of the flattened `(args, kwargs)`.
    pub(crate) leaves: Vec<InputLeaf>,
    /// The argument that each leaf belongs to.
    pub(crate) arguments: Vec<usize>,
    /// The leaves in the order of the signature.
    pub(crate) order: Vec<usize>,
    /// The leaves that are tensors, in order.
    pub(crate) tensor_leaves: Vec<usize>,
    /// The types of the declared tensors.
    pub(crate) declared_infos: Vec<TensorType>,
    pub(crate) argument_names: Vec<String>,
    /// Knows the names of the input placeholders.
    pub(crate) namer: Namer,
    pub(crate) naming: Naming,
    pub(crate) tolerance: Tolerance,
    /// Whether nodes have source lines.
    pub(crate) locations: bool,
    /// Whether the program is compared with the model.
    pub(crate) verified: bool,
    /// Whether nothing is left out of that comparison.
    pub(crate) proof: bool,
    /// The reads that nothing follows from.
    pub(crate) harmless: Vec<String>,
    /// The largest size that is tried if nothing bounds it.
    pub(crate) largest: i64,
}

/// The bits of the largest size that is tried. A product of three of them is still a number of elements.
pub(crate) const LARGEST_BITS: u32 = 20;

impl Setup {
    pub(crate) fn new<M: Module<Family = Tch>>(
        inputs: &ModelInputs<'_, M>,
        shapes: &DynamicShapes,
        declared: &ModelTensors,
        naming: Naming,
        tolerance: Tolerance,
        locations: bool,
    ) -> Result<Self, ExportError> {
        let Some(args) = inputs.sets().first() else { return Err(ExportError::NoInputs) };
        let flat = flatten(args)?;
        let signature = inputs.signature();
        let bound = signature.bind(&flat.spec)?;
        let specs = shapes.match_inputs(&flat.spec, signature)?;
        let paths = signature.input_paths(&flat.spec)?;
        let mut setup = Setup {
            leaves: Vec::new(),
            arguments: Vec::new(),
            order: Vec::new(),
            tensor_leaves: Vec::new(),
            declared_infos: declared
                .entries()
                .iter()
                .map(|(_, tensor)| tensor_type(tensor))
                .collect::<Result<_, _>>()?,
            argument_names: argument_names(inputs, &bound),
            namer: Namer::new(),
            naming,
            tolerance,
            locations,
            verified: false,
            proof: false,
            harmless: Vec::new(),
            largest: 1 << LARGEST_BITS,
        };
        for (i, ((leaf, path), spec)) in flat.leaves.iter().zip(&paths).zip(specs).enumerate() {
            let name = setup.namer.placeholder(&base_name(&path.placeholder));
            let value = match leaf {
                LeafRef::Tensor(tensor) => {
                    setup.tensor_leaves.push(i);
                    let known = tensor_type(tensor)?;
                    check_form(&known, &name)?;
                    InputValue::Tensor(TensorType { requires_grad: known.requires_grad && tensor.is_leaf(), ..known })
                }
                LeafRef::Int(v) => InputValue::Int(*v),
                other => InputValue::Other { class: format!("<class '{}'>", other.kind().python_type()) },
            };
            setup.leaves.push(InputLeaf {
                source: format!("L{}", path.source),
                path: path.source.to_string(),
                name,
                value,
                spec,
            });
        }
        setup.arguments = vec![0; setup.leaves.len()];
        for (i, argument) in bound.iter().enumerate() {
            setup.arguments[argument.leaves.clone()].fill(i);
        }
        let mut by_parameter: Vec<_> = bound.iter().collect();
        by_parameter.sort_by_key(|argument| argument.parameter);
        setup.order = by_parameter.into_iter().flat_map(|argument| argument.leaves.clone()).collect();
        Ok(setup)
    }

    /// Whether a leaf has numbers that may follow sizes: it is a tensor or an int.
    pub(crate) fn has_numbers(&self, leaf: usize) -> bool {
        self.leaves.get(leaf).is_some_and(|leaf| !matches!(leaf.value, InputValue::Other { .. }))
    }
}

/// Checks that an input can be without data, as in the runs that find the sizes.
fn check_form(known: &TensorType, input: &str) -> Result<(), ExportError> {
    let quantized = matches!(known.dtype, DType::QInt8 | DType::QUInt8 | DType::QInt32);
    if known.layout == Layout::Strided && !quantized {
        return Ok(());
    }
    let (what, cure) = match quantized {
        true => (format!("has the quantized element type {}", known.dtype), "`dequantize()` it"),
        false => (format!("has the layout {}", known.layout), "`to_dense()` it, or pass its indices and values"),
    };
    Err(ExportError::InputForm { input: input.to_owned(), what, cure })
}

/// The names of the given arguments: positional ones by their parameter, then the named ones.
fn argument_names<M: Module<Family = Tch>>(
    inputs: &ModelInputs<'_, M>,
    bound: &[pytree_core::BoundArgument],
) -> Vec<String> {
    let name = |argument: &pytree_core::BoundArgument| {
        let parameter = inputs.signature().parameters().get(argument.parameter);
        let parameter = parameter.map(|p| p.name.to_string()).unwrap_or_default();
        match &argument.rest {
            None => parameter,
            Some(KeyEntry::Sequence(i)) => format!("{parameter}_{i}"),
            Some(KeyEntry::Mapping(key)) => key.text().into_owned(),
            Some(other) => other.to_string(),
        }
    };
    bound.iter().map(name).collect()
}

/// The base name of a placeholder: the entries of its path, joined and cleaned as in PyTorch.
fn base_name(path: &KeyPath) -> String {
    placeholder_base(path.entries().iter().map(|entry| match entry {
        KeyEntry::Mapping(key) => mapping_key_part(&key.text()),
        KeyEntry::Sequence(i) => i.to_string(),
        KeyEntry::GetAttr(name) => name.to_string(),
        other => other.to_string(),
    }))
}
