;; RUN: inspect %s
;; Imports that mean a function of several types, and callbacks that this version does not have.
(module
  (import "env" "proxy_continue_request" (func))
  (import "env" "proxy_grpc_call"
    (func (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_clear_route_cache" (func (param i32)))
  (import "env" "proxy_get_map" (func (param i32 i32 i32) (result i32)))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 0))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (i32.const 0))
  (func (export "proxy_on_http_request_headers") (param i32 i32 i32) (result i32) (i32.const 0))
  (func (export "proxy_on_grpc_trailing_metadata") (param i32 i32 i32)))
