//! The `configuration` of plugins and VMs: an `Any` in Envoy, and here also plain YAML, as the bytes a plugin sees.

use crate::fields::Message;
use crate::fields::any::{STRING_VALUE, STRUCT, TYPED_STRUCT};
use crate::reader::any::{is_typed, is_typed_struct, message_name};
use crate::reader::values::leading_zero;
use crate::reader::{Cursor, Object, well_known};
use crate::yaml::{Resolved, Value};

/// The bytes for `on_configure` or `on_vm_start`. Structures become compact JSON text with the keys in their order.
///
/// Envoy passes the protobuf encoding of a Struct or TypedStruct; JSON text is what plugins expect, and what Envoy's
/// documentation promises. Other well-known types are passed in protobuf's encoding, as Envoy does.
pub(crate) fn configuration_bytes(at: &Cursor<'_>) -> Option<Vec<u8>> {
    if is_typed(at) {
        return typed(at);
    }
    if at.is_empty_mapping() {
        // An Any of nothing, as Envoy reads it.
        return Some(Vec::new());
    }
    if let Value::Scalar(scalar) = &at.node.value
        && let Resolved::Text(text) = scalar.resolve()
    {
        return Some(text.as_bytes().to_vec());
    }
    json(at)
}

fn typed(at: &Cursor<'_>) -> Option<Vec<u8>> {
    let (_, type_at) = at.entries().into_iter().find(|(key, _)| *key == "@type")?;
    match message_name(type_at.nonempty_text()?) {
        "google.protobuf.StringValue" => {
            // The default of protobuf's, which Envoy passes.
            let Some(value) = Object::open_skipping(at, &STRING_VALUE, "@type")?.get("value") else {
                return Some(Vec::new());
            };
            if !matches!(value.node.value, Value::Scalar(_)) {
                value.error(format!(
                    "a StringValue holds text, found {}; put it in quotes or after \"value: |\", \
                     or leave \"@type\" and \"value\" out to pass the structure as JSON",
                    value.node.kind()
                ));
                return None;
            }
            value.text().map(|text| text.as_bytes().to_vec())
        }
        "google.protobuf.BytesValue" => value_of(at, &STRING_VALUE, "the bytes in base64")?.base64(),
        "google.protobuf.Struct" => {
            let value = value_of(at, &STRUCT, "a mapping; its fields go under \"value\"")?;
            mapping_json(&value)
        }
        name if is_typed_struct(name) => {
            let wrapper = Object::open_skipping(at, &TYPED_STRUCT, "@type")?;
            // The type is for the plugin's author; what reaches the plugin is the value.
            if let Some(type_url) = wrapper.get("type_url") {
                type_url.text();
            }
            mapping_json(&wrapper.required("value", "a mapping")?)
        }
        "google.protobuf.ListValue" | "google.protobuf.Value" => json(&value_of(at, &STRUCT, "the value")?),
        name => well_known::encode(name, at).unwrap_or_else(|| {
            type_at.error(format!(
                "a configuration of type {name} is not supported by Tollgate, which does not have its fields; use \
                 google.protobuf.StringValue, BytesValue or Struct, another of protobuf's well-known types, a \
                 TypedStruct, or a plain mapping without \"@type\", which is passed as JSON"
            ));
            None
        }),
    }
}

/// The field `value` of a message that stands in an `Any`.
pub(super) fn value_of<'a>(at: &Cursor<'a>, message: &'static Message, hint: &str) -> Option<Cursor<'a>> {
    Object::open_skipping(at, message, "@type")?.required("value", hint)
}

fn mapping_json(at: &Cursor<'_>) -> Option<Vec<u8>> {
    if !matches!(at.node.value, Value::Mapping(_)) {
        at.error(format!("expected a mapping, found {}", at.node.kind()));
        return None;
    }
    json(at)
}

/// Compact JSON text.
fn json(at: &Cursor<'_>) -> Option<Vec<u8>> {
    let mut out = String::new();
    write_json(at, &mut out).then(|| out.into_bytes())
}

/// Appends a value; `false` when a part of it has no form in JSON, which is then noted.
fn write_json(at: &Cursor<'_>, out: &mut String) -> bool {
    match &at.node.value {
        Value::Mapping(_) => {
            out.push('{');
            let mut complete = true;
            for (index, (key, value)) in at.entries().into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                push_string(key, out);
                out.push(':');
                complete &= write_json(&value, out);
            }
            out.push('}');
            complete
        }
        Value::Sequence(_) => {
            out.push('[');
            let mut complete = true;
            for (index, item) in at.items().into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                complete &= write_json(&item, out);
            }
            out.push(']');
            complete
        }
        Value::Scalar(scalar) => match scalar.resolve() {
            Resolved::Ambiguous => {
                at.error(leading_zero(&scalar.text));
                false
            }
            Resolved::Bool(value) => {
                out.push_str(if value { "true" } else { "false" });
                true
            }
            Resolved::NotFinite => {
                at.error(format!("{} has no form in JSON; put it in quotes or give a number", scalar.text));
                false
            }
            Resolved::Null => {
                out.push_str("null");
                true
            }
            Resolved::Number(literal) => {
                out.push_str(&literal);
                true
            }
            Resolved::Text(text) => {
                if let Some(meant) = scalar.yaml_1_1_bool().filter(|_| text.len() > 1) {
                    at.warn_once(
                        format!("yaml 1.1 boolean at {}", at.path),
                        format!("{text} is passed to the plugin as text, where Envoy passes {meant}; write {meant}, or quote it"),
                    );
                }
                push_string(text, out);
                true
            }
        },
    }
}

fn push_string(text: &str, out: &mut String) {
    // Writing text as JSON cannot fail.
    out.push_str(&serde_json::Value::from(text).to_string());
}

#[cfg(test)]
mod tests {
    use super::configuration_bytes;
    use crate::reader::{Context, Cursor};
    use crate::yaml;

    fn bytes(text: &str) -> Result<String, String> {
        let cx = Context::new("t.yaml");
        let node = yaml::load(text).expect("YAML");
        let found = configuration_bytes(&Cursor::root(&cx, &node));
        match cx.finish() {
            Ok(_) => Ok(String::from_utf8(found.expect("bytes or an error")).expect("text")),
            Err(errors) => Err(errors.to_string()),
        }
    }

    #[test]
    fn every_form() {
        for (yaml, expected) in [
            ("{'@type': type.googleapis.com/google.protobuf.StringValue, value: '{\"a\": 1}'}", "{\"a\": 1}"),
            ("'@type': google.protobuf.StringValue\nvalue: |\n  a\n  b\n", "a\nb\n"),
            (
                "{'@type': type.googleapis.com/google.protobuf.Struct, value: {b: 1, a: [1.0, yes, ~]}}",
                "{\"b\":1,\"a\":[1.0,\"yes\",null]}",
            ),
            ("{'@type': x/udpa.type.v1.TypedStruct, type_url: x/y, value: {k: v}}", "{\"k\":\"v\"}"),
            ("{'@type': x/xds.type.v3.TypedStruct, typeUrl: x/y, value: {k: true}}", "{\"k\":true}"),
            (
                "{snake_case: {camelCase: 12345678901234567890}}",
                "{\"snake_case\":{\"camelCase\":12345678901234567890}}",
            ),
            ("{'@type': x/google.protobuf.ListValue, value: [1, a]}", "[1,\"a\"]"),
            ("{'@type': x/google.protobuf.Value, value: 1.0}", "1.0"),
            ("{'@type': x/google.protobuf.Int32Value, value: 65}", "\u{8}A"),
            ("[a, 'b\"c', \"\\t\"]", "[\"a\",\"b\\\"c\",\"\\t\"]"),
            ("plain text", "plain text"),
            ("'12'", "12"),
            ("12", "12"),
            ("true", "true"),
        ] {
            assert_eq!(bytes(yaml).as_deref(), Ok(expected), "{yaml}");
        }
    }

    #[test]
    fn bytes_in_either_alphabet() {
        for value in ["/+8=", "_-8=", "_-8"] {
            let cx = Context::new("t.yaml");
            let node = yaml::load(&format!("{{'@type': x/google.protobuf.BytesValue, value: {value}}}")).expect("YAML");
            assert_eq!(configuration_bytes(&Cursor::root(&cx, &node)), Some(vec![0xff, 0xef]), "{value}");
        }
    }

    #[test]
    fn a_string_value_without_a_value_is_empty_as_in_protobuf() {
        assert_eq!(bytes("{'@type': x/google.protobuf.StringValue}"), Ok(String::new()));
    }

    #[test]
    fn what_cannot_be_passed() {
        for (yaml, expected) in [
            ("{'@type': x/envoy.config.core.v3.Node, id: a}", "envoy.config.core.v3.Node is not supported"),
            ("{'@type': x/google.protobuf.StringValue, value: {a: 1}}", "a StringValue holds text, found a mapping"),
            ("{'@type': x/google.protobuf.StringValue, value: 5}", "put it in quotes: \"5\""),
            ("{'@type': x/google.protobuf.BytesValue, value: '!'}", "not base64"),
            ("{'@type': x/google.protobuf.Struct, a: 1}", "needs the field \"value\""),
            ("{a: .inf}", "no form in JSON"),
            ("{a: 007}", "leading zero"),
        ] {
            let error = bytes(yaml).expect_err(yaml);
            assert!(error.contains(expected), "{yaml}: {error}");
        }
    }
}
