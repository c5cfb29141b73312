//! The module in a layer.

use flate2::read::MultiGzDecoder;
use std::io::{self, Read};

/// Name of the module in an archive of files, in whatever folder.
const NAME: &str = "plugin.wasm";

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const WASM: [u8; 4] = *b"\0asm";

/// How many times as large as a module an archive may become when it is unpacked, and how many bytes more.
const ROOM: (u64, u64) = (4, 1 << 20);

/// The module that a layer is, packed or not. `limit` is in bytes.
pub(crate) fn module(layer: Vec<u8>, limit: u64) -> Result<Vec<u8>, String> {
    let bytes = if layer.starts_with(&GZIP) { whole(&mut MultiGzDecoder::new(&*layer), limit)? } else { layer };
    if !bytes.starts_with(&WASM) {
        return Err("its layer is no module: it does not begin with \\0asm".to_owned());
    }
    Ok(bytes)
}

/// The module among the files of a layer: `plugin.wasm`, or the only `*.wasm`. `None` if there is none. `limit` is in bytes.
pub(crate) fn module_among_files(layer: &[u8], limit: u64) -> Result<Option<Vec<u8>>, String> {
    if layer.starts_with(&ZSTD) {
        return Err("its layer is packed with zstd, which is not supported; push it with gzip".to_owned());
    }
    // What is unpacked is read and not kept: a small archive that unpacks to very much is given up.
    let most = limit.saturating_mul(ROOM.0).saturating_add(ROOM.1);
    if layer.starts_with(&GZIP) {
        among_files(MultiGzDecoder::new(layer).take(most), limit)
    } else {
        among_files(layer.take(most), limit)
    }
}

fn among_files(archive: impl Read, limit: u64) -> Result<Option<Vec<u8>>, String> {
    let broken = |error: io::Error| format!("its layer is no whole archive of files: {error}");
    let mut archive = tar::Archive::new(archive);
    let mut others: Vec<(String, Vec<u8>)> = Vec::new();
    let mut number = 0;
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = entry.path_bytes();
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        if name == NAME.as_bytes() {
            return file(&mut entry, limit).map(Some);
        }
        if name.ends_with(b".wasm") {
            let name = String::from_utf8_lossy(name).into_owned();
            number += 1;
            // More than one is an error; its bytes are not.
            if number == 1 {
                others.push((name, file(&mut entry, limit)?));
            } else if number < 10 {
                others.push((name, Vec::new()));
            }
        }
    }
    if number > 1 {
        let names: Vec<_> = others.iter().map(|(name, _)| name.as_str()).collect();
        return Err(format!("it has several modules ({}), none of them {NAME}", names.join(", ")));
    }
    Ok(others.pop().map(|(_, bytes)| bytes))
}

/// What is in a file of an archive, which may be cut off.
fn file(entry: &mut tar::Entry<'_, impl Read>, limit: u64) -> Result<Vec<u8>, String> {
    let size = entry.size();
    let bytes = whole(entry, limit)?;
    if bytes.len() as u64 != size {
        return Err(format!("its layer is no whole archive of files: {} of {size} bytes are there", bytes.len()));
    }
    Ok(bytes)
}

fn whole(from: &mut impl Read, limit: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    from.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| format!("its layer cannot be unpacked: {error}"))?;
    if bytes.len() as u64 > limit {
        return Err(format!("its module has more than the {limit} bytes that are allowed (--fetch-size)"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{module, module_among_files};
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    const MODULE: &[u8] = b"\0asm\x01\0\0\0";

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, path, *bytes).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn a_layer_that_is_the_module() {
        assert_eq!(module(MODULE.to_vec(), 100).unwrap(), MODULE);
        assert_eq!(module(gzip(MODULE), 100).unwrap(), MODULE);
        assert!(module(b"{}".to_vec(), 100).unwrap_err().contains("is no module"));
        assert!(module(gzip(&[0; 101]), 100).unwrap_err().contains("more than the 100 bytes"));
        let cut = &gzip(MODULE)[..15];
        assert!(module(cut.to_vec(), 100).unwrap_err().contains("cannot be unpacked"));
    }

    #[test]
    fn a_module_among_files() {
        let found = |files: &[(&str, &[u8])]| module_among_files(&archive(files), 100);
        for files in [
            &[("plugin.wasm", MODULE)][..],
            &[("other.wasm", b"x"), ("./plugin.wasm", MODULE), ("runtime-config.json", b"{}")],
            &[("a/b/plugin.wasm", MODULE)],
            &[("readme", b"x"), ("a/filter.wasm", MODULE)],
        ] {
            assert_eq!(found(files).unwrap().as_deref(), Some(MODULE), "{files:?}");
            assert_eq!(module_among_files(&gzip(&archive(files)), 100).unwrap().as_deref(), Some(MODULE));
        }
        assert_eq!(found(&[("plugin.wat", MODULE)]).unwrap(), None);
        let error = found(&[("a.wasm", MODULE), ("b.wasm", MODULE)]).unwrap_err();
        assert!(error.contains("several modules (a.wasm, b.wasm)"), "{error}");
    }

    #[test]
    fn what_is_no_archive_or_too_large() {
        let large = archive(&[("plugin.wasm", &[0; 101])]);
        assert!(module_among_files(&large, 100).unwrap_err().contains("more than the 100 bytes"));
        assert!(module_among_files(&large[..560], 1000).is_err(), "cut off");
        assert!(module_among_files(b"no archive at all", 100).is_err());
        let bomb = gzip(&archive(&[("zeros", &vec![0; 4 << 20]), ("plugin.wasm", MODULE)]));
        assert!(bomb.len() < 100_000);
        assert!(module_among_files(&bomb, 100_000).is_err());
        assert!(module_among_files(b"\x28\xb5\x2f\xfd", 100).unwrap_err().contains("zstd"));
    }
}
