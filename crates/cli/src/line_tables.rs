//! Lines of source for places in a module's code, from the line tables of its DWARF.
//!
//! What stands there, the plugin's author has written, and whoever looks it up keeps a worker waiting. So the tables are read from
//! their begin to their end, once, and nothing is kept but what was asked for. All else in DWARF is left alone: its parts refer to
//! each other in ways that can make any amount of work of a few bytes.

use gimli::{AttributeValue, DebugLine, DebugLineOffset, EndianSlice, FileEntry, LineProgramHeader, LittleEndian};
use std::collections::HashMap;

type Bytes<'a> = EndianSlice<'a, LittleEndian>;

/// Bytes of line tables beyond which they are not read: each may be a row.
pub(crate) const MOST_BYTES: usize = 2 << 20;

/// Bytes of the name of a file or folder that are looked at.
const MOST_NAME: usize = 1 << 10;

/// Bytes of an address in WebAssembly of 32 bits.
const ADDRESS_BYTES: u8 = 4;

/// What stands for the length of a table where that is one of 64 bits and comes behind it.
const LENGTH_OF_64_BITS: u32 = u32::MAX;

/// The line for each place, in bytes from where the code begins, as far as the tables tell. `custom` are the module's custom
/// sections by name.
pub(crate) fn lines(custom: &HashMap<&str, &[u8]>, places: &[Option<u64>]) -> Vec<Option<String>> {
    let mut found = Found { custom, places, lines: vec![None; places.len()] };
    let tables = custom.get(".debug_line").copied().unwrap_or_default();
    if tables.len() <= MOST_BYTES {
        let section = DebugLine::new(tables, LittleEndian);
        let mut at = 0;
        while let Some(end) = end_of_table(tables, at) {
            // One that cannot be read says nothing about the others.
            let _ = found.read(&section, at);
            at = end;
        }
    }
    found.lines
}

/// Where the table that begins there ends; `None` if there is none.
fn end_of_table(tables: &[u8], at: usize) -> Option<usize> {
    let number = |from: usize| Some(u32::from_le_bytes(tables.get(from..from.checked_add(4)?)?.try_into().ok()?));
    let (length, size) = match number(at)? {
        LENGTH_OF_64_BITS => (number(at + 4)?, 12),
        length => (length, 4),
    };
    at.checked_add(size)?.checked_add(length as usize).filter(|end| *end <= tables.len())
}

struct Found<'a, 'p> {
    custom: &'p HashMap<&'p str, &'a [u8]>,
    places: &'p [Option<u64>],
    lines: Vec<Option<String>>,
}

/// What holds from an address up to that of the next row.
#[derive(Clone, Copy)]
struct Row {
    address: u64,
    file: u64,
    line: u64,
}

impl<'a> Found<'a, '_> {
    fn read(&mut self, section: &DebugLine<Bytes<'a>>, at: usize) -> gimli::Result<()> {
        let mut rows = section.program(DebugLineOffset(at), ADDRESS_BYTES, None, None)?.rows();
        // Since the last end of a sequence: the first address, and the last row.
        let (mut first, mut last) = (None, None);
        while let Some((header, row)) = rows.next_row()? {
            let address = row.address();
            let begin = *first.get_or_insert(address);
            // A linker gives functions that it has left out the address 0, where there is only the number of them.
            if let (Some(last), 1..) = (last, begin) {
                self.between(last, address, header);
            }
            last = Some(Row { address, file: row.file_index(), line: row.line().map_or(0, std::num::NonZeroU64::get) });
            if row.end_sequence() {
                (first, last) = (None, None);
            }
        }
        Ok(())
    }

    fn between(&mut self, row: Row, end: u64, header: &LineProgramHeader<Bytes<'a>>) {
        let range = row.address..end;
        for (place, line) in self.places.iter().zip(&mut self.lines) {
            if place.is_some_and(|place| range.contains(&place)) && line.is_none() {
                *line = header.file(row.file).and_then(|file| text(self.custom, file, row.line, header));
            }
        }
    }
}

/// Folder, file and line.
fn text<'a>(
    custom: &HashMap<&str, &'a [u8]>,
    file: &FileEntry<Bytes<'a>>,
    line: u64,
    header: &LineProgramHeader<Bytes<'a>>,
) -> Option<String> {
    let name = name(custom, file.path_name())?;
    let folder = file.directory(header).and_then(|folder| self::name(custom, folder));
    let mut text = match folder {
        Some(folder) if !folder.is_empty() && !name.starts_with('/') => format!("{folder}/{name}"),
        _ => name,
    };
    if line != 0 {
        text.push_str(&format!(":{line}"));
    }
    Some(text)
}

/// A name, without what would look like more than one in a log.
fn name<'a>(custom: &HashMap<&str, &'a [u8]>, value: AttributeValue<Bytes<'a>>) -> Option<String> {
    let bytes = match value {
        AttributeValue::String(bytes) => bytes.slice(),
        AttributeValue::DebugStrRef(offset) => custom.get(".debug_str")?.get(offset.0..)?,
        AttributeValue::DebugLineStrRef(offset) => custom.get(".debug_line_str")?.get(offset.0..)?,
        _ => return None,
    };
    let bytes = bytes.get(..MOST_NAME).unwrap_or(bytes);
    let bytes = bytes.split(|byte| *byte == 0).next()?;
    Some(String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control()).collect())
}

#[cfg(test)]
mod tests {
    use super::{MOST_BYTES, lines};
    use std::collections::HashMap;

    /// Opcodes: the next special one advances the address by 1 and the line by 1.
    const NEXT: u8 = 13 + 14 + 4;
    const SET_FILE_2: [u8; 2] = [4, 2];
    const END: [u8; 3] = [0, 1, 1];

    fn set_address(address: u32) -> Vec<u8> {
        [&[0, 5, 2][..], &address.to_le_bytes()].concat()
    }

    /// A table with this version, what its header says of files, and this program.
    fn table(version: u16, files: &[u8], program: &[u8]) -> Vec<u8> {
        let mut header = vec![1, 1, 1, (-3_i8) as u8, 14, 13];
        if version < 5 {
            // Instructions have no parts in these versions, and none there.
            header.remove(1);
            header.insert(1, 1);
        }
        header.extend_from_slice(&[0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]);
        header.extend_from_slice(files);
        let mut rest = version.to_le_bytes().to_vec();
        if version >= 5 {
            rest.extend_from_slice(&[4, 0]);
        }
        rest.extend_from_slice(&(header.len() as u32).to_le_bytes());
        rest.extend_from_slice(&header);
        rest.extend_from_slice(program);
        [&(rest.len() as u32).to_le_bytes()[..], &rest].concat()
    }

    /// Two folders, two files: `/a/one.rs` and, in the folder of the compiler, `two.rs`.
    const FILES_OF_4: &[u8] = b"/a\0/b\0\0one.rs\0\x01\0\0two.rs\0\0\0\0\0";

    fn looked_up(sections: &[(&str, &[u8])], places: &[u64]) -> Vec<Option<String>> {
        let sections: HashMap<&str, &[u8]> = sections.iter().copied().collect();
        lines(&sections, &places.iter().copied().map(Some).collect::<Vec<_>>())
    }

    fn some(lines: &[&str]) -> Vec<Option<String>> {
        lines.iter().map(|line| (!line.is_empty()).then(|| (*line).to_owned())).collect()
    }

    #[test]
    fn a_place_has_the_line_of_the_row_in_front_of_it() {
        let program = [&set_address(100)[..], &[NEXT, NEXT], &SET_FILE_2, &[NEXT, 2, 10], &END].concat();
        let tables =
            [table(4, FILES_OF_4, &program), table(4, FILES_OF_4, &[&set_address(500)[..], &[1, 2, 5], &END].concat())];
        let found = looked_up(&[(".debug_line", &tables.concat())], &[100, 101, 102, 103, 112, 113, 504, 505]);
        assert_eq!(found, some(&["", "/a/one.rs:2", "/a/one.rs:3", "two.rs:4", "two.rs:4", "", "/a/one.rs:1", ""]));
    }

    #[test]
    fn functions_that_a_linker_has_left_out_have_no_lines() {
        let program = [&set_address(0)[..], &[1, NEXT, 2, 100], &END, &set_address(50), &[1, 2, 3], &END].concat();
        let found = looked_up(&[(".debug_line", &table(4, FILES_OF_4, &program))], &[10, 51]);
        assert_eq!(found, some(&["", "/a/one.rs:1"]));
    }

    #[test]
    fn names_of_version_5_stand_in_other_sections() {
        // A format each (path as line_strp; path as strp and folder as a byte), one folder and two files.
        let files = [1, 1, 0x1f, 1, 3, 0, 0, 0, 2, 1, 0x0e, 2, 0x0b, 2, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let tables = table(5, &files, &[&set_address(7)[..], &[1, 2, 1], &END].concat());
        let sections: [(&str, &[u8]); 3] =
            [(".debug_line", &tables), (".debug_line_str", b"no\0/f\0"), (".debug_str", b"main.c\n\0\0x.h\0")];
        // Files count from 0 here; the program begins with the second.
        assert_eq!(looked_up(&sections, &[7]), some(&["/f/main.c:1"]));
    }

    #[test]
    fn what_cannot_be_read_says_nothing_and_is_passed() {
        let good = table(4, FILES_OF_4, &[&set_address(50)[..], &[1, 2, 3], &END].concat());
        let unknown = table(9, FILES_OF_4, &[1]);
        assert_eq!(looked_up(&[(".debug_line", &[&unknown[..], &good].concat())], &[50]), some(&["/a/one.rs:1"]));
        for len in 0..good.len() {
            looked_up(&[(".debug_line", &good[..len])], &[50]);
        }
        assert_eq!(looked_up(&[], &[50]), some(&[""]));
    }

    #[test]
    fn large_tables_are_not_read() {
        let of = |bytes: usize| {
            let program = [&set_address(50)[..], &vec![NEXT; bytes], &END].concat();
            looked_up(&[(".debug_line", &table(4, FILES_OF_4, &program))], &[60])
        };
        assert_eq!(of(MOST_BYTES / 10), some(&["/a/one.rs:11"]));
        assert_eq!(of(MOST_BYTES), some(&[""]));
    }
}
