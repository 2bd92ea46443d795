//! One layer of a cache.

use super::tensor::length;
use super::{CacheError, CacheTensor};

/// The dimension along which states are added.
pub(super) const LENGTH: i64 = -2;

/// How a layer keeps its states: the layer classes of `transformers`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LayerKind {
    /// The layer grows with every token (`DynamicLayer`).
    Dynamic,
    /// The layer grows up to one token less than its window, in tokens (`DynamicSlidingWindowLayer`).
    SlidingWindow(u64),
    /// The layer has a fixed length (`StaticLayer`).
    Static,
    /// The layer has the fixed length of its window and drops the oldest token (`StaticSlidingWindowLayer`). The number
    /// is the window as the names of the class have it, 0 if they do not.
    StaticSlidingWindow(u64),
}

/// The keys and values of one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct CacheLayer<T> {
    /// The keys, `[batch, heads, length, head_dim]`.
    pub key: T,
    /// The values, `[batch, heads, length, head_dim]`.
    pub value: T,
    /// How the layer keeps them.
    pub kind: LayerKind,
}

/// Joins new states to those of a layer that grows. Returns the states that the layer keeps, and all states, which
/// attention sees.
pub(super) fn grow<T: CacheTensor>(old: &T, new: &T, window: Option<u64>) -> Result<(T, T), CacheError> {
    let full = old.cat(new, LENGTH)?;
    Ok((keep(&full, window)?, full))
}

/// The states that a layer keeps: with a window the last ones, one fewer than the window, as in `transformers`.
pub(super) fn keep<T: CacheTensor>(full: &T, window: Option<u64>) -> Result<T, CacheError> {
    let length = length(full, LENGTH)?;
    match window.and_then(|w| i64::try_from(w).ok()).map(|w| w - 1) {
        // A window of 1 gives the slice `-0:` in Python, which is everything.
        Some(kept) if kept > 0 && kept < length => full.narrow(LENGTH, length - kept, kept),
        _ => Ok(full.alias()),
    }
}

impl<T> CacheLayer<T> {
    /// A layer of these keys and values.
    pub fn new(key: T, value: T, kind: LayerKind) -> Self {
        CacheLayer { key, value, kind }
    }
}

impl<T: CacheTensor> CacheLayer<T> {
    /// Adds new states to a layer that grows, and returns all keys and values that attention sees (`layer.update`).
    ///
    /// # Errors
    /// When the states cannot be joined, or the layer has a fixed length.
    pub fn update(&mut self, key: &T, value: &T) -> Result<(T, T), CacheError> {
        let window = match self.kind {
            LayerKind::Dynamic => None,
            LayerKind::SlidingWindow(window) => Some(window),
            LayerKind::Static | LayerKind::StaticSlidingWindow(_) => return Err(CacheError::Position),
        };
        let ((key, keys), (value, values)) = (grow(&self.key, key, window)?, grow(&self.value, value, window)?);
        (self.key, self.value) = (key, value);
        Ok((keys, values))
    }

    /// Writes new states into a layer of fixed length, to which `position` states were written before, and returns all
    /// keys and values that attention sees.
    ///
    /// # Errors
    /// When the states cannot be written, or the layer grows.
    pub fn update_at(&mut self, position: i64, key: &T, value: &T) -> Result<(T, T), CacheError> {
        let sliding = match self.kind {
            LayerKind::Static => false,
            LayerKind::StaticSlidingWindow(_) => true,
            LayerKind::Dynamic | LayerKind::SlidingWindow(_) => return Err(CacheError::Position),
        };
        let keys = write_at(&mut self.key, position, key, sliding)?;
        let values = write_at(&mut self.value, position, value, sliding)?;
        Ok((keys, values))
    }

    /// How many states the layer holds.
    pub fn len(&self) -> i64 {
        length(&self.key, LENGTH).unwrap_or(0)
    }

    /// True if the layer holds no states.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn write_at<T: CacheTensor>(states: &mut T, position: i64, new: &T, sliding: bool) -> Result<T, CacheError> {
    let (size, added) = (length(states, LENGTH)?, length(new, LENGTH)?);
    if !sliding || position.saturating_add(added) <= size {
        states.write(LENGTH, position, new)?;
        return Ok(states.alias());
    }
    // A full window drops its oldest state, one that is not full keeps the states that it has.
    let full = match position {
        p if p >= size => states.narrow(LENGTH, 1, size - 1)?.cat(new, LENGTH)?,
        p => states.narrow(LENGTH, 0, p)?.cat(new, LENGTH)?,
    };
    let last = full.narrow(LENGTH, length(&full, LENGTH)? - size, size)?;
    states.write(LENGTH, 0, &last)?;
    // For one token into a full window this is the window itself.
    Ok(full)
}
