//! What the guards say about each name: the value it must have, or its bounds.

use indexmap::IndexMap;
use symbolic::{Bound, Expr};

use super::error::Fixes;
use super::view::View;

/// What is known of one name.
#[derive(Clone, Debug, Default)]
pub(super) struct Fact {
    pub(super) eq: Option<Expr>,
    pub(super) min: Option<Bound>,
    pub(super) max: Option<Bound>,
}

impl Fact {
    pub(super) fn is_range(&self) -> bool {
        self.min.is_some() || self.max.is_some()
    }

    /// Keeps the tighter of what is known and these bounds.
    pub(super) fn narrow(&mut self, low: Option<Bound>, high: Option<Bound>) {
        self.min = self.min.max(low);
        self.max = [self.max, high].into_iter().flatten().min();
    }

    /// A range of one value is that value.
    pub(super) fn settle(&mut self) {
        let point = self.min.filter(|min| self.max == Some(*min)).and_then(Bound::finite);
        if let (None, Some(n)) = (&self.eq, point.and_then(|n| i64::try_from(n).ok())) {
            *self = Fact { eq: Some(Expr::int(n)), min: None, max: None };
        }
    }
}

/// The facts known so far.
pub(super) struct Facts<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) fixes: Fixes,
    pub(super) by_name: IndexMap<String, Fact>,
}

impl Facts<'_> {
    /// The fact about a dim that can be suggested, by the source that stands for it.
    pub(super) fn of(&mut self, source: &str) -> Option<&mut Fact> {
        let name = self.view.fixable(source, self.fixes)?;
        Some(self.by_name.entry(name).or_default())
    }
}
