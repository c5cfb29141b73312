;; configure traps.
(module
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 0))
  (func $deep_inside (unreachable))
  (func $configure (export "proxy_on_configure") (param i32 i32) (result i32)
    (call $deep_inside)
    (i32.const 1))
)
