//! The arrays of NumPy's files (`numpy.lib.format`): a header that is a Python dict, then the elements.

use pytree_core::DType;

/// An array.
#[derive(Debug)]
pub(super) struct Array<'b> {
    pub(super) dtype: DType,
    pub(super) sizes: Vec<i64>,
    /// Whether the first index runs fastest.
    pub(super) fortran_order: bool,
    pub(super) data: &'b [u8],
}

impl<'b> Array<'b> {
    /// Reads a `.npy` file.
    pub(super) fn parse(bytes: &'b [u8]) -> Result<Self, String> {
        let cut = || "the array is cut short".to_owned();
        let Some((start, rest)) = bytes.split_at_checked(8).filter(|(start, _)| start.starts_with(b"\x93NUMPY")) else {
            return Err("it is not a NumPy array".to_owned());
        };
        // Version 1 has a length of 16 bits.
        let (length, rest) = match start.get(6) {
            Some(1) => {
                let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(cut)?;
                (usize::from(u16::from_le_bytes(*length)), rest)
            }
            Some(2 | 3) => {
                let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
                (usize::try_from(u32::from_le_bytes(*length)).map_err(|_| cut())?, rest)
            }
            _ => return Err("its version of the format is not 1, 2 or 3".to_owned()),
        };
        let (header, data) = rest.split_at_checked(length).ok_or_else(cut)?;
        let header = std::str::from_utf8(header).map_err(|_| "its header is not text".to_owned())?;
        let dtype = dtype(field(header, "descr")?)?;
        let fortran_order = match field(header, "fortran_order")? {
            order if order.starts_with("True") => true,
            order if order.starts_with("False") => false,
            _ => return Err("its order is not known".to_owned()),
        };
        let sizes = sizes(field(header, "shape")?).ok_or("its shape is not a tuple of sizes")?;
        let count = sizes.iter().try_fold(1_i64, |count, size| count.checked_mul(*size));
        let needed = count.and_then(|count| usize::try_from(count).ok()?.checked_mul(dtype.size()));
        if needed != Some(data.len()) {
            return Err(format!("its sizes {sizes:?} do not fit its {} bytes", data.len()));
        }
        Ok(Array { dtype, sizes, fortran_order, data })
    }
}

/// The text behind `'name':` in the header.
fn field<'h>(header: &'h str, name: &str) -> Result<&'h str, String> {
    let place = header.split_once(&format!("'{name}':"));
    place.map(|(_, value)| value.trim_start()).ok_or_else(|| format!("its header has no `{name}`"))
}

fn sizes(text: &str) -> Option<Vec<i64>> {
    let (inside, _) = text.strip_prefix('(')?.split_once(')')?;
    let words = inside.split(',').map(str::trim).filter(|word| !word.is_empty());
    words.map(|word| word.parse().ok().filter(|size| *size >= 0)).collect()
}

/// An element type, as in `'<f4'`.
fn dtype(text: &str) -> Result<DType, String> {
    let name = text.strip_prefix('\'').and_then(|text| text.split_once('\'')).map(|(name, _)| name);
    let Some(name) = name else { return Err("its elements are structs".to_owned()) };
    Ok(match name {
        "|b1" => DType::Bool,
        "|u1" => DType::UInt8,
        "|i1" => DType::Int8,
        "<u2" => DType::UInt16,
        "<i2" => DType::Int16,
        "<u4" => DType::UInt32,
        "<i4" => DType::Int32,
        "<u8" => DType::UInt64,
        "<i8" => DType::Int64,
        "<f2" => DType::Float16,
        "<f4" => DType::Float32,
        "<f8" => DType::Float64,
        "<c8" => DType::Complex64,
        "<c16" => DType::Complex128,
        other => return Err(format!("its element type `{other}` has no counterpart in PyTorch")),
    })
}

#[cfg(test)]
#[allow(clippy::unreachable, reason = "a test")]
mod tests {
    use super::*;

    fn npy(header: &str, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(header.len()).unwrap_or(0).to_le_bytes();
        [b"\x93NUMPY\x01\x00".as_slice(), &length, header.as_bytes(), data].concat()
    }

    #[test]
    fn an_array_is_read() {
        let header = "{'descr': '<i2', 'fortran_order': True, 'shape': (2, 1), }  \n";
        let bytes = npy(header, &[1, 0, 2, 0]);
        let Ok(array) = Array::parse(&bytes) else { unreachable!("the array is well formed") };
        assert_eq!((array.dtype, array.sizes, array.fortran_order), (DType::Int16, vec![2, 1], true));
        let scalar = npy("{'descr': '|b1', 'fortran_order': False, 'shape': ()}", &[1]);
        assert!(Array::parse(&scalar).is_ok_and(|array| array.sizes.is_empty() && array.data == [1]));
    }

    #[test]
    fn other_arrays_are_refused() {
        let refused = |bytes: &[u8]| Array::parse(bytes).err().unwrap_or_default();
        let header =
            |descr: &str, shape: &str| format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}");
        assert!(refused(b"text").contains("not a NumPy array"));
        assert!(refused(&npy(&header("'>f4'", "(1,)"), &[0; 4])).contains("`>f4`"));
        assert!(refused(&npy(&header("'|O'", "(1,)"), &[0; 4])).contains("`|O`"));
        assert!(refused(&npy(&header("[('a', '<f4')]", "(1,)"), &[0; 4])).contains("structs"));
        assert!(refused(&npy(&header("'<f4'", "(2,)"), &[0; 4])).contains("do not fit"));
        assert!(refused(&npy(&header("'<f4'", "(-1,)"), &[0; 4])).contains("shape"));
        assert!(refused(&npy(&header("'<f4'", "(4294967296, 4294967296)"), &[0; 4])).contains("do not fit"));
        assert!(refused(&npy(&header("'<f4'", "(1,)"), &[0; 4])[..20]).contains("cut short"));
    }
}
