//! `tollgate inspect`.

use crate::output::{self, Failure};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use tollgate_abi::callbacks::callback;
use tollgate_abi::{AbiVersion, CALLBACKS, HostFunction, host_functions};
use tollgate_host::module::{Baseline, CheckedModule, ExternType, Import, ModuleInfo};

/// What to inspect.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// A plugin: a .wasm or .wat file.
    file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What the host has for an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    /// It is served.
    Served,
    /// There is one of that name, of another type.
    Mismatch,
    /// It is not there.
    Missing,
}

impl Service {
    fn of(import: &Import) -> Self {
        let ExternType::Function { params, results } = &import.ty else { return Self::Missing };
        match host_functions().find(|f| f.matches(&import.module, &import.name, params, results)) {
            Some(_) => Self::Served,
            None if heading(import).is_some() => Self::Mismatch,
            None => Self::Missing,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::Mismatch => "type mismatch",
            Self::Missing => "missing",
        }
    }
}

/// Shows what a plugin needs and offers, and whether it would load.
pub(crate) fn inspect(args: &InspectArgs) -> Result<(), Failure> {
    let file = args.file.display();
    let bytes = std::fs::read(&args.file).map_err(|error| format!("{file}: cannot be read: {error}"))?;
    let baseline = Baseline::ALL;
    let info = CheckedModule::inspect(&bytes, baseline).map_err(|error| format!("{file}: {error}"))?;
    let verdict = CheckedModule::parse(&bytes, baseline).err().map(|error| error.to_string());
    if args.json {
        output::line(format!("{:#}", document(&info, verdict.as_deref())));
    } else {
        output::line(text(&info, verdict.as_deref()).trim_end());
    }
    Ok(())
}

/// Whether the host calls an export of this name, in a module of this version if it declares any.
fn is_callback(name: &str, abi: Option<AbiVersion>) -> bool {
    match abi {
        Some(abi) => callback(name, abi).is_some(),
        None => CALLBACKS.iter().any(|callback| callback.name == name),
    }
}

/// What tells the function that an import means from others of its name.
fn variant(import: &Import) -> Option<&'static str> {
    let ExternType::Function { params, results } = &import.ty else { return None };
    let function = host_functions().find(|f| f.matches(&import.module, &import.name, params, results))?;
    function.row.strip_prefix(function.name)?.strip_prefix('_')
}

fn said(variant: &str) -> String {
    variant.replace('_', " ")
}

fn heading(import: &Import) -> Option<&'static str> {
    let function: Option<&HostFunction> =
        host_functions().find(|f| f.name == import.name && f.modules.contains(&import.module.as_str()));
    function.map(|f| f.family.heading())
}

fn document(info: &ModuleInfo, verdict: Option<&str>) -> serde_json::Value {
    let imports: Vec<_> = info
        .imports
        .iter()
        .map(|import| {
            let mut entry = json!({
                "module": import.module,
                "name": import.name,
                "type": import.ty.to_string(),
                "heading": heading(import),
                "status": Service::of(import).as_str(),
            });
            if let Some(variant) = variant(import) {
                entry["variant"] = said(variant).into();
            }
            entry
        })
        .collect();
    let exports: Vec<_> = info
        .exports
        .iter()
        .map(
            |export| json!({"name": export.name, "type": export.ty.to_string(), "callback": is_callback(&export.name, info.abi)}),
        )
        .collect();
    let sections: Vec<_> = info.custom_sections.iter().map(|s| json!({"name": s.name, "size": s.size})).collect();
    json!({
        "abi_version": info.abi.map(AbiVersion::label),
        "abi_markers": info.markers,
        "loadable": verdict.is_none(),
        "error": verdict,
        "size": info.size,
        "functions": info.functions,
        "start_section": info.has_start_section,
        "allocator": info.allocator,
        "memory": info.memory.as_ref().map(|memory| json!({
            "export": memory.export,
            "initial_pages": memory.initial_pages,
            "maximum_pages": memory.maximum_pages,
        })),
        "imports": imports,
        "exports": exports,
        "custom_sections": sections,
    })
}

fn text(info: &ModuleInfo, verdict: Option<&str>) -> String {
    let mut rows = vec![
        vec![
            "ABI".to_owned(),
            match (info.abi, &info.markers[..]) {
                (Some(abi), _) => abi.to_string(),
                (None, []) => "none (no proxy_abi_version_* export)".to_owned(),
                (None, markers) => format!("unknown ({})", markers.join(", ")),
            },
        ],
        vec!["size".to_owned(), format!("{} bytes, {} functions", info.size, info.functions)],
        vec![
            "memory".to_owned(),
            info.memory.as_ref().map_or_else(
                || "none exported".to_owned(),
                |memory| {
                    let maximum = memory.maximum_pages.map_or_else(String::new, |pages| format!(", at most {pages}"));
                    format!("{:?}, {} pages of 64 KiB{maximum}", memory.export, memory.initial_pages)
                },
            ),
        ],
        vec!["allocator".to_owned(), info.allocator.unwrap_or("none").to_owned()],
    ];
    if info.has_start_section {
        rows.push(vec!["start section".to_owned(), "yes".to_owned()]);
    }
    let mut out = output::table(&rows);
    let mut list = |title: &str, rows: &[Vec<String>]| {
        if !rows.is_empty() {
            out.push_str(&format!("\n{title}:\n"));
            for line in output::table(rows).lines() {
                out.push_str(&format!("  {line}\n"));
            }
        }
    };
    let (callbacks, others): (Vec<_>, Vec<_>) =
        info.exports.iter().partition(|export| is_callback(&export.name, info.abi));
    let export_rows = |exports: &[&tollgate_host::module::Export]| -> Vec<Vec<String>> {
        exports.iter().map(|export| vec![export.name.clone(), export.ty.to_string()]).collect()
    };
    list("callbacks", &export_rows(&callbacks));
    list("other exports", &export_rows(&others));
    let imports: Vec<_> = info
        .imports
        .iter()
        .map(|import| {
            let name = format!("{}.{}", import.module, import.name);
            let ty = match variant(import) {
                Some(variant) => format!("{} ({})", import.ty, said(variant)),
                None => import.ty.to_string(),
            };
            vec![Service::of(import).as_str().to_owned(), name, ty]
        })
        .collect();
    list("imports", &imports);
    let sections: Vec<_> =
        info.custom_sections.iter().map(|s| vec![s.name.clone(), format!("{} bytes", s.size)]).collect();
    list("custom sections", &sections);
    match verdict {
        None => out.push_str("\nloads as a plugin\n"),
        Some(error) => out.push_str(&format!("\ndoes not load: {error}\n")),
    }
    out
}
