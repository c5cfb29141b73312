;; A plugin of the vNEXT draft.
(module
  (func (export "proxy_abi_version_0_x_x"))
  (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 0))
  (func (export "proxy_on_http_request_headers") (param i32 i32 i32) (result i32) (i32.const 0)))
