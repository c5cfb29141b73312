//! From a text with tokens to the text format.

use super::TemplateError;
use super::data::Data;
use super::expand::{function, token};
use super::lex::words;
use std::collections::BTreeSet;
use tollgate_abi::AbiVersion;

const MEMORY: &str = "(memory (export \"memory\") 1)";

const MALLOC: &str = "(global $heap (mut i32) (i32.const 0x8000)) \
    (func (export \"malloc\") (param $size i32) (result i32) (local $block i32) \
    (local.set $block (global.get $heap)) \
    (global.set $heap (i32.add (global.get $heap) \
    (i32.and (i32.add (local.get $size) (i32.const 15)) (i32.const -16)))) (local.get $block))";

/// Fills the tokens of a guest's text for a version of the ABI.
///
/// # Errors
///
/// A [`TemplateError`] with the line of the token that is wrong.
pub fn assemble(text: &str, abi: AbiVersion) -> Result<String, TemplateError> {
    let mut data = Data::default();
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let line = 1 + text[..text.len() - rest.len() + at].matches('\n').count();
        let error = |message: String| TemplateError { line, message };
        out.push_str(&rest[..at]);
        let inner = &rest[at + 2..];
        let end = token_end(inner).ok_or_else(|| error("a token is never closed".to_owned()))?;
        let body = inner[..end].trim();
        if is_part(body) {
            // Depends on the whole text; filled below. NUL cannot occur in WAT.
            out.push_str(&format!("\0{body}\0"));
        } else {
            let words = words(body).map_err(error)?;
            out.push_str(&token(&words, abi, &mut data).map_err(error)?);
        }
        rest = &inner[end + 2..];
    }
    out.push_str(rest);
    Ok(fill_parts(&out, abi, &data))
}

fn is_part(body: &str) -> bool {
    matches!(body, "prelude" | "imports" | "marker" | "memory" | "malloc" | "data")
}

/// Where a token's closing braces are. Maps have braces of their own, and strings may hold any.
fn token_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut quoted) = (0, 0_usize, false);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted && depth > 0 => depth -= 1,
            b'}' if !quoted && bytes.get(at + 1) == Some(&b'}') => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

fn fill_parts(text: &str, abi: AbiVersion, data: &Data) -> String {
    let marker = format!("(func (export \"{}\"))", abi.marker());
    let imports = imports(text);
    let segment = data.segment();
    let part = |name: &str| match name {
        "imports" => imports.clone(),
        "marker" => marker.clone(),
        "memory" => MEMORY.to_owned(),
        "malloc" => MALLOC.to_owned(),
        "data" => segment.clone(),
        _ => format!("{imports} {marker} {MEMORY} {MALLOC} {segment}"),
    };
    text.split('\0')
        .enumerate()
        .map(|(index, piece)| if index % 2 == 0 { piece.to_owned() } else { part(piece) })
        .collect()
}

/// An import for each host function called in the text.
fn imports(text: &str) -> String {
    let mut called = BTreeSet::new();
    for piece in text.split("call $").skip(1) {
        let end = piece.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(piece.len());
        called.insert(&piece[..end]);
    }
    let import = |name: &str| {
        let (module, function) = function(name)?;
        let list = |keyword: &str, types: &[tollgate_abi::ValType]| {
            types.iter().map(|ty| format!(" ({keyword} {ty})")).collect::<String>()
        };
        let types = list("param", function.param_types) + &list("result", function.results);
        Some(format!("(import \"{module}\" \"{}\" (func ${name}{types}))", function.name))
    };
    called.into_iter().filter_map(import).collect::<Vec<_>>().join(" ")
}
