//! Writes values: expressions with their hints, the types of tensors, and the tables of stored ones.

use super::SaveError;
use super::schema::{self, Float, Hint, SymExpr, SymInt};
use crate::ExportedProgram;
use crate::data::{Pickled, Storage, TensorData};
use indexmap::IndexMap;
use pytree_core::{DType, Layout, TensorType};
use symbolic::{Expr, ExprKind, Number, Real, Symbol};

/// Writes expressions, with their values in the example as hints.
#[derive(Clone, Copy)]
pub(super) struct Values<'p> {
    pub(super) program: &'p ExportedProgram,
}

impl Values<'_> {
    pub(super) fn sym_int(self, name: &str, expr: &Expr) -> Result<SymInt, SaveError> {
        if let Some(value) = expr.as_int() {
            return Ok(SymInt::AsInt(value));
        }
        let hint = match self.program.expression_hints.get(expr) {
            Some(hint) => Some(*hint),
            None => self.hint(name, expr)?.map(|hint| match hint {
                Number::Int(v) => Hint::AsInt(v),
                Number::Real(v) => Hint::AsFloat(Float(v)),
            }),
        };
        Ok(SymInt::AsExpr(SymExpr { expr_str: expr.srepr(), hint }))
    }

    pub(super) fn sym_float(self, name: &str, expr: &Expr) -> Result<schema::SymFloat, SaveError> {
        if let ExprKind::Real(Real(value)) = expr.kind() {
            return Ok(schema::SymFloat::AsFloat(Float(*value)));
        }
        let hint = match self.program.expression_hints.get(expr) {
            Some(hint) => Some(*hint),
            None => self.hint(name, expr)?.map(|hint| Hint::AsFloat(Float(hint.to_real()))),
        };
        Ok(schema::SymFloat::AsExpr(SymExpr { expr_str: expr.srepr(), hint }))
    }

    /// The value of an expression in the example; `None` if it follows from values that are read from tensors.
    pub(super) fn hint(self, name: &str, expr: &Expr) -> Result<Option<Number>, SaveError> {
        // A loaded program has the values that its file has.
        let loaded = self.program.origin.is_some();
        let read = |symbol: &Symbol| (loaded || !symbol.is_positive()) && !self.program.hints.contains_key(symbol);
        if expr.has_symbol(read) {
            return Ok(None);
        }
        let hint = expr.eval_number(&|symbol| self.program.hints.get(symbol).copied().map(Number::Int));
        hint.map(Some).map_err(|source| SaveError::Expr { name: name.to_owned(), source })
    }

    pub(super) fn tensor_meta(self, name: &str, tensor: &TensorType<Expr>) -> Result<schema::TensorMeta, SaveError> {
        let TensorType { sizes, strides, storage_offset, .. } = tensor.try_map(|expr| self.sym_int(name, expr))?;
        Ok(schema::TensorMeta {
            dtype: dtype_number(name, tensor.dtype)?,
            sizes,
            requires_grad: tensor.requires_grad,
            device: tensor.device.into(),
            strides,
            storage_offset,
            layout: layout_number(name, tensor.layout)?,
        })
    }

    /// The table of stored tensors and the storages that it names: one file per distinct storage and element type.
    pub(super) fn payloads(
        self,
        prefix: &str,
        tensors: &IndexMap<String, TensorData>,
    ) -> Result<(schema::PayloadConfig, Vec<(String, Storage)>), SaveError> {
        let mut files: IndexMap<((usize, usize), DType), Storage> = IndexMap::new();
        let mut config = IndexMap::new();
        for (name, data) in tensors {
            let dtype = data.tensor.dtype;
            let entry = files.entry((data.storage.identity(), dtype));
            let path_name = format!("{prefix}_{}", entry.index());
            if let indexmap::map::Entry::Vacant(entry) = entry {
                entry.insert(checked(name, &data.storage)?);
            }
            let tensor_meta = self.tensor_meta(name, &data.tensor.map(|n| Expr::int(*n)))?;
            let payload = schema::Payload {
                path_name,
                is_param: data.is_parameter,
                use_pickle: false,
                tensor_meta: Some(tensor_meta),
            };
            config.insert(name.clone(), payload);
        }
        let mut files: Vec<_> =
            files.into_values().enumerate().map(|(i, storage)| (format!("{prefix}_{i}"), storage)).collect();
        // Objects that were pickled are copied as they are. Those of the state dict have the prefix of weights.
        let own = |pickled: &Pickled| (pickled.prefix == "weight") == (prefix == "weight");
        for (name, pickled) in self.program.pickled.iter().filter(|(_, pickled)| own(pickled)) {
            let used = |path: &str| files.iter().any(|(known, _)| known == path);
            let path = (0..).map(|i| format!("{}_{i}", pickled.prefix)).find(|path| !used(path)).unwrap_or_default();
            files.push((path.clone(), checked(name, &pickled.bytes)?));
            let payload = schema::Payload {
                path_name: path,
                is_param: pickled.is_parameter,
                use_pickle: true,
                tensor_meta: None,
            };
            config.insert(name.clone(), payload);
        }
        Ok((schema::PayloadConfig { config }, files))
    }
}

pub(super) fn dtype_number(name: &str, dtype: DType) -> Result<u8, SaveError> {
    dtype.to_pt2().ok_or_else(|| SaveError::DType { name: name.to_owned(), dtype })
}

pub(super) fn layout_number(name: &str, layout: Layout) -> Result<u8, SaveError> {
    layout.to_pt2().ok_or_else(|| SaveError::NoNumber { name: name.to_owned(), what: format!("torch.{layout}") })
}

/// Bytes to copy, if they are those that were written to the file that they are from.
pub(super) fn checked(name: &str, bytes: &Storage) -> Result<Storage, SaveError> {
    bytes.verify().map_err(|source| SaveError::Damaged { name: name.to_owned(), source })?;
    Ok(bytes.clone())
}
