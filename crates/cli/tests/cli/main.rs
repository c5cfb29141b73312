//! What the command line does around a running proxy. What it prints for a broken configuration is in `../golden.rs`.

#[path = "../support/mod.rs"]
mod support;

mod addresses;
mod artifacts;
mod compiling;
mod debug_info;
mod every_example;
mod logs;
mod plugin_files;
mod runtime_choice;
mod signed;
mod trace;
