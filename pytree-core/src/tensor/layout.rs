//! How elements lie in memory, by the names PyTorch gives it, with the numbers that libtorch and `.pt2` files have for them.

use std::fmt;

// One row: torch's name, libtorch's number, the file's number.
macro_rules! numbered {
    ($(#[$doc:meta])* $type:ident { $($variant:ident $name:literal $libtorch:literal $pt2:expr;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $(#[doc = concat!("`torch.", $name, "`")] $variant,)*
        }

        impl $type {
            /// The one with this number in libtorch's C++ enum.
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

            /// The one with this number in a `.pt2` file.
            pub fn from_pt2(number: u8) -> Option<Self> {
                [$(Self::$variant),*].into_iter().find(|one| one.to_pt2() == Some(number))
            }

            /// The number in a `.pt2` file, which is not libtorch's; `None` for what a file cannot hold.
            pub fn to_pt2(self) -> Option<u8> {
                match self { $(Self::$variant => $pt2,)* }
            }

            /// torch's name without the module.
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
    /// The order of strides (`torch.memory_format`).
    MemoryFormat {
        Contiguous "contiguous_format" 0 Some(1);
        Preserve "preserve_format" 1 Some(4);
        ChannelsLast "channels_last" 2 Some(2);
        ChannelsLast3d "channels_last_3d" 3 Some(3);
    }
}
