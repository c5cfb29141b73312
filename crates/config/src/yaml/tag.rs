//! Tags: those of the core schema, and no others.

use saphyr_parser::{ScalarStyle, Span, Tag};

use super::load::position;
use super::{Fault, Scalar};

/// A scalar as its tag wants it read.
pub(super) fn tagged(text: String, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Result<Scalar, Fault> {
    let plain = style == ScalarStyle::Plain;
    let Some(tag) = tag else {
        return Ok(Scalar { text, plain });
    };
    if tag.is_yaml_core_schema() {
        return match tag.suffix.as_str() {
            "str" => Ok(Scalar { text, plain: false }),
            "bool" | "float" | "int" | "null" => Ok(Scalar { text, plain: true }),
            _ => Err(unknown_tag(tag, span)),
        };
    }
    if tag.suffix.is_empty() || tag.suffix == "!" {
        // The non-specific tag, "!": text, whatever it looks like.
        return Ok(Scalar { text, plain: false });
    }
    Err(unknown_tag(tag, span))
}

/// Refuses a tag that says something else than what the collection is.
pub(super) fn collection_tag(tag: Option<&Tag>, expected: &str, span: Span) -> Result<(), Fault> {
    match tag {
        None => Ok(()),
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix == expected => Ok(()),
        Some(tag) => Err(unknown_tag(tag, span)),
    }
}

fn unknown_tag(tag: &Tag, span: Span) -> Fault {
    let name = if tag.is_yaml_core_schema() { format!("!!{}", tag.suffix) } else { tag.to_string() };
    Fault { at: position(span), message: format!("YAML tag \"{name}\" is not understood; remove it") }
}
