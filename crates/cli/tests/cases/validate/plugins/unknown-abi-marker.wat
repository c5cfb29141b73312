;; A version of the ABI that does not exist.
(module
  (func (export "proxy_abi_version_0_3_0"))
  (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 0))
)
