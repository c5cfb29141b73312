//! What every runtime must do alike. Each test runs on every runtime that was built in, so that a new one is tested as
//! soon as it has a name.

mod allocators;
mod callbacks;
mod core_dumps;
mod faults;
mod fuel;
mod host_calls;
mod hostile;
mod limits;
mod memory;
mod pieces;
mod quotas;
mod straight;
mod support;
mod threads;
