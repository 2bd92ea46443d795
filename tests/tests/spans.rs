//! What the crates that need no libtorch say to `tracing`. For an export see its tests of progress.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use program::ExportedProgram;
use pytree_core::{DType, Meta, TensorMeta};
use shapes::InputSets;
use symbolic::{Expr, Naming, Rel, RelOp, ShapeEnv};
use tracing_subscriber::fmt::format::FmtSpan;

/// Collects what a subscriber writes.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What `f` says, without times.
fn said(f: impl FnOnce()) -> String {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_span_events(FmtSpan::NEW)
        .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
        .without_time()
        .with_ansi(false)
        .finish();
    tracing::subscriber::with_default(subscriber, f);
    let bytes = lines.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn files_are_spans_with_their_paths() {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("zoo/torch-2.13/pt_nested/model.pt2");
    let copy = std::env::temp_dir().join(format!("torch-export-spans-{}.pt2", std::process::id()));
    let text = said(|| ExportedProgram::load(&model).unwrap().save(&copy).unwrap());
    std::fs::remove_file(&copy).unwrap();
    assert!(text.contains(&format!("load{{path={}}}", model.display())), "{text}");
    assert!(text.contains(&format!("save{{path={}}}", copy.display())), "{text}");
}

#[test]
fn guesses_are_spans() {
    let set = |n: i64| (TensorMeta::new(DType::Float32, [n, 4]),);
    let text = said(|| {
        InputSets::of::<Meta, _>(&[set(2), set(3)]).unwrap().guess_dynamic_shapes().unwrap();
    });
    assert!(text.contains("guess{sets=2}"), "{text}");
}

#[test]
fn guards_and_replacements_are_events() {
    let mut env = ShapeEnv::new(Naming::Sequential);
    let text = said(|| {
        let a = env.create_size("x.size()[0]", 5, None).unwrap();
        let b = env.create_size("y.size()[0]", 5, None).unwrap();
        env.evaluate(&Rel::new(RelOp::Eq, a, b), "add").unwrap();
        let c = env.create_size("z.size()[0]", 7, None).unwrap();
        env.evaluate(&Rel::new(RelOp::Le, c, Expr::int(50)), "narrow").unwrap();
    });
    assert!(text.contains("replaced symbol=") && text.contains("guard guard="), "{text}");
    assert!(text.contains("origin=\"narrow\""), "{text}");
}
