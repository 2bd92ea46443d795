//! One layer of a cache.

use super::tensor::length;
use super::{CacheError, CacheTensor};

/// The dimension along which states are added.
pub(super) const LENGTH: i64 = -2;

/// How a layer keeps its states: the layer classes of `transformers`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LayerKind {
    /// Grows with every token (`DynamicLayer`).
    Dynamic,
    /// Grows up to one token less than a window of so many (`DynamicSlidingWindowLayer`).
    SlidingWindow(u64),
    /// Has a fixed length (`StaticLayer`).
    Static,
    /// Has a fixed length, the window, and drops the oldest token (`StaticSlidingWindowLayer`). The number is the window as
    /// the class tells it, 0 where it does not.
    StaticSlidingWindow(u64),
}

/// The keys and values of one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct CacheLayer<T> {
    /// The keys, `[batch, heads, length, head_dim]`.
    pub key: T,
    /// The values, `[batch, heads, length, head_dim]`.
    pub value: T,
    /// How they are kept.
    pub kind: LayerKind,
}

/// Joins new states to those of a layer that grows: what the layer keeps, and all states, which attention sees.
pub(super) fn grow<T: CacheTensor>(old: &T, new: &T, window: Option<u64>) -> Result<(T, T), CacheError> {
    let full = old.cat(new, LENGTH)?;
    Ok((keep(&full, window)?, full))
}

/// The states that a layer keeps: with a window the last but one less than it, as `transformers` slices them.
pub(super) fn keep<T: CacheTensor>(full: &T, window: Option<u64>) -> Result<T, CacheError> {
    let length = length(full, LENGTH)?;
    match window.and_then(|w| i64::try_from(w).ok()).map(|w| w - 1) {
        // A window of 1 gives the slice `-0:` in Python, which is everything.
        Some(kept) if kept > 0 && kept < length => full.narrow(LENGTH, length - kept, kept),
        _ => Ok(full.alias()),
    }
}

impl<T: CacheTensor> CacheLayer<T> {
    /// Adds new states to a layer that grows, and gives all keys and values that attention sees (`layer.update`).
    ///
    /// # Errors
    /// When the states do not fit, or the layer is one of fixed length.
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

    /// Writes new states into a layer of fixed length, after the `position` states that it has taken before, and gives
    /// all keys and values that attention sees.
    ///
    /// # Errors
    /// When the states do not fit, or the layer is one that grows.
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

    /// Whether the layer holds no state.
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
    // A full window loses its oldest state to what comes, one that fills up keeps what it has.
    let full = match position {
        p if p >= size => states.narrow(LENGTH, 1, size - 1)?.cat(new, LENGTH)?,
        p => states.narrow(LENGTH, 0, p)?.cat(new, LENGTH)?,
    };
    let last = full.narrow(LENGTH, length(&full, LENGTH)? - size, size)?;
    states.write(LENGTH, 0, &last)?;
    // One token into a full window: attention sees the window, which is all there is.
    Ok(full)
}
