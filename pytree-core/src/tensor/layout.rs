//! How elements lie in memory: layouts and memory formats, with their names and numbers in torch.

use std::fmt;

// A row holds torch's name, libtorch's number and the file's number.
macro_rules! numbered {
    ($(#[$doc:meta])* $type:ident { $($variant:ident $name:literal $libtorch:literal $pt2:expr;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $(#[doc = concat!("`torch.", $name, "`")] $variant,)*
        }

        impl $type {
            /// Every value, in the order of libtorch's numbers.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The value with this number in libtorch's C++ enum; `None` for other numbers.
            pub fn from_libtorch(number: i64) -> Option<Self> {
                match number {
                    $($libtorch => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The number in libtorch's C++ enum.
            pub fn to_libtorch(self) -> i64 {
                match self { $(Self::$variant => $libtorch,)* }
            }

            /// The value with this number in a `.pt2` file; `None` for other numbers.
            pub fn from_pt2(number: u8) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.to_pt2() == Some(number))
            }

            /// The number in a `.pt2` file, which is not libtorch's; `None` for a value that a file cannot hold.
            pub fn to_pt2(self) -> Option<u8> {
                match self { $(Self::$variant => $pt2,)* }
            }

            /// Torch's name without the module.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

numbered! {
    /// How the elements of a tensor are stored (`torch.layout`).
    ///
    /// `Display` is torch's name without the module: `strided`.
    Layout {
        Strided "strided" 0 Some(7);
        SparseCoo "sparse_coo" 1 Some(1);
        SparseCsr "sparse_csr" 2 Some(2);
        Mkldnn "_mkldnn" 3 Some(6);
        SparseCsc "sparse_csc" 4 Some(3);
        SparseBsr "sparse_bsr" 5 Some(4);
        SparseBsc "sparse_bsc" 6 Some(5);
        Jagged "jagged" 7 None;
    }
}

numbered! {
    /// In which order the dimensions of a tensor follow each other in memory (`torch.memory_format`).
    ///
    /// `Display` is torch's name without the module: `channels_last`.
    MemoryFormat {
        Contiguous "contiguous_format" 0 Some(1);
        Preserve "preserve_format" 1 Some(4);
        ChannelsLast "channels_last" 2 Some(2);
        ChannelsLast3d "channels_last_3d" 3 Some(3);
    }
}
