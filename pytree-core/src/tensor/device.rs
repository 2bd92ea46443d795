//! Where a tensor lives, with torch's names and numbers.

use std::fmt;
use std::str::FromStr;

/// Where a tensor lives (`torch.device`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum Device {
    /// `cpu`
    #[default]
    Cpu,
    /// `cuda:n`
    Cuda(usize),
    /// `mps`
    Mps,
    /// `vulkan`
    Vulkan,
    /// `meta`: without data
    Meta,
}

impl Device {
    /// The type and, if there is one, the index: `("cuda", Some(0))`.
    pub fn parts(self) -> (&'static str, Option<usize>) {
        match self {
            Device::Cpu => ("cpu", None),
            Device::Cuda(index) => ("cuda", Some(index)),
            Device::Mps => ("mps", None),
            Device::Vulkan => ("vulkan", None),
            Device::Meta => ("meta", None),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts() {
            (kind, None) => f.write_str(kind),
            (kind, Some(index)) => write!(f, "{kind}:{index}"),
        }
    }
}

impl Device {
    /// The device with this type (`c10::DeviceType`) and index in libtorch; `None` for other types.
    ///
    /// The index -1 is the current device, which is taken as the first.
    pub fn from_libtorch(kind: i64, index: i64) -> Option<Device> {
        match kind {
            0 => Some(Device::Cpu),
            1 if index == -1 => Some(Device::Cuda(0)),
            1 => usize::try_from(index).ok().map(Device::Cuda),
            10 => Some(Device::Vulkan),
            13 => Some(Device::Mps),
            14 => Some(Device::Meta),
            _ => None,
        }
    }

    /// The type and index in libtorch, -1 where there is no index; `None` for an index that libtorch cannot hold.
    pub fn to_libtorch(self) -> Option<(i64, i64)> {
        Some(match self {
            Device::Cpu => (0, -1),
            Device::Cuda(index) => (1, i64::try_from(index).ok()?),
            Device::Vulkan => (10, -1),
            Device::Mps => (13, -1),
            Device::Meta => (14, -1),
        })
    }
}

/// A text that does not name a device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a device; a device is cpu, cuda:0 and so on, mps, vulkan or meta")]
pub struct UnknownDevice(pub String);

/// Reads the text of `torch.device`.
impl FromStr for Device {
    type Err = UnknownDevice;

    fn from_str(text: &str) -> Result<Self, UnknownDevice> {
        Ok(match text {
            "cpu" => Device::Cpu,
            "cuda" => Device::Cuda(0),
            "mps" | "mps:0" => Device::Mps,
            "vulkan" => Device::Vulkan,
            "meta" => Device::Meta,
            _ => match text.strip_prefix("cuda:").and_then(|index| index.parse().ok()) {
                Some(index) => Device::Cuda(index),
                None => return Err(UnknownDevice(text.to_owned())),
            },
        })
    }
}
