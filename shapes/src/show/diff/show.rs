//! A difference in one line.

use super::{Diff, Position};
use pytree_core::python;
use std::fmt;

/// A difference in one line (`onnx_diagnostic.helpers.string_diff`): `abs=0.5, rel=500.0, n=6.0,amax=0,0, dev=0`.
pub fn string_diff(diff: &Diff) -> String {
    diff.to_string()
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let same = self.abs.as_f64() == 0.0 || self.rel.as_f64() == 0.0;
        write!(f, "abs={}, rel={}", self.abs, self.rel)?;
        if !same {
            write!(f, ", n={}", self.n)?;
        }
        if self.dnan.as_f64() != 0.0 {
            write!(f, ", dnan={}", self.dnan)?;
        }
        if let Some(rep) = &self.rep {
            let rows = rep.iter().filter(|above| above.count > 0);
            let rows = rows.map(|above| format!("#{}>{}", above.count, python::Float(above.threshold)));
            write!(f, "/{}", rows.collect::<Vec<_>>().join("-"))?;
        }
        match &self.argm {
            None => {}
            Some(Position::Nowhere) => f.write_str(",amax=None")?,
            Some(Position::Infinite) => f.write_str(",amax=inf")?,
            Some(Position::At(indices)) => {
                let indices: Vec<String> = indices.iter().map(ToString::to_string).collect();
                write!(f, ",amax={}", indices.join(","))?;
            }
        }
        self.dev.map_or(Ok(()), |dev| write!(f, ", dev={dev}"))
    }
}
