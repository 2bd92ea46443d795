use tch::{Device, Kind, Tensor};
use torch_export::prelude::*;
struct Model;
#[module]
impl Model {
    fn forward(&self, x: &Tensor, y: &Tensor) -> Tensor {
        x + y
    }
}
fn r(s: &[i64]) -> Tensor { Tensor::randn(s, (Kind::Float, Device::Cpu)) }
#[test]
fn add() -> Result<(), Box<dyn std::error::Error>> {
    let model = Model;
    let inputs = ModelInputs::new(&model, [Model::args((r(&[5, 6]), r(&[1, 6]))), Model::args((r(&[7, 8]), r(&[1, 8])))])?;
    let shapes = inputs.guess_dynamic_shapes()?;
    println!("{shapes}");
    let p = export(&model, &inputs, &shapes)?;
    println!("{p}\n{}", p.verification.as_ref().unwrap());
    p.save("/tmp/w/add.pt2")?;
    Ok(())
}
#[derive(PyTree)]
#[pytree(name = "m.DynamicCache", as = "mapping")]
struct DynamicCache { key_cache: Vec<Tensor>, value_cache: Vec<Tensor> }
struct M2;
#[module]
impl M2 {
    fn forward(&self, x: &Tensor, dc: &DynamicCache) -> Tensor {
        let kc = Tensor::cat(&dc.key_cache, 1);
        let vc = Tensor::cat(&dc.value_cache, 1);
        let s = dc.key_cache[0].size();
        let ones = Tensor::zeros([s[0], s[1], s[2], s[3]], (Kind::Float, Device::Cpu));
        let w = vc + kc + ones;
        let y = w.sum_dim_intlist([2i64].as_slice(), true, None::<Kind>);
        x + y
    }
}
#[test]
fn cache() -> Result<(), Box<dyn std::error::Error>> {
    let set = |b, l| M2::args((r(&[b, 8, 7, 1]), DynamicCache { key_cache: vec![r(&[b, 8, l, 6])], value_cache: vec![r(&[b, 8, l, 6])] }));
    let inputs = ModelInputs::new(&M2, [set(4, 11), set(3, 5)])?;
    let shapes = inputs.guess_dynamic_shapes()?;
    println!("{shapes}");
    let p = export(&M2, &inputs, &shapes)?;
    println!("{p}\n{}", p.verification.as_ref().unwrap());
    p.save("/tmp/w/cache.pt2")?;
    std::fs::write("/tmp/w/regs.py", p.python_module())?;
    Ok(())
}
