//! Tensors as memory.
#![cfg(feature = "tch")]
// Tests fail by panicking.
#![allow(clippy::unwrap_used)]

use tch::{Device, Kind, Tensor};
use torch_export::dispatch::{
    deep_copy, on_storage, same_tensor, storage_bytes, storage_from_bytes, storage_id, tensor_type,
};
use torch_export::pytree::{DType, Layout};

#[test]
fn the_type_is_that_of_torch() {
    let x = Tensor::arange(12, (Kind::Float, Device::Cpu)).view([3, 4]).set_requires_grad(true);
    let part = x.narrow(1, 1, 2).transpose(0, 1);
    let i = tensor_type(&part).unwrap();
    assert_eq!((i.dtype, i.layout, i.requires_grad, part.is_leaf()), (DType::Float32, Layout::Strided, true, false));
    assert_eq!((i.sizes, i.strides, i.storage_offset), (vec![2, 3], vec![1, 4], 1));
    assert!(tensor_type(&Tensor::new()).is_err());
}

#[test]
fn dtype_numbers_agree_with_tch() {
    for kind in [
        Kind::Uint8,
        Kind::Int8,
        Kind::Int16,
        Kind::Int,
        Kind::Int64,
        Kind::Half,
        Kind::Float,
        Kind::Double,
        Kind::ComplexFloat,
        Kind::ComplexDouble,
        Kind::Bool,
        Kind::BFloat16,
        Kind::Float8e5m2,
        Kind::Float8e4m3fn,
    ] {
        let dtype = tensor_type(&Tensor::zeros([1], (kind, Device::Cpu))).unwrap().dtype;
        assert_eq!(dtype.size(), kind.elt_size_in_bytes(), "{kind:?}");
        assert_eq!(DType::from_libtorch(dtype.to_libtorch().unwrap()), Some(dtype));
    }
    assert_eq!(DType::Other.to_libtorch(), None);
    // A quantized tensor is more than its storage.
    let plain = |dtype: &DType| *dtype != DType::Other && !dtype.name().starts_with('q');
    for dtype in DType::ALL.iter().copied().filter(plain) {
        // The number is right if libtorch makes elements of that size for it.
        let bytes = storage_from_bytes(&vec![0; dtype.size()]).unwrap();
        let made = on_storage(&bytes, dtype, &[1], &[1], 0).unwrap();
        assert_eq!(tensor_type(&made).unwrap().dtype, dtype);
        assert!(on_storage(&bytes, dtype, &[2], &[1], 0).is_err(), "{dtype}");
    }
}

#[test]
fn copies_have_their_own_memory_and_the_same_strides() {
    let base = Tensor::arange(24, (Kind::Float, Device::Cpu)).view([2, 3, 4]);
    for x in [
        base.shallow_clone(),
        base.transpose(0, 2),
        base.narrow(2, 1, 2),
        base.slice(2, 0, 4, 2),
        Tensor::ones([3, 1], (Kind::Float, Device::Cpu)).expand([3, 4], false),
        Tensor::zeros([0, 3], (Kind::Float, Device::Cpu)),
        Tensor::from(2.5f64),
    ] {
        let copy = deep_copy(&x).unwrap();
        assert_eq!(copy, x);
        assert_eq!((copy.stride(), copy.kind()), (x.stride(), x.kind()));
        assert_ne!(storage_id(&copy).unwrap(), storage_id(&x).unwrap());
    }
    let leaf = base.copy().set_requires_grad(true);
    let copy = deep_copy(&leaf).unwrap();
    assert!(copy.requires_grad() && copy.is_leaf());
    let _ = tch::no_grad(|| copy.shallow_clone().zero_());
    assert_eq!(leaf, base);
}

#[test]
fn identity_is_not_equality() {
    let x = Tensor::from_slice(&[1f32, 2.0]);
    let same = x.shallow_clone();
    let view = x.view([2]);
    let equal = x.copy();
    assert!(same_tensor(&x, &same).unwrap());
    assert!(!same_tensor(&x, &view).unwrap() && !same_tensor(&x, &equal).unwrap());
    assert_eq!(storage_id(&x).unwrap(), storage_id(&view).unwrap());
    assert_ne!(storage_id(&x).unwrap(), storage_id(&equal).unwrap());
    assert_eq!(storage_id(&Tensor::new()).unwrap(), None);
}

#[test]
fn whole_storages_are_read_and_written() {
    let base = Tensor::from_slice(&[1i16, 2, 3, 4, 5, 6]).view([2, 3]);
    let view = base.transpose(0, 1).narrow(0, 1, 1);
    let bytes = storage_bytes(&view).unwrap();
    let expected: Vec<u8> = (1i16..=6).flat_map(i16::to_ne_bytes).collect();
    assert_eq!(bytes, expected);
    let i = tensor_type(&view).unwrap();
    let made = storage_from_bytes(&bytes).unwrap();
    let back = on_storage(&made, i.dtype, &i.sizes, &i.strides, i.storage_offset).unwrap();
    assert_eq!((&back, back.stride()), (&view, view.stride()));
    // Two tensors on one storage see each other's writes.
    let all = on_storage(&made, DType::Int16, &[6], &[1], 0).unwrap();
    assert_eq!(storage_id(&all).unwrap(), storage_id(&back).unwrap());
    let _ = all.shallow_clone().fill_(9);
    assert_eq!(back.int64_value(&[0, 1]), 9);
    // No elements, a bool, and a 0-dimensional tensor.
    assert!(storage_bytes(&Tensor::zeros([0], (Kind::Float, Device::Cpu))).unwrap().is_empty());
    assert_eq!(storage_bytes(&Tensor::from_slice(&[true, false])).unwrap(), [1, 0]);
    assert_eq!(storage_bytes(&Tensor::from(7i64)).unwrap(), 7i64.to_ne_bytes());
    assert!(storage_bytes(&Tensor::new()).is_err());
}

#[test]
fn geometry_outside_the_storage_is_refused() {
    let base = storage_from_bytes(&[0; 40]).unwrap();
    let on = |sizes: &[i64], strides: &[i64], offset| on_storage(&base, DType::Float32, sizes, strides, offset);
    assert!(on(&[10], &[1], 0).is_ok());
    assert!(on(&[2, 5], &[5, 1], 0).is_ok());
    assert!(on(&[1 << 40], &[0], 9).is_ok(), "an expanded element stays inside");
    assert!(on(&[0, 7], &[1 << 60, 1], 0).is_ok(), "without elements there are no bounds");
    for (sizes, strides, offset) in [
        (vec![11], vec![1], 0),
        (vec![10], vec![1], 1),
        (vec![2], vec![10], 0),
        (vec![-1], vec![1], 0),
        (vec![2], vec![-1], 5),
        (vec![1], vec![1], -1),
        (vec![i64::MAX, i64::MAX], vec![i64::MAX, i64::MAX], i64::MAX),
        (vec![2, 2], vec![1], 0),
    ] {
        assert!(on(&sizes, &strides, offset).is_err(), "{sizes:?} {strides:?} {offset}");
    }
    assert_eq!(storage_bytes(&base).unwrap().len(), 40, "the storage did not grow");
}
