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
    /// A device of another type, or one of the types above with an index that it mostly does not have: `xpu:0`, `mps:0`, a
    /// `cuda` that is the current one. It is read, printed and written, as in PyTorch.
    Other(DeviceType, Option<usize>),
}

macro_rules! device_types {
    ($($(#[$doc:meta])* $variant:ident $name:literal $number:literal,)*) => {
        /// The type of a device (`c10::DeviceType`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[non_exhaustive]
        pub enum DeviceType {
            $($(#[$doc])* $variant,)*
        }

        impl DeviceType {
            /// Every type.
            pub const ALL: &[DeviceType] = &[$(DeviceType::$variant),*];

            /// PyTorch's name of it (`torch.device.type`).
            pub fn name(self) -> &'static str {
                match self { $(DeviceType::$variant => $name,)* }
            }

            /// Its number in libtorch.
            pub fn to_libtorch(self) -> i64 {
                match self { $(DeviceType::$variant => $number,)* }
            }
        }
    };
}

device_types! {
    /// `cpu`
    Cpu "cpu" 0,
    /// `cuda`
    Cuda "cuda" 1,
    /// `mkldnn`
    Mkldnn "mkldnn" 2,
    /// `opengl`
    OpenGl "opengl" 3,
    /// `opencl`
    OpenCl "opencl" 4,
    /// `ideep`
    Ideep "ideep" 5,
    /// `hip`
    Hip "hip" 6,
    /// `fpga`
    Fpga "fpga" 7,
    /// `maia`
    Maia "maia" 8,
    /// `xla`
    Xla "xla" 9,
    /// `vulkan`
    Vulkan "vulkan" 10,
    /// `xpu`
    Xpu "xpu" 12,
    /// `mps`
    Mps "mps" 13,
    /// `meta`
    Meta "meta" 14,
    /// `hpu`
    Hpu "hpu" 15,
    /// `ve`
    Ve "ve" 16,
    /// `lazy`
    Lazy "lazy" 17,
    /// `ipu`
    Ipu "ipu" 18,
    /// `mtia`
    Mtia "mtia" 19,
    /// `privateuseone`
    PrivateUse1 "privateuseone" 20,
}

impl DeviceType {
    /// The type with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        DeviceType::ALL.iter().copied().find(|known| known.name() == name)
    }
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
            Device::Other(kind, index) => (kind.name(), index),
        }
    }

    /// The device of this type and index (`torch.device(type, index)`).
    pub fn of(kind: DeviceType, index: Option<usize>) -> Self {
        match (kind, index) {
            (DeviceType::Cpu, None) => Device::Cpu,
            (DeviceType::Cuda, Some(index)) => Device::Cuda(index),
            (DeviceType::Mps, None) => Device::Mps,
            (DeviceType::Vulkan, None) => Device::Vulkan,
            (DeviceType::Meta, None) => Device::Meta,
            (kind, index) => Device::Other(kind, index),
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
    /// The index -1 is the current device, which is taken as the first of `cuda`.
    pub fn from_libtorch(kind: i64, index: i64) -> Option<Device> {
        match kind {
            0 => Some(Device::Cpu),
            1 if index == -1 => Some(Device::Cuda(0)),
            10 => Some(Device::Vulkan),
            13 => Some(Device::Mps),
            14 => Some(Device::Meta),
            _ => {
                let kind = DeviceType::ALL.iter().copied().find(|known| known.to_libtorch() == kind)?;
                let index = if index == -1 { None } else { Some(usize::try_from(index).ok()?) };
                Some(Device::of(kind, index))
            }
        }
    }

    /// The type and index in libtorch, -1 where there is no index; `None` for an index that libtorch cannot hold.
    pub fn to_libtorch(self) -> Option<(i64, i64)> {
        let index = |index: Option<usize>| index.map_or(Some(-1), |index| i64::try_from(index).ok());
        Some(match self {
            Device::Cpu => (0, -1),
            Device::Cuda(number) => (1, index(Some(number))?),
            Device::Vulkan => (10, -1),
            Device::Mps => (13, -1),
            Device::Meta => (14, -1),
            Device::Other(kind, number) => (kind.to_libtorch(), index(number)?),
        })
    }
}

/// A text that does not name a device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a device; a device is cpu, cuda:0 and so on, mps, meta, or another type of PyTorch such as xpu:0"
)]
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
            _ => {
                let unknown = || UnknownDevice(text.to_owned());
                let (kind, index) = match text.split_once(':') {
                    // As in PyTorch, an index has digits only and no zeros before it.
                    Some((_, index)) if index.len() > 1 && index.starts_with('0') => return Err(unknown()),
                    Some((_, index)) if !index.bytes().all(|b| b.is_ascii_digit()) => return Err(unknown()),
                    Some((kind, index)) => (kind, Some(index.parse().map_err(|_| unknown())?)),
                    None => (text, None),
                };
                Device::of(DeviceType::from_name(kind).ok_or_else(unknown)?, index)
            }
        })
    }
}
