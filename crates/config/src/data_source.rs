//! Data that stands in the configuration or in a file beside it.

use std::path::{Path, PathBuf};

use crate::diagnostics::Location;
use crate::fields::plugin::DATA_SOURCE;
use crate::reader::{Cursor, Object};

/// `envoy.config.core.v3.DataSource`. This crate does not open the file; see [`resolve_file`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataSource {
    /// A file to be read when the configuration is put to use.
    File {
        /// Envoy's `filename`, as written.
        filename: PathBuf,
        /// Where the file name stands in the configuration.
        location: Location,
    },
    /// The data itself, from `inline_bytes` (base64) or `inline_string`.
    Inline(Vec<u8>),
}

/// The paths at which to look for a file named in a configuration, best first: beside the configuration file, then
/// in the working directory; an absolute name stands for itself.
pub fn resolve_file(filename: &Path, beside: &Path) -> Vec<PathBuf> {
    let here = filename.to_path_buf();
    if filename.is_absolute() {
        return vec![here];
    }
    match beside.parent().map(|folder| folder.join(filename)) {
        Some(neighbour) if neighbour != here => vec![neighbour, here],
        _ => vec![here],
    }
}

/// Decodes a data source; one without any specifier is noted as an error.
pub(crate) fn decode(at: &Cursor<'_>) -> Option<DataSource> {
    let object = Object::open(at, &DATA_SOURCE)?;
    let Some((name, value)) = object.one_of(&["filename", "inline_bytes", "inline_string", "environment_variable"])
    else {
        object.missing(
            &["filename", "inline_bytes", "inline_string"],
            "DataSource needs one of the fields \"filename\", \"inline_string\" and \"inline_bytes\"",
        );
        return None;
    };
    match name {
        "filename" => Some(DataSource::File { filename: value.nonempty_text()?.into(), location: value.location() }),
        "inline_bytes" => value.base64().map(DataSource::Inline),
        "inline_string" => value.text().map(|text| DataSource::Inline(text.as_bytes().to_vec())),
        // Refused by the table.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::resolve_file;

    #[test]
    fn beside_the_configuration_first() {
        let found = |name: &str, beside: &str| resolve_file(Path::new(name), Path::new(beside));
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(found("/abs/p.wasm", "etc/envoy.yaml"), paths(&["/abs/p.wasm"]));
        assert_eq!(found("p.wasm", "etc/envoy.yaml"), paths(&["etc/p.wasm", "p.wasm"]));
        assert_eq!(found("p.wasm", "envoy.yaml"), paths(&["p.wasm"]));
        assert_eq!(found("p.wasm", "/"), paths(&["p.wasm"]));
    }
}
