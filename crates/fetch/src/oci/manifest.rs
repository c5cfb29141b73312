//! Manifests of images, and which layer of one holds the module.

use serde::Deserialize;

/// What registries are asked for.
pub(crate) const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
                                 application/vnd.docker.distribution.manifest.v2+json, \
                                 application/vnd.docker.distribution.manifest.list.v2+json";

/// Media types of layers that are the module itself: Istio's and `oras`'s, CNCF's (`wkg`), the older ones.
const MODULES: [&str; 3] = [
    "application/vnd.module.wasm.content.layer.v1+wasm",
    "application/wasm",
    "application/vnd.wasm.content.layer.v1+wasm",
];

/// A manifest, or an index of manifests.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    #[serde(default)]
    schema_version: u32,
    #[serde(default)]
    layers: Vec<Descriptor>,
    #[serde(default)]
    manifests: Vec<Descriptor>,
}

/// What a part of an image is known by.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    #[serde(default)]
    pub(crate) media_type: String,
    pub(crate) digest: String,
    #[serde(default)]
    pub(crate) size: u64,
    #[serde(default)]
    platform: Option<Platform>,
}

#[derive(Clone, Debug, Deserialize)]
struct Platform {
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    os: String,
}

/// How to go on from a manifest.
#[derive(Debug)]
pub(crate) enum Next {
    /// To another manifest, of the index that this is.
    Manifest(Descriptor),
    /// To the layer that is the module.
    Module(Descriptor),
    /// To layers that are archives of files, the topmost first.
    Files(Vec<Descriptor>),
}

impl Manifest {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes).map_err(|error| format!("its manifest cannot be read: {error}"))
    }

    /// How to go on, or why the image has no module.
    pub(crate) fn next(self) -> Result<Next, String> {
        if self.schema_version == 1 {
            return Err(
                "its manifest is of docker's first schema, which has no digests; push it again with a newer program"
                    .into(),
            );
        }
        if !self.manifests.is_empty() {
            return choose(self.manifests).map(Next::Manifest);
        }
        let types = || self.layers.iter().map(|layer| &*layer.media_type).collect::<Vec<_>>().join(", ");
        let mut modules = self.layers.iter().filter(|layer| MODULES.contains(&&*layer.media_type));
        match (modules.next(), modules.next()) {
            (Some(module), None) => return Ok(Next::Module(module.clone())),
            (Some(_), Some(_)) => return Err(format!("it has more than one module among its layers: {}", types())),
            (None, _) => {}
        }
        let files: Vec<_> = self.layers.iter().rev().filter(|layer| is_archive(&layer.media_type)).cloned().collect();
        if !files.is_empty() {
            return Ok(Next::Files(files));
        }
        match &*self.layers {
            // Pushed with a media type of its own: what is in it decides.
            [only] => Ok(Next::Module(only.clone())),
            [] => Err("it has no layers".to_owned()),
            _ => Err(format!(
                "none of its layers is a module ({}) or an archive of files; they are: {}",
                MODULES[0],
                types()
            )),
        }
    }
}

fn is_archive(media_type: &str) -> bool {
    media_type.contains(".tar") || media_type.ends_with("+tar") || media_type.ends_with("/tar")
}

/// One manifest of an index: that for Wasm, or for this kind of machine, or the first that is an image. Modules are the same
/// on all.
fn choose(manifests: Vec<Descriptor>) -> Result<Descriptor, String> {
    let is_for = |descriptor: &Descriptor, architecture: &str| {
        descriptor.platform.as_ref().is_some_and(|platform| platform.architecture == architecture)
    };
    let here = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    // What builders say about the image is listed as if it were one.
    let is_statement = |descriptor: &Descriptor| {
        descriptor.platform.as_ref().is_some_and(|p| p.architecture == "unknown" && p.os == "unknown")
    };
    let images: Vec<_> = manifests.into_iter().filter(|descriptor| !is_statement(descriptor)).collect();
    let wasm = images.iter().find(|image| is_for(image, "wasm") || is_for(image, "wasm32"));
    let chosen = wasm.or_else(|| images.iter().find(|image| is_for(image, here))).or_else(|| images.first());
    chosen.cloned().ok_or_else(|| "its index lists no image".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Manifest, Next};
    use serde_json::{Value, json};

    fn layer(media_type: &str, digest: &str) -> Value {
        json!({"mediaType": media_type, "digest": digest, "size": 1})
    }

    fn next(manifest: &Value) -> Result<(char, String), String> {
        let next = Manifest::parse(manifest.to_string().as_bytes())?.next()?;
        Ok(match next {
            Next::Manifest(it) => ('i', it.digest),
            Next::Module(it) => ('m', it.digest),
            Next::Files(them) => ('f', them.into_iter().map(|it| it.digest).collect()),
        })
    }

    fn of_layers(layers: &Value) -> Result<(char, String), String> {
        next(&json!({"schemaVersion": 2, "layers": layers}))
    }

    #[test]
    fn every_layout_that_is_about() {
        let module = "application/vnd.module.wasm.content.layer.v1+wasm";
        for (what, layers, expected) in [
            ("docker", json!([layer("application/vnd.docker.image.rootfs.diff.tar.gzip", "a")]), ('f', "a")),
            (
                "compat, of more than one layer",
                json!([
                    layer("application/vnd.oci.image.layer.v1.tar", "a"),
                    layer("application/vnd.oci.image.layer.v1.tar+gzip", "b")
                ]),
                ('f', "ba"),
            ),
            (
                "Istio's artefact",
                json!([layer("application/vnd.module.wasm.config.v1+json", "a"), layer(module, "b")]),
                ('m', "b"),
            ),
            ("its module alone", json!([layer(module, "a")]), ('m', "a")),
            ("CNCF", json!([layer("application/wasm", "a")]), ('m', "a")),
            (
                "old",
                json!([
                    layer("application/vnd.wasm.config.v1+json", "a"),
                    layer("application/vnd.wasm.content.layer.v1+wasm", "b")
                ]),
                ('m', "b"),
            ),
            ("anything, alone", json!([layer("application/octet-stream", "a")]), ('m', "a")),
        ] {
            assert_eq!(of_layers(&layers), Ok((expected.0, expected.1.to_owned())), "{what}");
        }
    }

    #[test]
    fn what_has_no_module() {
        let module = "application/wasm";
        for (layers, why) in [
            (json!([]), "it has no layers"),
            (json!([layer("a/b", "a"), layer("c/d", "b")]), "none of its layers is a module"),
            (json!([layer(module, "a"), layer(module, "b")]), "more than one module"),
        ] {
            let error = of_layers(&layers).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        let error = next(&json!({"schemaVersion": 1, "fsLayers": []})).unwrap_err();
        assert!(error.contains("docker's first schema"), "{error}");
        assert!(Manifest::parse(b"<html>").is_err());
    }

    #[test]
    fn one_image_of_an_index() {
        let image = |digest: &str, architecture: &str| {
            let os = if architecture == "unknown" { "unknown" } else { "linux" };
            json!({"digest": digest, "platform": {"architecture": architecture, "os": os}})
        };
        let index = |images: &[Value]| next(&json!({"schemaVersion": 2, "manifests": images}));
        let found = |digest: &str| Ok(('i', digest.to_owned()));
        assert_eq!(index(&[image("a", "s390x"), image("b", "wasm")]), found("b"));
        assert_eq!(index(&[image("a", "unknown"), image("b", "s390x"), image("c", "mips")]), found("b"));
        assert_eq!(index(&[json!({"digest": "a"})]), found("a"));
        assert!(index(&[image("a", "unknown")]).unwrap_err().contains("lists no image"));
    }
}
