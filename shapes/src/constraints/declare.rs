//! Reading the spec against the examples, and a symbol for every dynamic size.

use std::collections::{HashMap, HashSet};

use crate::spec::ShapeSpec;
use crate::spec::dim::DimSpec;
use pytree_core::TensorType;
use symbolic::{Affine, Expr, ExprError, Naming, ShapeEnv, ValueRange};

use super::equalities::Equalities;
use super::leaf::{InputDim, InputLeaf, InputValue, dims_of};
use super::{ConstraintError, SymbolicInputs};

impl SymbolicInputs {
    /// Symbols for the dynamic sizes of the inputs.
    ///
    /// `leaves` are in the order of the flattened `(args, kwargs)` as passed, which is the order of placeholders and of
    /// symbol creation; `signature_order` lists their indices in the order of the parameters, in which equalities are
    /// imposed.
    ///
    /// # Errors
    /// Where the spec does not fit the examples; see [`ConstraintError`].
    pub fn declare(
        leaves: Vec<InputLeaf>,
        signature_order: &[usize],
        naming: Naming,
    ) -> Result<SymbolicInputs, ConstraintError> {
        let leaves: Vec<InputLeaf> = leaves.into_iter().map(plain_roots).collect();
        let in_order: Vec<&InputLeaf> = signature_order.iter().filter_map(|i| leaves.get(*i)).collect();
        let mut known = HashMap::new();
        for leaf in &in_order {
            check_leaf(leaf, &mut known)?;
        }
        check_phantoms(&in_order)?;

        let mut env = ShapeEnv::new(naming);
        let mut dims = Vec::new();
        for (i, leaf) in leaves.iter().enumerate() {
            match &leaf.value {
                InputValue::Tensor(tensor) => create_tensor(&mut env, i, leaf, tensor, &mut dims)?,
                InputValue::Int(value) => dims.push(create_int(&mut env, i, leaf, *value)),
                InputValue::Other { .. } => {}
            }
        }
        let order = dims_in_order(&leaves, &dims, signature_order);
        let equalities = Equalities::declare(&mut env, &dims, &order)?;
        Ok(SymbolicInputs { env, leaves, dims, equalities })
    }
}

/// `1*dx + 0` is `dx` itself.
fn plain_roots(mut leaf: InputLeaf) -> InputLeaf {
    let plain = |dim: &mut DimSpec| {
        if let DimSpec::Derived(d) = dim
            && d.form() == Affine::IDENTITY
        {
            *dim = DimSpec::Named(d.root().clone());
        }
    };
    match &mut leaf.spec {
        ShapeSpec::Dict(dims) => dims.values_mut().for_each(plain),
        ShapeSpec::Tuple(dims) | ShapeSpec::List(dims) => dims.iter_mut().for_each(plain),
        ShapeSpec::None | ShapeSpec::Scalar(_) => {}
    }
    leaf
}

/// Dims by their names, each with its range.
type Definitions = HashMap<String, (i64, Option<i64>)>;

fn check_leaf(leaf: &InputLeaf, known: &mut Definitions) -> Result<(), ConstraintError> {
    let (path, spec) = (|| leaf.path.clone(), || leaf.spec.to_string());
    match (&leaf.value, &leaf.spec) {
        (_, ShapeSpec::None) => Ok(()),
        (InputValue::Tensor(_), ShapeSpec::Scalar(dim)) => {
            let spec = if let DimSpec::Text(text) = dim { text.clone() } else { spec() };
            Err(ConstraintError::TensorSpec { spec, path: path() })
        }
        (InputValue::Tensor(TensorType { sizes, .. }), dims) => {
            let by_index = matches!(dims, ShapeSpec::Dict(_));
            if !by_index && dims.mentioned().len() != sizes.len() {
                let (sizes, got) = (sizes.clone(), dims.mentioned().len());
                return Err(ConstraintError::Rank { spec: spec(), path: path(), sizes, got });
            }
            for (dim, entry) in dims.mentioned() {
                match entry {
                    DimSpec::Text(_) if by_index => {
                        let got = entry.to_string();
                        return Err(ConstraintError::UnexpectedDim { dim, spec: spec(), path: path(), got });
                    }
                    DimSpec::Text(_) => {
                        let got = entry.to_string();
                        return Err(ConstraintError::UnexpectedItem { dim, spec: spec(), path: path(), got });
                    }
                    DimSpec::Named(named) => check_definition(named.to_string(), named.name(), named.range(), known)?,
                    DimSpec::Derived(derived) => {
                        let name = derived.to_string();
                        check_definition(name.clone(), &name, derived.range()?, known)?;
                    }
                    DimSpec::None | DimSpec::Int(_) | DimSpec::Hint(_) => {}
                }
                if usize::try_from(dim).is_ok_and(|d| d < sizes.len()) || entry.is_static() {
                    continue;
                }
                return Err(ConstraintError::NoSuchDim { path: path(), dim, rank: sizes.len() });
            }
            Ok(())
        }
        (InputValue::Int(_), ShapeSpec::Scalar(DimSpec::Named(_) | DimSpec::Derived(_))) => {
            Err(ConstraintError::NamedInt)
        }
        (InputValue::Int(_), ShapeSpec::Scalar(DimSpec::None | DimSpec::Hint(_))) => Ok(()),
        (InputValue::Int(_), other) => {
            let class = match other {
                ShapeSpec::Dict(_) => "dict",
                ShapeSpec::Tuple(_) => "tuple",
                ShapeSpec::List(_) => "list",
                ShapeSpec::Scalar(DimSpec::Int(_)) => "int",
                ShapeSpec::Scalar(_) | ShapeSpec::None => "str",
            };
            Err(ConstraintError::IntSpec { class, path: path() })
        }
        (InputValue::Other { .. }, ShapeSpec::Scalar(DimSpec::None)) => Ok(()),
        (InputValue::Other { class }, _) => {
            Err(ConstraintError::NotATensor { spec: spec(), path: path(), class: class.clone() })
        }
    }
}

/// A name stands for one range.
fn check_definition(
    shown: String,
    name: &str,
    range: ValueRange,
    known: &mut Definitions,
) -> Result<(), ConstraintError> {
    let end = |bound: symbolic::Bound| bound.finite().and_then(|n| i64::try_from(n).ok());
    let own = (end(range.lower).unwrap_or(0), end(range.upper));
    let first = *known.entry(name.to_owned()).or_insert(own);
    if first == own {
        return Ok(());
    }
    let readable = |(min, max)| crate::spec::dim::readable(name, min, max);
    Err(ConstraintError::Definitions { first: readable(first), second: readable(own), dim: shown })
}

/// Named and derived dims in the order of the spec, with the dimension they describe.
fn declared<'a>(leaves: &[&'a InputLeaf]) -> impl Iterator<Item = (&'a InputLeaf, usize, &'a DimSpec)> {
    let all: Vec<_> = leaves
        .iter()
        .flat_map(|leaf| leaf.spec.mentioned().into_iter().map(move |(i, d)| (*leaf, i, d)))
        .filter_map(|(leaf, i, d)| Some((leaf, usize::try_from(i).ok()?, d)))
        .collect();
    all.into_iter()
}

/// Roots that no dimension before them names must come out as integers.
fn check_phantoms(leaves: &[&InputLeaf]) -> Result<(), ConstraintError> {
    let mut known: HashSet<String> = HashSet::new();
    for (leaf, dim, spec) in declared(leaves) {
        known.extend(spec.name());
        let (DimSpec::Derived(derived), InputValue::Tensor(TensorType { sizes, .. })) = (spec, &leaf.value) else {
            continue;
        };
        if !known.insert(derived.root().name().to_owned()) {
            continue;
        }
        if let Some(size) = sizes.get(dim)
            && derived.root_value(*size).is_none()
        {
            let root = derived.root().name().to_owned();
            return Err(ConstraintError::DerivedForm { dim, size: *size, form: derived.to_string(), root });
        }
    }
    Ok(())
}

fn user_range(spec: &DimSpec) -> Result<Option<ValueRange>, ConstraintError> {
    Ok(match spec {
        DimSpec::Named(dim) => Some(dim.range()),
        DimSpec::Derived(dim) => Some(dim.range()?),
        _ => None,
    })
}

fn create_tensor(
    env: &mut ShapeEnv,
    index: usize,
    leaf: &InputLeaf,
    TensorType { sizes, strides, storage_offset, .. }: &TensorType,
    dims: &mut Vec<InputDim>,
) -> Result<(), ConstraintError> {
    for (i, value) in sizes.iter().copied().enumerate() {
        let (spec, source) = (leaf.spec.dim(i), format!("{}.size()[{i}]", leaf.source));
        if let DimSpec::Int(n) = spec
            && n != value
        {
            return Err(ConstraintError::Static { spec: n, size: value, dim: source });
        }
        let user = user_range(&spec)?;
        let expr = if spec.is_static() { Expr::int(value) } else { env.create_size(&source, value, user)? };
        dims.push(InputDim { source, leaf: index, index: Some(i), value, spec, user, expr });
    }
    // Strides and the offset take numbers as soon as one dimension carries a hint; none of them is ever printed.
    if !(0..sizes.len()).any(|i| leaf.spec.dim(i).hint().is_some()) {
        return Ok(());
    }
    create_strides(env, leaf, sizes, strides)?;
    env.create_layout(format_args!("{}.storage_offset()", leaf.source), *storage_offset);
    Ok(())
}

fn create_strides(env: &mut ShapeEnv, leaf: &InputLeaf, sizes: &[i64], strides: &[i64]) -> Result<(), ConstraintError> {
    let product = |i: usize| {
        let overflow = || ExprError::Overflow { operation: format!("{}*{}", sizes[i], strides[i]) };
        sizes[i].checked_mul(strides[i]).ok_or_else(overflow)
    };
    let rank = sizes.len().min(strides.len());
    let mut order: Vec<usize> = (0..rank).collect();
    order.sort_by_key(|i| (strides[*i], std::cmp::Reverse(*i)));
    let mut known: Vec<i64> = Vec::with_capacity(rank);
    for i in order {
        let follows = i + 1 < rank && strides[i] == product(i + 1)?;
        let literal = (strides[i] == 0 || strides[i] == 1) && !follows;
        if !literal && !known.contains(&strides[i]) {
            env.create_layout(format_args!("{}.stride()[{i}]", leaf.source), strides[i]);
        }
        known.push(product(i)?);
    }
    Ok(())
}

fn create_int(env: &mut ShapeEnv, index: usize, leaf: &InputLeaf, value: i64) -> InputDim {
    let spec = match &leaf.spec {
        ShapeSpec::Scalar(spec) => spec.clone(),
        _ => DimSpec::None,
    };
    let expr = if spec.hint().is_some() { env.create_int(&leaf.source, value) } else { Expr::int(value) };
    InputDim { source: leaf.source.clone(), leaf: index, index: None, value, spec, user: None, expr }
}

/// Indices of the dims that the spec names, leaves in signature order, dims as the spec lists them.
fn dims_in_order(leaves: &[InputLeaf], dims: &[InputDim], signature_order: &[usize]) -> Vec<usize> {
    let mut order = Vec::new();
    for leaf in signature_order {
        let Some(spec) = leaves.get(*leaf).map(|l| &l.spec) else { continue };
        for (i, _) in spec.mentioned().into_iter().filter(|(_, d)| d.is_named()) {
            let wanted = usize::try_from(i).ok();
            let from = dims.partition_point(|d| d.leaf < *leaf);
            let own = dims_of(dims, *leaf).iter().position(|d| d.index.is_some() && d.index == wanted);
            order.extend(own.map(|at| from + at));
        }
    }
    order
}
