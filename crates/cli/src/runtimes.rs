//! `tollgate runtimes`.

use crate::output::{self, Failure};
use clap::Args;

/// How to show the runtimes.
#[derive(Debug, Args)]
pub(crate) struct RuntimesArgs {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Shows what is built in, and what each can do.
pub(crate) fn runtimes(args: &RuntimesArgs) -> Result<(), Failure> {
    let mut documents = Vec::new();
    let mut rows = Vec::new();
    for name in tollgate_runtimes::names() {
        let runtime = tollgate_runtimes::open(name)?;
        let capabilities = runtime.capabilities();
        let is_default = tollgate_runtimes::default_name() == Some(*name);
        let able: serde_json::Map<_, _> =
            capabilities.list().iter().map(|(name, able)| ((*name).to_owned(), (*able).into())).collect();
        documents.push(serde_json::json!({
            "name": name,
            "version": runtime.version(),
            "mode": capabilities.mode.to_string(),
            "default": is_default,
            "capabilities": able,
        }));
        let mut row = vec![
            format!("{name}{}", if is_default { " (default)" } else { "" }),
            runtime.version().to_owned(),
            capabilities.mode.to_string(),
        ];
        row.extend(capabilities.list().iter().map(|(_, able)| if *able { "yes" } else { "no" }.to_owned()));
        rows.push((row, capabilities));
    }
    if args.json {
        output::line(format!("{:#}", serde_json::Value::Array(documents)));
        return Ok(());
    }
    let Some((_, first)) = rows.first() else {
        output::line("no Wasm runtime is built in; build with --features wasmtime, wasmer or wasmi");
        return Ok(());
    };
    let mut header: Vec<String> = ["name", "version", "compiles"].map(str::to_owned).into();
    header.extend(first.list().iter().map(|(name, _)| (*name).to_owned()));
    let table: Vec<_> = std::iter::once(header).chain(rows.into_iter().map(|(row, _)| row)).collect();
    output::line(output::table(&table).trim_end());
    let missing: Vec<_> =
        tollgate_runtimes::known().iter().filter(|name| !tollgate_runtimes::names().contains(name)).copied().collect();
    if !missing.is_empty() {
        output::line(format!("not built in: {} (cargo build --features NAME)", missing.join(", ")));
    }
    Ok(())
}
