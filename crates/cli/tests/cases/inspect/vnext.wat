;; RUN: inspect %s
;; A plugin of the draft, as MOSN's guests declare it, with a callback of 0.2.0 beside the draft's.
(module
  (import "env" "proxy_resume_http_request" (func (result i32)))
  (import "env" "proxy_resolve_shared_queue" (func (param i32 i32 i32) (result i32)))
  (func (export "proxy_abi_version_0_2_0"))
  (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 0))
  (func (export "proxy_on_http_request_trailers") (param i32 i32 i32) (result i32) (i32.const 0))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (i32.const 0)))
