//! The zip archive that holds a program: where its members are, and nothing that it claims is believed.

use crate::data::Storage;
use flate2::{Decompress, FlushDecompress, Status};
use indexmap::IndexMap;
use std::ops::Range;

/// A zip archive could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ZipError {
    /// The file has no end record.
    #[error("it is not a zip archive, or it is cut short: no end record was found")]
    NotZip,
    /// A record lies outside of the file, or is not what it should be.
    #[error("its {record} at byte {at} is damaged: {problem}")]
    Record {
        /// The kind of record.
        record: &'static str,
        /// The position of the record.
        at: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A member has a name that could leave the folder, or is not text.
    #[error("the member name {name:?} is not allowed: {problem}")]
    Name {
        /// The name, as far as it is text.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Two members have one name.
    #[error("it has two members {name:?}")]
    Duplicate {
        /// The name.
        name: String,
    },
    /// Two members share bytes.
    #[error("the members {first:?} and {second:?} overlap")]
    Overlap {
        /// The member that starts first.
        first: String,
        /// The other one.
        second: String,
    },
    /// A member is encrypted, or compressed in a way that PyTorch does not use.
    #[error("the member {name:?} is {what}; only stored and deflated members can be read")]
    Method {
        /// The name of the member.
        name: String,
        /// How it is stored.
        what: String,
    },
    /// The unpacked size of a member is above the limit, or is not plausible.
    #[error("the member {name:?} claims to unpack to {size} bytes, above the limit of {limit}")]
    TooLarge {
        /// The name of the member.
        name: String,
        /// The size that it claims.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// A compressed member could not be unpacked.
    #[error("the member {name:?} cannot be unpacked: {problem}")]
    Deflate {
        /// The name of the member.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The checksum of a member is wrong.
    #[error("the member {name:?} is damaged: {source}")]
    Checksum {
        /// The name of the member.
        name: String,
        /// The two checksums.
        source: crate::ChecksumError,
    },
    /// The members are not below one folder, or there are too many.
    #[error("{0}")]
    Layout(String),
}

/// Limits on what a file may claim. They protect against files that were made to fill the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The largest size to which one compressed member may unpack, in bytes. Members that are not compressed are not copied
    /// and have no limit, except for JSON.
    pub member: usize,
    /// The largest size to which all compressed members together may unpack, in bytes.
    pub total: usize,
    /// The largest ratio of the unpacked size of a member to its stored size.
    pub ratio: usize,
    /// The largest number of members.
    pub members: usize,
}

impl Default for Limits {
    /// 4 GiB a member, 16 GiB in all, a ratio of 1,000, and a million members.
    fn default() -> Self {
        Limits { member: 4 << 30, total: 16 << 30, ratio: 1000, members: 1_000_000 }
    }
}

/// A zip archive: its bytes, and where its members are.
pub(crate) struct Zip {
    bytes: Storage,
    members: IndexMap<String, Member>,
    limits: Limits,
    unpacked: std::cell::Cell<usize>,
}

/// A member of an archive.
#[derive(Clone, Debug)]
struct Member {
    data: Range<usize>,
    deflated: bool,
    size: usize,
    checksum: u32,
}

const END: &[u8] = b"PK\x05\x06";
const END64: &[u8] = b"PK\x06\x06";
const LOCATOR64: &[u8] = b"PK\x06\x07";
const ENTRY: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";

/// A number that is in a ZIP64 record instead.
const IN_64: u64 = 0xFFFF_FFFF;

/// A record of a fixed layout, read by offsets from its start.
#[derive(Clone, Copy)]
struct Record<'b> {
    bytes: &'b [u8],
    kind: &'static str,
    at: usize,
}

impl<'b> Record<'b> {
    /// The record of this size at a position, which begins with a signature.
    fn at(bytes: &'b [u8], at: usize, size: usize, signature: &[u8], kind: &'static str) -> Result<Self, ZipError> {
        let damaged = |problem| ZipError::Record { record: kind, at, problem };
        let end = at.checked_add(size).ok_or_else(|| damaged("it is outside of the file"))?;
        let record = bytes.get(at..end).ok_or_else(|| damaged("it is outside of the file"))?;
        if record.starts_with(signature) {
            Ok(Record { bytes: record, kind, at })
        } else {
            Err(damaged("it has another signature"))
        }
    }

    fn error(&self, problem: &'static str) -> ZipError {
        ZipError::Record { record: self.kind, at: self.at, problem }
    }

    /// A little-endian number of `N` bytes.
    fn number<const N: usize>(&self, offset: usize) -> Result<u64, ZipError> {
        let bytes = offset.checked_add(N).and_then(|end| self.bytes.get(offset..end));
        let bytes = bytes.ok_or_else(|| self.error("it is too short"))?;
        Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn size<const N: usize>(&self, offset: usize) -> Result<usize, ZipError> {
        usize::try_from(self.number::<N>(offset)?).map_err(|_| self.error("a number is too large"))
    }
}

impl Zip {
    /// Reads the directory of an archive, and checks all its claims.
    pub(crate) fn open(bytes: Storage, limits: Limits) -> Result<Self, ZipError> {
        let directory = Directory::find(bytes.as_bytes())?;
        if directory.count > limits.members {
            let count = directory.count;
            return Err(ZipError::Layout(format!("it has {count} members, above the limit of {}", limits.members)));
        }
        let members = directory.members(bytes.as_bytes())?;
        Ok(Zip { bytes, members, limits, unpacked: std::cell::Cell::new(0) })
    }

    /// The names of the members, in the order of the directory.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// The size of all members when unpacked, as far as the limits allow it.
    pub(crate) fn unpacked_size(&self) -> usize {
        let plausible = |member: &Member| member.size.min(member.data.len().saturating_mul(self.limits.ratio));
        self.members.values().fold(0, |sum, member| sum.saturating_add(plausible(member)))
    }

    /// The size of a member when unpacked.
    pub(crate) fn size(&self, name: &str) -> Option<usize> {
        self.members.get(name).map(|member| member.size)
    }

    /// The bytes of a member; `None` if there is none of this name. A stored one is a part of the archive, whose checksum is
    /// not checked yet.
    pub(crate) fn read(&self, name: &str) -> Result<Option<Storage>, ZipError> {
        let Some(member) = self.members.get(name) else { return Ok(None) };
        if !member.deflated {
            // `members` has checked the bounds.
            return Ok(self.bytes.part(member.data.clone(), Some(member.checksum)));
        }
        let packed = self.bytes.as_bytes().get(member.data.clone()).unwrap_or_default();
        let limit = packed.len().saturating_mul(self.limits.ratio).min(self.limits.member);
        let total = self.unpacked.get().saturating_add(member.size);
        let claimed = |limit| ZipError::TooLarge { name: name.to_owned(), size: member.size, limit };
        if member.size > limit {
            return Err(claimed(limit));
        }
        if total > self.limits.total {
            return Err(claimed(self.limits.total));
        }
        self.unpacked.set(total);
        let storage = Storage::new(inflate(name, packed, member.size)?);
        let whole = storage.part(0..member.size, Some(member.checksum));
        let checked = whole.as_ref().map_or(Ok(()), Storage::verify);
        checked.map_err(|source| ZipError::Checksum { name: name.to_owned(), source })?;
        Ok(Some(storage))
    }

    /// The bytes of a member, with its checksum checked.
    pub(crate) fn read_checked(&self, name: &str) -> Result<Option<Storage>, ZipError> {
        let storage = self.read(name)?;
        if let Some(storage) = &storage {
            storage.verify().map_err(|source| ZipError::Checksum { name: name.to_owned(), source })?;
        }
        Ok(storage)
    }
}

/// Unpacks a member to exactly the size that it claims.
fn inflate(name: &str, packed: &[u8], size: usize) -> Result<Vec<u8>, ZipError> {
    let wrong = |problem: &str| ZipError::Deflate { name: name.to_owned(), problem: problem.to_owned() };
    // One byte more, so that a member which is longer than it claims is noticed.
    let mut out = Vec::with_capacity(size.saturating_add(1));
    let mut inflater = Decompress::new(false);
    let status = inflater.decompress_vec(packed, &mut out, FlushDecompress::Finish);
    match status.map_err(|e| wrong(&e.to_string()))? {
        Status::StreamEnd if out.len() == size && inflater.total_in() == packed.len() as u64 => Ok(out),
        Status::StreamEnd => Err(wrong("it has another size than it claims")),
        _ if out.len() > size => Err(wrong("it is longer than it claims")),
        _ => Err(wrong("it is cut short")),
    }
}

/// Where the directory of an archive is.
struct Directory {
    range: Range<usize>,
    count: usize,
}

impl Directory {
    fn find(bytes: &[u8]) -> Result<Self, ZipError> {
        // The end record is the last one, behind it is a comment of at most 65,535 bytes.
        let first = bytes.len().saturating_sub(22 + 0xFFFF);
        let last = bytes.len().checked_sub(22).ok_or(ZipError::NotZip)?;
        let ends_the_file = |at: &usize| {
            let record = Record::at(bytes, *at, 22, END, "end record");
            record.and_then(|r| r.size::<2>(20)).is_ok_and(|comment| at + 22 + comment == bytes.len())
        };
        let at = (first..=last).rev().find(ends_the_file).ok_or(ZipError::NotZip)?;
        let end = Record::at(bytes, at, 22, END, "end record")?;
        let fields = [end.number::<2>(4)?, end.number::<2>(6)?, end.number::<2>(8)?, end.number::<2>(10)?];
        let (size, offset) = (end.number::<4>(12)?, end.number::<4>(16)?);
        let locator = at.checked_sub(20).and_then(|at| Record::at(bytes, at, 20, LOCATOR64, "ZIP64 locator").ok());
        let (limit, count, size, offset) = match locator {
            Some(locator) if fields.contains(&0xFFFF) || size == IN_64 || offset == IN_64 => {
                let at = locator.size::<8>(8)?;
                let end = Record::at(bytes, at, 56, END64, "ZIP64 end record")?;
                if end.number::<4>(16)? != 0 || end.number::<4>(20)? != 0 || end.size::<8>(24)? != end.size::<8>(32)? {
                    return Err(end.error("the archive is split over several files"));
                }
                (at, end.size::<8>(32)?, end.size::<8>(40)?, end.size::<8>(48)?)
            }
            _ => {
                if fields[0] != 0 || fields[1] != 0 || fields[2] != fields[3] {
                    return Err(end.error("the archive is split over several files"));
                }
                (at, end.size::<2>(10)?, end.size::<4>(12)?, end.size::<4>(16)?)
            }
        };
        let range =
            offset..offset.checked_add(size).ok_or_else(|| end.error("the directory is outside of the file"))?;
        if range.end > limit || count.checked_mul(46).is_none_or(|least| least > size) {
            return Err(end.error("the directory is outside of the file, or too short for its entries"));
        }
        Ok(Directory { range, count })
    }

    fn members(&self, bytes: &[u8]) -> Result<IndexMap<String, Member>, ZipError> {
        // An entry takes 46 bytes, and `find` has checked that they are there.
        let mut members = IndexMap::with_capacity(self.count);
        let mut places: Vec<(Range<usize>, usize)> = Vec::with_capacity(self.count);
        let mut at = self.range.start;
        for _ in 0..self.count {
            let entry = Record::at(bytes, at, 46, ENTRY, "directory entry")?;
            let (name_size, extra_size) = (entry.size::<2>(28)?, entry.size::<2>(30)?);
            let end = at + 46 + name_size + extra_size + entry.size::<2>(32)?;
            if end > self.range.end {
                return Err(entry.error("it is longer than the directory"));
            }
            let name = entry_name(bytes, at)?;
            let extra = bytes.get(at + 46 + name_size..at + 46 + name_size + extra_size).unwrap_or_default();
            let (place, member) = self.member(bytes, entry, &name, extra)?;
            places.push((place, at));
            at = end;
            if name.ends_with('/') {
                if member.size != 0 {
                    return Err(ZipError::Name { name, problem: "a folder has content" });
                }
            } else {
                match members.entry(name) {
                    indexmap::map::Entry::Occupied(known) => {
                        return Err(ZipError::Duplicate { name: known.key().clone() });
                    }
                    indexmap::map::Entry::Vacant(free) => drop(free.insert(member)),
                }
            }
        }
        if at != self.range.end {
            let problem = "it has other bytes behind its entries";
            return Err(ZipError::Record { record: "directory", at: self.range.start, problem });
        }
        places.sort_by_key(|(place, _)| (place.start, place.end));
        for pair in places.windows(2) {
            if let [(first, a), (second, b)] = pair
                && second.start < first.end
            {
                let name = |at| entry_name(bytes, at);
                return Err(ZipError::Overlap { first: name(*a)?, second: name(*b)? });
            }
        }
        Ok(members)
    }

    /// A member, and the bytes that it takes with its header.
    fn member(
        &self,
        bytes: &[u8],
        entry: Record<'_>,
        name: &str,
        extra: &[u8],
    ) -> Result<(Range<usize>, Member), ZipError> {
        let (flags, method) = (entry.number::<2>(8)?, entry.number::<2>(10)?);
        let method_error = |what: String| ZipError::Method { name: name.to_owned(), what };
        if flags & 0x2041 != 0 {
            return Err(method_error("encrypted".to_owned()));
        }
        let deflated = match method {
            0 => false,
            8 => true,
            other => return Err(method_error(format!("compressed by method {other}"))),
        };
        let mut wide = Wide { rest: extra_field(extra, 1), entry };
        let size = wide.number(entry.number::<4>(24)?)?;
        let packed = wide.number(entry.number::<4>(20)?)?;
        let at = wide.number(entry.number::<4>(42)?)?;
        let local = Record::at(bytes, at, 30, LOCAL, "member header")?;
        let start = at + 30 + local.size::<2>(26)? + local.size::<2>(28)?;
        let local_name = bytes.get(at + 30..at + 30 + local.size::<2>(26)?).unwrap_or_default();
        if local_name != name.as_bytes() || local.number::<2>(8)? != method {
            return Err(local.error("name or method differ from those in the directory"));
        }
        // Without bit 3 the header has the sizes as well.
        let sizes = [(local.number::<4>(22)?, size), (local.number::<4>(18)?, packed)];
        if local.number::<2>(6)? & 8 == 0 && sizes.iter().any(|(own, size)| *own != IN_64 && *own != *size as u64) {
            return Err(local.error("its sizes differ from those in the directory"));
        }
        let end = start.checked_add(packed).filter(|end| *end <= self.range.start);
        let end = end.ok_or_else(|| local.error("the member is outside of the file"))?;
        if !deflated && packed != size {
            return Err(local.error("a stored member has two sizes"));
        }
        let checksum = u32::try_from(entry.number::<4>(16)?).unwrap_or_default();
        Ok((at..end, Member { data: start..end, deflated, size, checksum }))
    }
}

/// The numbers of an entry that stand in its ZIP64 field, in order.
struct Wide<'b> {
    rest: Option<&'b [u8]>,
    entry: Record<'b>,
}

impl Wide<'_> {
    fn number(&mut self, narrow: u64) -> Result<usize, ZipError> {
        let number = match self.rest.and_then(<[u8]>::split_first_chunk::<8>) {
            Some((number, rest)) if narrow == IN_64 => {
                self.rest = Some(rest);
                u64::from_le_bytes(*number)
            }
            _ => narrow,
        };
        usize::try_from(number).map_err(|_| self.entry.error("a number is too large"))
    }
}

/// The extra field with this number.
fn extra_field(mut extra: &[u8], id: u16) -> Option<&[u8]> {
    while let Some(([a, b, c, d], rest)) = extra.split_first_chunk::<4>() {
        let size = usize::from(u16::from_le_bytes([*c, *d]));
        let (field, after) = rest.split_at_checked(size)?;
        if u16::from_le_bytes([*a, *b]) == id {
            return Some(field);
        }
        extra = after;
    }
    None
}

/// The name in the directory entry at this position.
fn entry_name(bytes: &[u8], at: usize) -> Result<String, ZipError> {
    let size = Record::at(bytes, at, 46, ENTRY, "directory entry")?.size::<2>(28)?;
    checked_name(bytes.get(at + 46..at + 46 + size).unwrap_or_default())
}

/// The name of a member: a relative path, without anything that leads out of its folder.
fn checked_name(bytes: &[u8]) -> Result<String, ZipError> {
    let refused = |problem| ZipError::Name { name: String::from_utf8_lossy(bytes).into_owned(), problem };
    let name = std::str::from_utf8(bytes).map_err(|_| refused("it is not UTF-8"))?;
    if name.is_empty() {
        return Err(refused("it is empty"));
    }
    if name.chars().any(|c| c.is_control() || c == '\\') {
        return Err(refused("it has a backslash or a control character"));
    }
    let path = name.strip_suffix('/').unwrap_or(name);
    if path.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
        return Err(refused("it is not a plain relative path"));
    }
    Ok(name.to_owned())
}
