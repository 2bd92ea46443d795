//! All models.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::recorder::Recorder;

/// A model of this program.
#[derive(Clone, Copy)]
pub(crate) struct Model {
    /// Its name, and that of its Python twin.
    pub(crate) name: &'static str,
    /// Exports and records it.
    pub(crate) record: fn(&Recorder<'_>) -> Result<Value>,
}

/// All models, by family.
pub(crate) fn all() -> Vec<Model> {
    let families = [
        crate::vision::MODELS,
        crate::unet::MODELS,
        crate::generative::MODELS,
        crate::cnn::MODELS,
        crate::style::MODELS,
        crate::yolo::MODELS,
        crate::gpt::MODELS,
        crate::llama::MODELS,
        crate::gpt2::MODELS,
        crate::bert::MODELS,
        crate::bart::MODELS,
        crate::t5::MODELS,
        crate::clip::MODELS,
        crate::recurrent::MODELS,
        crate::experts::MODELS,
        crate::deberta::MODELS,
    ];
    families.concat()
}

/// Those that take minutes in a build without optimisation, so that a sample leaves them out.
const LARGE: [&str; 4] = ["dinov2_fixed", "efficientnet_b0", "llama_deep", "llama_wide"];

/// The other ones.
pub(crate) fn small() -> Vec<Model> {
    all().into_iter().filter(|model| !LARGE.contains(&model.name)).collect()
}

/// The model of this name.
pub(crate) fn find(name: &str) -> Result<Model> {
    let names = || all().iter().map(|model| model.name).collect::<Vec<_>>().join(", ");
    all()
        .into_iter()
        .find(|model| model.name == name)
        .with_context(|| format!("no model `{name}`; there are {}", names()))
}
