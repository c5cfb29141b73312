;; Imports that the host does not have, or has with another type.
(module
  (import "env" "proxy_lgo" (func (param i32 i32 i32) (result i32)))
  (import "env" "proxy_log" (func (param i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open" (func (param i32) (result i32)))
  (import "env" "memory" (memory 1))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 0))
)
