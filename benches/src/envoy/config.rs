//! The YAML and the modules that both proxies are given.

use super::scenario::{Answer, Scenario};
use anyhow::Context as _;
use std::fs;
use std::path::{Path, PathBuf};
use tollgate_abi::AbiVersion;

const PROXY: &str = include_str!("../../envoy/proxy.yaml");
const PLUGIN: &str = include_str!("../../envoy/plugin.yaml");

const GUESTS: &[(&str, &str)] = &[
    ("no_op", include_str!("../../envoy/no_op.wat")),
    ("header", include_str!("../../envoy/header.wat")),
    ("pairs", include_str!("../../envoy/pairs.wat")),
    ("body", include_str!("../../envoy/body.wat")),
];

/// Writes every guest's module into `folder`.
///
/// # Errors
///
/// A guest's text is wrong, or the folder cannot be written.
pub(super) fn write_modules(folder: &Path) -> anyhow::Result<()> {
    for (name, text) in GUESTS {
        fs::write(module_path(folder, name), module(text).with_context(|| format!("{name}.wat"))?)?;
    }
    Ok(())
}

fn module(text: &str) -> anyhow::Result<Vec<u8>> {
    let text = tollgate_testkit::guest::assemble(text, AbiVersion::V0_2_1)
        .map_err(|error| anyhow::anyhow!("line {}: {}", error.line, error.message))?;
    Ok(wat::parse_str(text)?)
}

fn module_path(folder: &Path, guest: &str) -> PathBuf {
    folder.join(format!("{guest}.wasm"))
}

/// The configuration of a scenario, with the modules of `folder`.
pub(super) fn yaml(scenario: &Scenario, answer: Answer, upstream: u16, folder: &Path) -> String {
    let route = match answer {
        Answer::Direct => r#"direct_response: { status: 200, body: { inline_string: "hello world\n" } }"#,
        Answer::Upstream => "route: { cluster: upstream }",
    };
    let mut plugins = String::new();
    if let Some(guest) = scenario.plugin {
        let module = module_path(folder, guest).display().to_string();
        for number in 1..=scenario.plugins {
            plugins.push_str(&PLUGIN.replace("NAME", &format!("{guest}_{number}")).replace("MODULE", &module));
        }
    }
    // The comment of the template names what is replaced.
    let body = PROXY.split_once('\n').map_or(PROXY, |(_, body)| body);
    body.replace("ROUTE", route).replace("PLUGINS", plugins.trim()).replace("UPSTREAM", &upstream.to_string())
}

#[cfg(test)]
mod tests {
    use super::{GUESTS, module, yaml};
    use crate::envoy::scenario::GROUPS;
    use std::path::Path;

    #[test]
    fn every_scenario_has_a_configuration_without_gaps() {
        for group in GROUPS {
            for scenario in group.scenarios {
                let yaml = yaml(scenario, group.answer, 8080, Path::new("/bench"));
                assert_eq!(yaml.matches("envoy.filters.http.wasm,").count(), scenario.plugins, "{}", scenario.name);
                for gap in ["ROUTE", "PLUGINS", "UPSTREAM", "NAME", "MODULE"] {
                    assert!(!yaml.contains(gap), "{gap}: {yaml}");
                }
            }
        }
    }

    #[test]
    fn every_guest_is_a_module() {
        for (name, text) in GUESTS {
            let module = module(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(module.starts_with(b"\0asm"), "{name}");
        }
    }
}
