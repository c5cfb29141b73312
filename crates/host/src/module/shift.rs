//! How far a module's code has moved since its file was read, for those who look up places there.

use super::sections;
use super::start::{kind, reexport};
use wasm_encoder::{Module, RawSection};
use wasmparser::{Parser, Payload};

/// The name of an export that says it begins with this. No toolchain emits it.
const PREFIX: &str = "tollgate:shifted:";

/// What it says if not all code has moved as far.
const UNEVEN: &str = "unevenly";

/// How many bytes the code of a module that engines are given stands behind its place in the module's own binary form. `None` if not
/// all of it as many. `exports` are the names of all that it exports.
pub fn code_shift<'a>(exports: impl IntoIterator<Item = &'a str>) -> Option<usize> {
    match exports.into_iter().find_map(|name| name.strip_prefix(PREFIX)) {
        Some(shift) => usize::from_str_radix(shift, 16).ok(),
        None => Some(0),
    }
}

/// Has a module say how far its code has moved from where it is in `original`. `in_place` if all of it has moved as far.
/// The module itself if there is nothing to be said, or if it says so itself.
pub(super) fn mark(original: &[u8], module: Vec<u8>, in_place: bool) -> Vec<u8> {
    let shift = |module: &[u8]| code(module)?.checked_sub(code(original)?).filter(|_| in_place);
    if shift(&module) == Some(0) {
        return module;
    }
    // Of one length all of them, for that counts.
    let Some(marked) = export(&module, UNEVEN) else { return module };
    match shift(&marked) {
        Some(shift) => export(&module, &format!("{shift:08x}")).unwrap_or(marked),
        None => marked,
    }
}

fn code(module: &[u8]) -> Option<usize> {
    sections(module).code
}

/// The module with one more export, which is its first once more.
fn export(module: &[u8], shift: &str) -> Option<Vec<u8>> {
    let mut out = Module::new();
    let mut exported = false;
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.ok()?;
        let Some((id, range)) = payload.as_section() else { continue };
        if let Payload::ExportSection(reader) = &payload {
            let mut section = reexport(reader)?;
            if reader.clone().into_iter().any(|export| export.is_ok_and(|export| export.name.starts_with(PREFIX))) {
                return None;
            }
            let first = reader.clone().into_iter().next()?.ok()?;
            section.export(&format!("{PREFIX}{shift}"), kind(first.kind), first.index);
            out.section(&section);
            exported = true;
        } else {
            out.section(&RawSection { id, data: module.get(range)? });
        }
    }
    exported.then(|| out.finish())
}
