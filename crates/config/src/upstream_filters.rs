//! `http_filters` of a cluster: plugins in the path of each attempt to send a request, then the codec.

use crate::fields::cluster::UPSTREAM_CODEC;
use crate::fields::http_connection_manager::HTTP_FILTER;
use crate::http_filter::{PLUGIN, WasmFilter, decode_plugin};
use crate::reader::{Any, Cursor, Object, TypedMessage};

enum Decoded {
    Codec,
    Plugin(Box<WasmFilter>),
}

/// Why an entry yields no filter.
enum Absent {
    /// An error was noted.
    Faulty,
    /// Left out on purpose.
    Skipped,
}

/// Decodes the list. An empty one stands for the codec alone, as in Envoy.
pub(crate) fn decode(list: &Cursor<'_>) -> Vec<WasmFilter> {
    let items = list.items();
    let mut filters = Vec::new();
    let mut is_certain = true;
    let mut has_codec = items.is_empty();
    for (index, item) in items.iter().enumerate() {
        match decode_one(item) {
            Ok(Decoded::Plugin(filter)) => filters.push(*filter),
            Ok(Decoded::Codec) => {
                has_codec = true;
                if index + 1 < items.len() {
                    item.error(
                        "the codec is a terminal filter and must be the last of http_filters; move it to the end, and \
                         keep only one",
                    );
                }
            }
            Err(Absent::Faulty) => is_certain = false,
            Err(Absent::Skipped) => {}
        }
    }
    if !has_codec && is_certain {
        items.last().unwrap_or(list).error(format!(
            "http_filters of a cluster must end with the codec, the only terminal filter there; append \
             envoy.filters.http.upstream_codec with \"@type\": type.googleapis.com/{}",
            CODEC.v3
        ));
    }
    filters
}

fn decode_one(at: &Cursor<'_>) -> Result<Decoded, Absent> {
    let object = Object::open(at, &HTTP_FILTER).ok_or(Absent::Faulty)?;
    let name = object.required("name", "any text, such as envoy.filters.http.wasm");
    let name = name.and_then(|at| at.nonempty_text()).ok_or(Absent::Faulty)?;
    at.cx.has_upstream_filter(name);
    let flag = |field| object.get(field).and_then(|at| at.boolean()).unwrap_or(false);
    let (disabled, optional) = (flag("disabled"), flag("is_optional"));
    let Some(config) = object.typed_config() else {
        if !object.has_config_elsewhere() {
            let of_type =
                if name.contains("codec") { CODEC.v3.to_owned() } else { format!("{} and config", PLUGIN.v3) };
            at.error(format!(
                "filter \"{name}\" needs the field \"typed_config\" with \"@type\": type.googleapis.com/{of_type}"
            ));
        }
        return Err(Absent::Faulty);
    };
    let hint = if name.contains("codec") { &CODEC } else { &PLUGIN };
    let any = Any::open(&config, hint).ok_or(Absent::Faulty)?;
    if any.is(&CODEC) {
        any.object(&UPSTREAM_CODEC).ok_or(Absent::Faulty)?;
        if disabled {
            at.error("the codec is a terminal filter and cannot be disabled; remove \"disabled\"");
        }
        return Ok(Decoded::Codec);
    }
    if any.is(&PLUGIN) {
        return decode_plugin(&any, name, disabled)
            .map(|filter| Decoded::Plugin(Box::new(filter)))
            .ok_or(Absent::Faulty);
    }
    if let Some(meant) = [&PLUGIN, &CODEC].into_iter().find(|meant| any.is_near(meant)) {
        any.type_at.error(format!("unknown type {}; did you mean {}?", any.type_name, meant.v3));
        return Err(Absent::Faulty);
    }
    let of_type = any.type_name;
    if disabled || optional {
        at.warn_once(
            format!("filter at {}", at.path),
            format!(
                "HTTP filter \"{name}\" ({of_type}) is left out: Tollgate does not have it in clusters, and it is optional or \
                 disabled"
            ),
        );
        return Err(Absent::Skipped);
    }
    any.type_at.error(format!(
        "HTTP filter \"{name}\" ({of_type}) is not supported in clusters by Tollgate; the filters there are \
         envoy.filters.http.wasm and envoy.filters.http.upstream_codec"
    ));
    Err(Absent::Faulty)
}

const CODEC: TypedMessage =
    TypedMessage { v3: "envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec", v2: "" };
