//! The numbers that libtorch and `.pt2` files have for element types, layouts, memory formats and devices, row by row.

use pytree_core::{DType, Device, DeviceType, Layout, MemoryFormat, TensorType};

/// Name, abbreviation, bytes, libtorch's number (`c10/core/ScalarType.h`), the file's (`schema.ScalarType`).
type Row = (&'static str, &'static str, usize, Option<i64>, Option<u8>);

const DTYPES: &[Row] = &[
    ("uint8", "u8", 1, Some(0), Some(1)),
    ("int8", "i8", 1, Some(1), Some(2)),
    ("int16", "i16", 2, Some(2), Some(3)),
    ("int32", "i32", 4, Some(3), Some(4)),
    ("int64", "i64", 8, Some(4), Some(5)),
    ("uint16", "u16", 2, Some(27), Some(28)),
    ("uint32", "u32", 4, Some(28), Some(34)),
    ("uint64", "u64", 8, Some(29), Some(35)),
    ("float16", "f16", 2, Some(5), Some(6)),
    ("bfloat16", "bf16", 2, Some(15), Some(13)),
    ("float32", "f32", 4, Some(6), Some(7)),
    ("float64", "f64", 8, Some(7), Some(8)),
    ("complex32", "c32", 4, Some(8), Some(9)),
    ("complex64", "c64", 8, Some(9), Some(10)),
    ("complex128", "c128", 16, Some(10), Some(11)),
    ("bool", "b8", 1, Some(11), Some(12)),
    ("float8_e5m2", "f8e5m2", 1, Some(23), Some(30)),
    ("float8_e4m3fn", "f8e4m3fn", 1, Some(24), Some(29)),
    ("float8_e5m2fnuz", "f8e5m2fnuz", 1, Some(25), Some(32)),
    ("float8_e4m3fnuz", "f8e4m3fnuz", 1, Some(26), Some(31)),
    ("float8_e8m0fnu", "f8e8m0fnu", 1, Some(44), Some(33)),
    ("qint8", "qint8", 1, Some(12), None),
    ("quint8", "quint8", 1, Some(13), None),
    ("qint32", "qint32", 4, Some(14), None),
    ("other", "other", 0, None, None),
];

/// The numbers from -2 to 300 that `read` takes are those that some row has.
fn only<T: PartialEq + std::fmt::Debug>(rows: &[(T, Option<i64>)], read: impl Fn(i64) -> Option<T>) {
    for number in -2..300 {
        let row = rows.iter().find(|(_, own)| *own == Some(number)).map(|(value, _)| value);
        assert_eq!(read(number).as_ref(), row, "{number}");
    }
}

fn file<T>(from: impl Fn(u8) -> Option<T>) -> impl Fn(i64) -> Option<T> {
    move |number| u8::try_from(number).ok().and_then(&from)
}

#[test]
fn element_types() {
    let found: Vec<_> = DType::ALL
        .iter()
        .map(|dtype| (dtype.name(), dtype.abbreviation(), dtype.size(), dtype.to_libtorch(), dtype.to_pt2()))
        .collect();
    assert_eq!(found, DTYPES);
    let numbered = |number: fn(DType) -> Option<i64>| -> Vec<_> {
        DType::ALL.iter().map(|dtype| (*dtype, number(*dtype))).collect()
    };
    only(&numbered(DType::to_libtorch), DType::from_libtorch);
    only(&numbered(|dtype| dtype.to_pt2().map(i64::from)), file(DType::from_pt2));
    for dtype in DType::ALL {
        assert_eq!(dtype.to_string().parse(), Ok(*dtype));
        assert_eq!(format!("torch.{dtype}").parse(), Ok(*dtype));
    }
    let error = "float".parse::<DType>().map_err(|e| e.to_string());
    assert_eq!(
        error,
        Err("unknown element type `float`; write torch's name, such as `float32`, `int64` or `bool`".into())
    );
}

#[test]
fn layouts() {
    let found: Vec<_> = Layout::ALL.iter().map(|l| (l.name(), l.to_libtorch(), l.to_pt2())).collect();
    let rows = [
        ("strided", 0, Some(7)),
        ("sparse_coo", 1, Some(1)),
        ("sparse_csr", 2, Some(2)),
        ("_mkldnn", 3, Some(6)),
        ("sparse_csc", 4, Some(3)),
        ("sparse_bsr", 5, Some(4)),
        ("sparse_bsc", 6, Some(5)),
        ("jagged", 7, None),
    ];
    assert_eq!(found, rows);
    let all = Layout::ALL.iter().copied();
    only(&all.clone().map(|l| (l, Some(l.to_libtorch()))).collect::<Vec<_>>(), Layout::from_libtorch);
    only(&all.map(|l| (l, l.to_pt2().map(i64::from))).collect::<Vec<_>>(), file(Layout::from_pt2));
}

#[test]
fn memory_formats() {
    let found: Vec<_> = MemoryFormat::ALL.iter().map(|f| (f.to_string(), f.to_libtorch(), f.to_pt2())).collect();
    let rows = [
        ("contiguous_format".to_owned(), 0, Some(1)),
        ("preserve_format".to_owned(), 1, Some(4)),
        ("channels_last".to_owned(), 2, Some(2)),
        ("channels_last_3d".to_owned(), 3, Some(3)),
    ];
    assert_eq!(found, rows);
    let all = MemoryFormat::ALL.iter().copied();
    only(&all.clone().map(|f| (f, Some(f.to_libtorch()))).collect::<Vec<_>>(), MemoryFormat::from_libtorch);
    only(&all.map(|f| (f, f.to_pt2().map(i64::from))).collect::<Vec<_>>(), file(MemoryFormat::from_pt2));
}

#[test]
fn devices() {
    for (device, text, numbers) in [
        (Device::Cpu, "cpu", (0, -1)),
        (Device::Cuda(0), "cuda:0", (1, 0)),
        (Device::Cuda(3), "cuda:3", (1, 3)),
        (Device::Vulkan, "vulkan", (10, -1)),
        (Device::Mps, "mps", (13, -1)),
        (Device::Meta, "meta", (14, -1)),
    ] {
        assert_eq!((device.to_string().as_str(), device.to_libtorch()), (text, Some(numbers)));
        assert_eq!((text.parse(), Device::from_libtorch(numbers.0, numbers.1)), (Ok(device), Some(device)));
    }
    // The current device is taken as the first.
    assert_eq!((Device::from_libtorch(1, -1), "cuda".parse()), (Some(Device::Cuda(0)), Ok(Device::Cuda(0))));
    assert_eq!(Device::from_libtorch(1, -2), None);
    // Every type of PyTorch, with an index and without one.
    for kind in DeviceType::ALL.iter().copied() {
        for index in [None, Some(0), Some(7)] {
            let device = Device::of(kind, index);
            assert_eq!(device.parts(), (kind.name(), index));
            let text = index.map_or(kind.name().to_owned(), |index| format!("{}:{index}", kind.name()));
            assert_eq!(device.to_string(), text);
            let numbers = (kind.to_libtorch(), index.map_or(-1, |index| index as i64));
            assert_eq!(device.to_libtorch(), Some(numbers));
            // What libtorch says of these is one device.
            if !["cpu", "cuda", "vulkan", "mps", "meta"].contains(&kind.name()) {
                assert_eq!((text.parse(), Device::from_libtorch(numbers.0, numbers.1)), (Ok(device), Some(device)));
            }
        }
    }
    let known = |number| DeviceType::ALL.iter().any(|kind| kind.to_libtorch() == number);
    for number in (-2..300).filter(|number| !known(*number)) {
        assert_eq!(Device::from_libtorch(number, 0), None, "{number}");
    }
    assert_eq!(Device::from_libtorch(12, -2), None);
    for text in ["", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:01", "cuda:+1", "xpu:", "npu:0", "xpu:0:1"] {
        assert!(text.parse::<Device>().is_err(), "{text}");
    }
}

#[test]
fn the_type_of_a_tensor() {
    let x = TensorType::contiguous(DType::Float32, [2, 0, 3]);
    assert_eq!((x.strides.as_slice(), x.storage_offset, x.layout), (&[3, 3, 1][..], 0, Layout::Strided));
    assert_eq!(TensorType::contiguous(DType::Bool, []).strides, [0_i64; 0]);
    // Sizes, then strides, then the offset.
    let mut seen = Vec::new();
    let mapped = TensorType { storage_offset: 7, ..x.clone() }.map(|size| {
        seen.push(*size);
        size.to_string()
    });
    assert_eq!(seen, [2, 0, 3, 3, 3, 1, 7]);
    assert_eq!((mapped.storage_offset.as_str(), mapped.dtype), ("7", DType::Float32));
    assert_eq!(x.try_map(|size| if *size == 0 { Err("empty") } else { Ok(*size) }), Err("empty"));
    assert!(x.same_elements(&TensorType { requires_grad: true, ..x.clone() }));
    assert!(!x.same_elements(&TensorType { storage_offset: 1, ..x.clone() }));
}
