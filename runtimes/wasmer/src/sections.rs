//! Adds to a module what its countdown needs: a type, a table, two globals, and exports of them; and a custom section that
//! says how far its code has moved, which is still there when the compiled module has been kept.
//!
//! wasmer's own way, a change of its `ModuleInfo` by the middleware, cannot add a table.

use crate::countdown::{Countdown, Metering};

/// Name of the custom section.
const SHIFT: &str = "tollgate:shift";

const CUSTOM: u8 = 0;
const TYPE: u8 = 1;
const TABLE: u8 = 4;
const GLOBAL: u8 = 6;
const EXPORT: u8 = 7;
const CODE: u8 = 10;

/// Sections in the order in which they have to come. Tags are between memories and globals, the number of data segments
/// is before the code.
const ORDER: [u8; 13] = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

/// `() -> ()`.
const CHECK_TYPE: &[u8] = &[0x60, 0, 0];
/// A reference to a function. There could be two: tables of fixed size wasmer keeps elsewhere, and a host cannot set
/// their elements.
const CHECK_TABLE: &[u8] = &[0x70, 1, 1, 2];
/// Two variables of type `i32` that begin with 0.
const VARIABLES: &[u8] = &[0x7f, 1, 0x41, 0, 0x0b, 0x7f, 1, 0x41, 0, 0x0b];

/// A module with what the countdown needs.
pub(crate) struct Instrumented {
    pub(crate) wasm: Vec<u8>,
    pub(crate) countdown: Countdown,
}

/// How many bytes the code of a compiled module stands behind its place in the original; `None` if it is not one that
/// [`instrument`] made.
pub(crate) fn shift(compiled: &wasmer::Module) -> Option<usize> {
    let section = compiled.custom_sections(SHIFT).next()?;
    usize::try_from(u32::from_le_bytes(<[u8; 4]>::try_from(&*section).ok()?)).ok()
}

/// The module with the additions; `None` if it is not one. It must be valid, and import nothing but functions.
pub(crate) fn instrument(wasm: &[u8], metering: Metering) -> Option<Instrumented> {
    let sections = split(wasm)?;
    let counts = |id: u8| sections.iter().find(|section| section.id == id).map_or(Some(0), Section::count);
    let (types, tables, globals) = (counts(TYPE)?, counts(TABLE)?, counts(GLOBAL)?);
    let countdown =
        Countdown { metering, check_type: types, check_table: tables, counter: globals, scratch: globals + 1 };

    let mut exports = export(Countdown::CHECK_EXPORT, 1, tables);
    exports.extend(export(metering.counter_export(), 3, globals));
    let mut additions = [(TYPE, 1, CHECK_TYPE), (TABLE, 1, CHECK_TABLE), (GLOBAL, 2, VARIABLES), (EXPORT, 2, &exports)]
        .into_iter()
        .peekable();

    let mut out = wasm.get(..8)?.to_vec();
    let mut shift = 0;
    for section in &sections {
        // What the module has none of comes before the first section that must stand behind it.
        while let Some((id, count, entries)) = additions.next_if(|(id, ..)| comes_before(*id, section.id)) {
            write(&mut out, id, count, &[], entries);
        }
        match additions.next_if(|(id, ..)| *id == section.id) {
            Some((id, count, entries)) => {
                let own = section.count()?;
                write(&mut out, id, own.checked_add(count)?, section.entries()?, entries);
            }
            None => {
                out.extend_from_slice(section.whole);
                if section.id == CODE {
                    shift = out.len().saturating_sub(section.end);
                }
            }
        }
    }
    for (id, count, entries) in additions {
        write(&mut out, id, count, &[], entries);
    }
    // Behind all others: of sections with one name, wasmer keeps the last.
    write_shift(&mut out, u32::try_from(shift).ok()?);
    Some(Instrumented { wasm: out, countdown })
}

fn write_shift(out: &mut Vec<u8>, shift: u32) {
    out.extend_from_slice(&[CUSTOM, (1 + SHIFT.len() + 4) as u8, SHIFT.len() as u8]);
    out.extend_from_slice(SHIFT.as_bytes());
    out.extend_from_slice(&shift.to_le_bytes());
}

struct Section<'a> {
    id: u8,
    /// With id and size.
    whole: &'a [u8],
    body: &'a [u8],
    /// Where it ends in the module.
    end: usize,
}

impl<'a> Section<'a> {
    fn count(&self) -> Option<u32> {
        leb128(self.body).map(|(count, _)| count)
    }

    fn entries(&self) -> Option<&'a [u8]> {
        leb128(self.body).and_then(|(_, len)| self.body.get(len..))
    }
}

fn split(wasm: &[u8]) -> Option<Vec<Section<'_>>> {
    let mut sections = Vec::new();
    let mut at = 8;
    while let Some(id) = wasm.get(at) {
        let (size, len) = leb128(wasm.get(at + 1..)?)?;
        let start = at + 1 + len;
        let end = start.checked_add(size as usize)?;
        sections.push(Section { id: *id, whole: wasm.get(at..end)?, body: wasm.get(start..end)?, end });
        at = end;
    }
    Some(sections)
}

/// Custom sections (0) stand anywhere.
fn comes_before(id: u8, other: u8) -> bool {
    let place = |id: u8| ORDER.iter().position(|known| *known == id);
    place(other).is_some_and(|other| place(id) < Some(other))
}

fn export(name: &str, kind: u8, index: u32) -> Vec<u8> {
    let mut out = Vec::new();
    write_leb128(&mut out, name.len() as u32);
    out.extend_from_slice(name.as_bytes());
    out.push(kind);
    write_leb128(&mut out, index);
    out
}

fn write(out: &mut Vec<u8>, id: u8, count: u32, own: &[u8], entries: &[u8]) {
    let mut number = Vec::new();
    write_leb128(&mut number, count);
    out.push(id);
    write_leb128(out, (number.len() + own.len() + entries.len()) as u32);
    out.extend_from_slice(&number);
    out.extend_from_slice(own);
    out.extend_from_slice(entries);
}

fn write_leb128(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// An integer at the start, and its length.
fn leb128(bytes: &[u8]) -> Option<(u32, usize)> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(5).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((u32::try_from(value).ok()?, at + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::instrument;
    use crate::countdown::Metering;

    /// Header, a type, a function of it, an export, its code; with a custom section at the front.
    const SMALL: &[u8] = b"\0asm\x01\0\0\0\
        \0\x02\x01x\
        \x01\x04\x01\x60\0\0\
        \x03\x02\x01\0\
        \x07\x05\x01\x01f\0\0\
        \x0a\x04\x01\x02\0\x0b";

    #[test]
    fn what_is_missing_is_added_in_its_place() {
        let out = instrument(SMALL, Metering::None).unwrap();
        assert_eq!((out.countdown.check_type, out.countdown.check_table, out.countdown.counter), (1, 0, 0));
        let ids: Vec<_> = super::split(&out.wasm).unwrap().iter().map(|section| section.id).collect();
        assert_eq!(ids, [0, 1, 3, 4, 6, 7, 10, 0]);
        let sections = super::split(&out.wasm).unwrap();
        let (code, said) = (&sections[6], &sections[7]);
        assert_eq!(code.whole, &SMALL[SMALL.len() - 6..]);
        let shift = (code.end - SMALL.len()) as u32;
        assert_eq!(said.body, [b"\x0e".as_slice(), super::SHIFT.as_bytes(), &shift.to_le_bytes()].concat());
        let counts: Vec<_> = sections[1..7].iter().map(|section| section.count().unwrap()).collect();
        assert_eq!(counts, [2, 1, 1, 2, 3, 1]);
    }

    #[test]
    fn a_module_without_sections_gets_them_all() {
        let out = instrument(b"\0asm\x01\0\0\0", Metering::None).unwrap();
        let ids: Vec<_> = super::split(&out.wasm).unwrap().iter().map(|section| section.id).collect();
        assert_eq!(ids, [1, 4, 6, 7, 0]);
    }

    #[test]
    fn what_is_no_module_is_refused() {
        assert!(instrument(b"", Metering::None).is_none());
        assert!(instrument(&SMALL[..SMALL.len() - 1], Metering::None).is_none());
        assert!(instrument(b"\0asm\x01\0\0\0\x01\xff\xff\xff\xff\xff", Metering::None).is_none());
    }
}
